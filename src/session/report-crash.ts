import type { Case } from '../diagnosis/case.ts';
import { crashContext } from '../diagnosis/crash-context.ts';
import type { CrashSite } from '../diagnosis/crash-site.ts';
import { toldCrash } from '../diagnosis/told-crash.ts';
import type { PanicFacts } from '../kernel/panic.ts';
import type { TaskRecord } from '../kernel/task.ts';
import type { CrashReport } from '../report/crash-report.ts';
import { type SourceFinder, sourceLines } from '../report/source-text.ts';
import type { FrameData, TaskStack } from '../report/stack-data.ts';
import { crashCode } from './crash-code.ts';
import { fatalTexts } from './report-log.ts';

type Crash = CrashReport['crash'];

/** What the log alone tells of the crash. */
export function loggedCrash({ fatal, log }: Case): Pick<Crash, 'kind' | 'message'> {
  return {
    kind: fatal?.kind ?? null,
    message: (fatal && log[fatal.index]?.text.split('\n')[0]) ?? null,
  };
}

/** What died, and where. */
export function crashPart(of: Case): Crash {
  const { prog, panic, fatal, crashed, stack, place: site } = of;
  const code = crashCode(prog, of.site, fatalTexts(of.log, fatal?.index));
  const told = toldCrash(fatal?.dying, of.unwound && stack, site);
  const { kind, message } = loggedCrash(of);
  return {
    kind,
    title: told?.title ?? null,
    signature: told?.signature ?? null,
    ...(told?.disagreement && { disagreement: told.disagreement }),
    message,
    ...crashPlace(stack, site, panic),
    ...(code && { code }),
    ...crashContext(crashed ?? loggedTask(stack), panic.cpu, stack, site, of.preemptCount),
  };
}

/** Who died by the log, where memory does not tell. */
function loggedTask(stack: TaskStack | undefined): Pick<TaskRecord, 'comm' | 'pid' | 'cpu' | 'idle'> | undefined {
  return stack && { comm: stack.comm, pid: stack.pid, cpu: stack.cpu, idle: stack.pid === 0 };
}

function crashPlace(
  stack: TaskStack | undefined,
  site: CrashSite | undefined,
  panic: PanicFacts,
): Pick<Crash, 'panic' | 'function' | 'offset' | 'size' | 'module' | 'pc'> {
  const frame: FrameData | undefined = site && stack?.frames[site.index];
  return {
    panic: panic.message ?? null,
    function: frame?.symbol ?? null,
    offset: frame?.offset ?? null,
    size: frame?.size ?? null,
    module: frame?.module ?? null,
    pc: frame?.pc ?? null,
  };
}

/** Lines of source around the crash. */
const SOURCE_BEFORE = 4;
const SOURCE_AFTER = 3;

/** The innermost place in the source of the frame in which it died. @param stack with inlined calls */
export function crashSource(stack: TaskStack, site: CrashSite, finder: SourceFinder | undefined): Partial<Crash> {
  let real = -1;
  let first = 0;
  for (const [i, frame] of stack.frames.entries()) {
    if (frame.inlined) continue;
    if (++real === site.index) break;
    first = i + 1;
  }
  const place = stack.frames.slice(first).find((f) => f.file !== null || !f.inlined);
  if (!place || place.file === null || place.line === null) return {};
  const text = finder?.find(place.file);
  return {
    file: place.file,
    line: place.line,
    ...(place.doubt !== undefined && { doubt: place.doubt }),
    ...(text && {
      source: sourceLines(text, { line: place.line, function: place.symbol }, SOURCE_BEFORE, SOURCE_AFTER),
    }),
  };
}
