import type { OopsReport } from './oops-report.ts';

/** Reports of one signature, counted. */
export interface ReportGroup {
  readonly signature: string;
  readonly title: string;
  readonly count: number;
  /** The first of them. */
  readonly first: OopsReport;
  readonly firstSeconds?: number;
  readonly lastSeconds?: number;
  readonly firstLine: number;
  readonly lastLine: number;
  /** Who they came from, each once, at most 16. */
  readonly cpus: readonly number[];
  readonly tasks: readonly { readonly pid: number; readonly comm: string }[];
}

/** What a log's reports mean together. */
export interface LogVerdict {
  /** The report that matters first; undefined when there is none. */
  readonly main: OopsReport | undefined;
  /** What led there and what it ended in, in order: warnings, the main one, the panic. */
  readonly chain: readonly ReportGroup[];
  /** Every group, in the order of their first report; the main one's included. */
  readonly groups: readonly ReportGroup[];
  /** The kernel's last words, when it panicked. */
  readonly panic?: string;
  readonly total: number;
}
