import type { LogLine } from '../log/log-line.ts';
import { buildReport } from './build-report.ts';
import { matchStart, type ReportStart } from './match-start.ts';
import { MAX_LINE } from './may-matter.ts';
import type { OopsReport } from './oops-report.ts';
import { belongsTo, isEnd, standsAlone } from './report-joins.ts';
import { looksLikeReport } from './report-lines.ts';

/** Lines that one report may hold, and characters. */
const MAX_LINES = 3000;
const MAX_TEXT = 1 << 20;
/** Lines of its own that say nothing of a report, after which it is over. */
const MAX_QUIET = 60;
/** Lines of any caller, after which a report without a word of its own is over. */
const MAX_FOREIGN = 1000;
/** Reports by different callers that are open at once. */
const MAX_OPEN = 8;
/** Lines between `cut here` and the first line of its report that are kept. */
const MAX_CUT = 12;

/** A report that is being read. */
export interface OpenReport {
  readonly start: ReportStart;
  readonly caller: string | undefined;
  readonly lines: LogLine[];
  text: number;
  quiet: number;
  foreign: number;
  /** Other CPUs were asked for their stacks: what CPUs print belongs to it. */
  asked: boolean;
  /** A call trace was seen in it. */
  traced: boolean;
  /** `Kernel panic` was seen in it. */
  panicked: boolean;
  /** `---[ end trace` was seen. */
  ended: boolean;
  /** How many of its lines there are up to the last that looks like one of a report. */
  lastMeant: number;
}

/** Finds reports in a stream of lines, in bounded memory. Lines of different callers (`[ T151]`) are kept apart. */
export class ReportScanner {
  readonly #onReport: (report: OopsReport) => void;
  #opened: OpenReport[] = [];
  #cut: { caller: string | undefined; lines: LogLine[] } | undefined;

  /** A kernel printed something with a time other than 0. */
  #ran = false;

  constructor(onReport: (report: OopsReport) => void) {
    this.#onReport = onReport;
  }

  /** A report is open: every line is wanted. When false, lines for which `mayMatter` is false may be left out. */
  get open(): boolean {
    return this.#opened.length > 0 || this.#cut !== undefined;
  }

  push(given: LogLine): void {
    const line = given.text.length > MAX_LINE ? { ...given, text: given.text.slice(0, MAX_LINE) } : given;
    const start = matchStart(line.text);
    if (line.seconds !== undefined && line.seconds > 0) this.#ran = true;
    if (start && this.#counts(start, line)) {
      const own = this.#opened.find((r) => r.caller === line.caller);
      if (start.formats[0]?.format.kernelOnly || (own && standsAlone(own, start))) {
        this.#emitAlone(start, line);
        return;
      }
      if (!own || !belongsTo(own, start)) {
        if (own) this.#close(own);
        this.#begin(start, line);
        return;
      }
    } else if (this.#opened.length === 0 && this.#cut === undefined && !line.text.includes('cut here')) return;
    this.#append(line);
    this.#keepCut(line);
  }

  #counts(start: ReportStart, line: LogLine): boolean {
    const format = start.formats[0]?.format;
    if (format?.afterRun) return this.#ran;
    return !format?.kernelOnly || line.seconds !== undefined;
  }

  /** No more lines come: what is open is handed over. */
  end(): void {
    for (const report of [...this.#opened]) this.#close(report);
    this.#cut = undefined;
  }

  #begin(start: ReportStart, line: LogLine): void {
    if (this.#opened.length >= MAX_OPEN) this.#close(this.#opened[0] as OpenReport);
    const before = this.#cut && this.#cut.caller === line.caller ? this.#cut.lines : [];
    this.#cut = undefined;
    const lines = [...before, line];
    this.#opened.push(newReport(start, line.caller, lines));
  }

  #emitAlone(start: ReportStart, line: LogLine): void {
    this.#report(newReport(start, line.caller, [line]));
  }

  #append(line: LogLine): void {
    let over: OpenReport[] | undefined;
    for (const report of this.#opened) {
      if (isOwn(report, line)) {
        report.foreign = 0;
        if (line.text.includes('Sending NMI ')) report.asked = true;
        if (looksLikeReport(line.text)) {
          report.quiet = 0;
          report.lastMeant = report.lines.length + 1;
        } else if (line.seconds !== undefined || report.lines[0]?.seconds === undefined) report.quiet++;
        if (/Call [Tt]race:/.test(line.text)) report.traced = true;
        if (line.text.startsWith('Kernel panic')) report.panicked = true;
        if (isEnd(report, line.text)) report.ended = true;
      } else report.foreign++;
      report.lines.push(line);
      report.text += line.text.length;
      const full = report.lines.length >= MAX_LINES || report.text >= MAX_TEXT;
      if (full || report.quiet >= MAX_QUIET || report.foreign >= MAX_FOREIGN) {
        over ??= [];
        over.push(report);
      }
    }
    if (over) for (const report of over) this.#close(report);
  }

  /** Remembers what stands between `cut here` and the line that names the report. */
  #keepCut(line: LogLine): void {
    if (line.text.includes('[ cut here ]')) this.#cut = { caller: line.caller, lines: [] };
    else if (this.#cut && this.#cut.caller === line.caller) {
      this.#cut.lines.push(line);
      if (this.#cut.lines.length > MAX_CUT) this.#cut = undefined;
    }
  }

  #close(report: OpenReport): void {
    this.#opened = this.#opened.filter((r) => r !== report);
    this.#report(report);
  }

  #report(open: OpenReport): void {
    const report = buildReport(open);
    if (report) this.#onReport(report);
  }
}

/** Whether a line is the report's caller's, or that of a CPU which it asked for its stack. */
function isOwn(report: OpenReport, { caller }: LogLine): boolean {
  return caller === report.caller || (report.asked && caller?.startsWith('C') === true);
}

function newReport(start: ReportStart, caller: string | undefined, lines: LogLine[]): OpenReport {
  return {
    start,
    caller,
    lines,
    text: lines.reduce((sum, l) => sum + l.text.length, 0),
    quiet: 0,
    foreign: 0,
    asked: false,
    traced: false,
    panicked: start.text.startsWith('Kernel panic'),
    ended: false,
    lastMeant: lines.length,
  };
}
