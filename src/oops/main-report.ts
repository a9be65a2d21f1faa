import type { LogVerdict, ReportGroup } from './log-verdict.ts';
import type { OopsReport } from './oops-report.ts';
import type { ReportKind } from './report-kind.ts';

/** People and CPUs that a group names. */
const MAX_NAMED = 16;

/** What a log's reports mean together: which one matters first, what led there and what it ended in. */
export function judgeLog(reports: readonly OopsReport[]): LogVerdict {
  const ordered = [...reports].sort((a, b) => a.firstLine - b.firstLine);
  const groups = fold(ordered);
  const main = chooseMain(ordered);
  const panic = ordered.find((r) => r.panic !== undefined)?.panic;
  const chain = main ? groups.filter((g) => g.firstLine <= main.firstLine || g.first.kind === 'panic') : [];
  return { main, chain, groups, ...(panic !== undefined && { panic }), total: ordered.length };
}

/** Findings of checkers: the kernel goes on behind them. */
const CHECKED: ReadonlySet<ReportKind> = new Set<ReportKind>(['kasan', 'kcsan', 'kfence', 'kmsan', 'slub']);
/** Seconds before a checker's finding in which a warning is about the same thing. */
const TOGETHER = 1;

/**
 * The first report of something that broke the kernel, before hangs and warnings. A warning right before a checker's finding
 * is the first word about the same thing.
 */
function chooseMain(reports: readonly OopsReport[]): OopsReport | undefined {
  const real = reports.filter((r) => !r.suppressed && r.kind !== 'user-space');
  const fatal = real.find((r) => r.severity === 'fatal' && r.kind !== 'panic');
  const panicked = real.find((r) => r.panicked);
  if (panicked && (!fatal || panicked.firstLine < fatal.firstLine)) return real.find((r) => r.kind === panicked.kind);
  if (fatal && CHECKED.has(fatal.kind)) {
    return real.find((r) => r === fatal || (fatal.seconds ?? 0) - (r.seconds ?? 0) < TOGETHER);
  }
  return (
    fatal ?? real.find((r) => r.severity !== 'note') ?? real[0] ?? reports.find((r) => !r.suppressed) ?? reports[0]
  );
}

function fold(reports: readonly OopsReport[]): ReportGroup[] {
  const by = new Map<string, OopsReport[]>();
  for (const report of reports) {
    const key = `${report.signature} ${report.title}`;
    const group = by.get(key);
    if (group) group.push(report);
    else by.set(key, [report]);
  }
  return [...by.values()].map(groupOf);
}

function groupOf(reports: readonly OopsReport[]): ReportGroup {
  const first = reports[0] as OopsReport;
  const last = reports.at(-1) as OopsReport;
  const cpus = new Set<number>();
  const tasks = new Map<string, { pid: number; comm: string }>();
  for (const { reporter } of reports) {
    if (reporter.cpu !== undefined && cpus.size < MAX_NAMED) cpus.add(reporter.cpu);
    if (reporter.pid !== undefined && tasks.size < MAX_NAMED) {
      tasks.set(`${reporter.pid} ${reporter.comm}`, { pid: reporter.pid, comm: reporter.comm ?? '' });
    }
  }
  return {
    signature: first.signature,
    title: first.title,
    count: reports.length,
    first,
    ...(first.seconds !== undefined && { firstSeconds: first.seconds }),
    ...(last.seconds !== undefined && { lastSeconds: last.seconds }),
    firstLine: first.firstLine,
    lastLine: last.lastLine,
    cpus: [...cpus].sort((a, b) => a - b),
    tasks: [...tasks.values()],
  };
}
