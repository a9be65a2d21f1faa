import { findReports } from '../../src/oops/find-reports.ts';
import { judgeLog } from '../../src/oops/main-report.ts';
import type { OopsReport } from '../../src/oops/oops-report.ts';
import { plainLines } from './plain-lines.ts';
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
  /** The report that the engine says matters first is this one. */
  readonly main: boolean;
  readonly wanted: string;
  readonly got: string;
}

/** The first report of the log is the one that the corpus speaks of. */
export function compareCase(of: CorpusCase): CaseResult {
  const reports = findReports(plainLines(of.log));
  const first = reports[0];
  const title = first?.title ?? '';
  return {
    name: of.name,
    kind: first?.kind ?? 'none',
    title: title === of.title || of.alt.includes(title),
    type: (first?.type ?? '') === of.type,
    corrupted: ((first?.corrupted ?? false) !== false) === of.corrupted,
    panicked: (first?.panicked ?? false) === of.panicked,
    frame: of.frame === undefined || first?.frame === of.frame,
    start: of.start === undefined || (first !== undefined && of.start.includes(first.message)),
    main: (judgeLog(reports).main?.title ?? '') === title,
    wanted: text(of.title, of.type, of.corrupted),
    got: text(title, first?.type ?? '', reason(first)),
  };
}

function reason(report: OopsReport | undefined): string | false {
  return report?.corrupted ?? false;
}

function text(title: string, type: string, corrupted: string | boolean): string {
  return `"${title}" ${type || '-'}${corrupted === false ? '' : ` corrupted${corrupted === true ? '' : ` (${corrupted})`}`}`;
}
