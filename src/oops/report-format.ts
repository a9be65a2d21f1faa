import type { Severity } from './oops-report.ts';
import type { ReportKind } from './report-kind.ts';

/**
 * Where the culprit of a report comes from:
 * - `trace`: the first function that is not machinery (skip-functions.ts): the named one, the place of the CPU, the trace;
 * - `anchor`: whatever loops is interrupted anywhere in its call chain, so the function that the kernel's dispatcher
 *   called is taken (stall-anchors.ts);
 * - `interrupt`: the same in what a timer's interrupt interrupted;
 * - `lock`: the function that took the lock that is complained of (`..., at: f+0x1/0x2`), else as `trace`;
 * - `taker`: the function that took the lock, machinery or not;
 * - `wait`: a sleeper; the first function that is not a way of waiting;
 * - `named`: the function in the text itself, machinery or not;
 * - `none`: a report without a place.
 */
export type CulpritSource = 'trace' | 'anchor' | 'interrupt' | 'lock' | 'taker' | 'wait' | 'named' | 'none';

/**
 * One format of report: the line that begins it, what must follow, and what it is called. Formats are tried in order; the
 * first whose `start` and `next` both match gives the title.
 */
export interface ReportFormat {
  /** The first line of the report, without the log's prefixes. A group `fn` names a function. */
  readonly start: RegExp;
  /** One of the report's next lines must match; its named groups are for the title too. */
  readonly next?: RegExp;
  readonly kind: ReportKind;
  readonly severity: Severity;
  /** `{frame}` is the culprit, `{1}` and `{name}` groups of `start` or `next`. */
  readonly title: string;
  readonly alt?: readonly string[];
  readonly type: string;
  readonly culprit: CulpritSource;
  /** Further functions of this kind's own machinery. */
  readonly skip?: RegExp;
  /** Only the call trace names the culprit: neither the first line nor the registers do. */
  readonly traceOnly?: true;
  /** The function in the first line is not taken: registers and trace say it again, or the report is cut. */
  readonly unnamed?: true;
  /** The culprit is in the stack behind a line that matches; the report without it names none. */
  readonly stackOf?: RegExp;
  /** Where that stack is not in the report, the call trace has the culprit. */
  readonly orTrace?: true;
  /** Where no dispatcher is in the stack, its first function is taken: the stack is too long to be printed whole. */
  readonly orFirst?: true;
  /** Its stack follows the first line without a line `Call Trace:`. */
  readonly headless?: true;
  /** Another stack that must be there, with a function that is not machinery: where the value came from. */
  readonly origin?: RegExp;
  /** Without the line that `next` asks for it is no report. */
  readonly strict?: true;
  /** Counts only when the kernel had been running. */
  readonly afterRun?: true;
  /** Any line of a sort: counts when no other format fits and it has a kernel's time stamp. Programs write such lines too. */
  readonly kernelOnly?: true;
  /** Why such a report is never whole. */
  readonly corrupted?: string;
  /** The kernel prints no call trace with it. */
  readonly noTrace?: true;
  /** Such a line is a report of its own also inside of another report's lines. */
  readonly suppressed?: true;
}
