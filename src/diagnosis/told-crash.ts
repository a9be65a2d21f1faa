import type { OopsReport } from '../oops/oops-report.ts';
import { reconcileStacks, type StackDifference } from '../oops/reconcile-stacks.ts';
import { renameReport, stackOfReport } from '../oops/report-stack.ts';
import { pastEnd } from '../oops/signature.ts';
import type { PrintedFrame } from '../oops/trace-frame.ts';
import type { TaskStack } from '../report/stack-data.ts';
import type { CrashSite } from './crash-site.ts';

/** The name of a crash by the stack in memory, and what the log's own trace says otherwise. */
export interface ToldCrash {
  readonly title: string;
  /** 16 hex digits; see oops/signature.ts. */
  readonly signature: string;
  /** Absent when there is no trace in the log or no stack in memory, or when they agree. */
  readonly disagreement?: StackDifference;
}

/** @param report of the log; it names the class, the stack in memory the culprit */
export function toldCrash(
  report: OopsReport | undefined,
  stack: TaskStack | undefined,
  site: CrashSite | undefined,
): ToldCrash | undefined {
  if (!report) return undefined;
  const memory = stack && site && !ofAnother(report, stack) ? framesFrom(stack, site) : [];
  if (memory.length === 0) return { title: report.title, signature: report.signature };
  const { title, signature } = renameReport(report, memory);
  const log = stackOfReport(report).filter((f, i) => !f.inlined && (i === 0 || !pastEnd(f)));
  if (log.length === 0) return { title, signature };
  const own = fromPlace(log, memory[0] as PrintedFrame);
  const disagreement = reconcileStacks(own, memory);
  const agree = disagreement.onlyInLog.length === 0 && disagreement.onlyInMemory.length === 0;
  return { title, signature, ...(!agree && { disagreement }) };
}

/**
 * Whether the report is about another task or CPU than the one that stopped the kernel: the detector of hung tasks, and who
 * notices that another CPU is stuck, are messengers.
 */
function ofAnother({ kind, reporter, message }: OopsReport, stack: TaskStack): boolean {
  if (kind === 'task-hung' || (kind === 'rcu-stall' && !message.includes('self-detected'))) return true;
  return (
    /^(?:rcu-stall|hard-lockup|soft-lockup)$/.test(kind) && reporter.pid !== undefined && reporter.pid !== stack.pid
  );
}

/** The kernel's frames from the place of the crash on. A call at the end of its function has no name in the log. */
function framesFrom(stack: TaskStack, site: CrashSite): PrintedFrame[] {
  return stack.frames
    .slice(site.index)
    .filter((f) => f.symbol !== null && !f.inlined && f.stack !== 'user')
    .filter((f) => f.interrupted || f.offset === null || f.offset !== f.size)
    .map((f) => ({
      function: f.symbol as string,
      ...(f.offset !== null && { offset: f.offset }),
      ...(f.size !== null && { size: f.size }),
      ...(f.module !== null && { module: f.module }),
    }));
}

/** What the log printed of the way from the place into the report is left out: it is not of the crash. */
function fromPlace(log: readonly PrintedFrame[], place: PrintedFrame): readonly PrintedFrame[] {
  const sure = log.findIndex((f) => !f.guess && f.function === place.function);
  const at = sure < 0 ? log.findIndex((f) => f.function === place.function) : sure;
  return at < 0 ? log : log.slice(at);
}
