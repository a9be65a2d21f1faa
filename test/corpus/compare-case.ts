import { readLines } from '../../src/log/read-lines.ts';
import { findReports } from '../../src/oops/find-reports.ts';
import type { OopsReport } from '../../src/oops/oops-report.ts';
import type { LoggedReportData } from '../../src/report/logged-report.ts';
import { LogEngine } from '../../src/session/log-engine.ts';
import type { CorpusCase } from './read-case.ts';

/** What was right about one log. */
export interface CaseResult {
  readonly name: string;
  readonly kind: string;
  readonly title: boolean;
  readonly type: boolean;
  readonly corrupted: boolean;
  readonly panicked: boolean;
  readonly frame: boolean;
  readonly start: boolean;
  /** The report that `inquest oops --json` lists first is the expected one. */
  readonly main: boolean;
  readonly wanted: string;
  readonly got: string;
}

/** The first report of the log is the one that the corpus speaks of. */
export function compareCase(of: CorpusCase): CaseResult {
  const bytes = new TextEncoder().encode(of.log);
  const listed = listedFirst(of.name, bytes);
  const first = findReports(readLines(bytes))[0];
  const title = first?.title ?? '';
  return {
    name: of.name,
    kind: first?.kind ?? 'none',
    title: named(title, of),
    type: (first?.type ?? '') === of.type,
    corrupted: ((first?.corrupted ?? false) !== false) === of.corrupted,
    panicked: (listed?.panicked ?? false) === of.panicked,
    frame: of.frame === undefined || first?.frame === of.frame,
    start: of.start === undefined || (first !== undefined && of.start.includes(first.message)),
    main: named(listed?.title ?? '', of),
    wanted: text(of.title, of.type, of.corrupted),
    got: text(title, first?.type ?? '', reason(first)),
  };
}

function named(title: string, of: CorpusCase): boolean {
  return title === of.title || of.alt.includes(title);
}

/** What the command line prints: the reader of all forms, the engine, the verdict. */
export function listedFirst(name: string, bytes: Uint8Array): LoggedReportData | undefined {
  const engine = new LogEngine();
  engine.push(bytes);
  return engine.end({ files: [name] }).reports[0];
}

function reason(report: OopsReport | undefined): string | false {
  return report?.corrupted ?? false;
}

function text(title: string, type: string, corrupted: string | boolean): string {
  return `"${title}" ${type || '-'}${corrupted === false ? '' : ` corrupted${corrupted === true ? '' : ` (${corrupted})`}`}`;
}
