import { findReports } from '../oops/find-reports.ts';
import { kindWords } from '../oops/kind-words.ts';
import { judgeLog } from '../oops/main-report.ts';
import type { OopsReport } from '../oops/oops-report.ts';
import type { ReportKind } from '../oops/report-kind.ts';

/** The report of the kernel log that is about the crash. */
export interface FatalLine {
  /** Index of the record with which it begins. */
  readonly index: number;
  /** In words. */
  readonly kind: string;
  readonly report: OopsReport;
  /** The report that the kernel stopped with: the same, or a later one that the damage led to. */
  readonly dying: OopsReport;
}

/** Which kind a panic line speaks of, so that an older and unrelated report is not taken for the cause. */
const panicKinds: readonly { readonly pattern: RegExp; readonly kind: ReportKind }[] = [
  { pattern: /sysrq triggered crash/, kind: 'sysrq' },
  { pattern: /softlockup/, kind: 'soft-lockup' },
  { pattern: /Hard LOCKUP/i, kind: 'hard-lockup' },
  { pattern: /hung_task/, kind: 'task-hung' },
  { pattern: /RCU Stall/i, kind: 'rcu-stall' },
  { pattern: /out of memory|deadlocked on memory|panic_on_oom/i, kind: 'oom' },
];

/**
 * The report of what killed the kernel; undefined when the log holds none. When the panic line names a kind, the first
 * report of that kind is taken; otherwise the one that matters first.
 * @param texts the log's records; a record may have several lines
 */
export function findFatalLine(texts: readonly string[]): FatalLine | undefined {
  const reports = findReports(linesOf(texts));
  const panic = reports.find((r) => r.panic !== undefined)?.panic;
  const named = panic === undefined ? undefined : panicKinds.find((p) => p.pattern.test(panic));
  const report = (named && reports.find((r) => r.kind === named.kind)) ?? judgeLog(reports).main;
  if (!report) return undefined;
  return {
    index: report.firstLine - 1,
    kind: kindWords[named?.kind ?? report.kind],
    report,
    dying: dyingOf(reports, report),
  };
}

/** The last fatal report up to the panic; the kernel's stack in memory is its. */
function dyingOf(reports: readonly OopsReport[], main: OopsReport): OopsReport {
  const end = reports.findIndex((r) => r.panicked);
  const until = end < 0 ? reports : reports.slice(0, end + 1);
  const last = until.findLast((r) => r.severity !== 'warning' && r.severity !== 'note' && r.kind !== 'panic');
  return last ?? main;
}

function* linesOf(texts: readonly string[]): Generator<{ number: number; text: string }> {
  for (let i = 0; i < texts.length; i++) {
    for (const text of (texts[i] as string).split('\n')) yield { number: i + 1, text };
  }
}
