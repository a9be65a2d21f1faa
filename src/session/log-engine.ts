import type { LogLine } from '../log/log-line.ts';
import { LogReader } from '../log/log-reader.ts';
import { templateText } from '../log/template-hash.ts';
import type { LogVerdict, ReportGroup } from '../oops/log-verdict.ts';
import { mayMatter } from '../oops/may-matter.ts';
import type { OopsReport } from '../oops/oops-report.ts';
import { ReportScanner } from '../oops/report-scanner.ts';
import type { LogReport, NoiseData } from '../report/log-report.ts';
import { loggedReport, type SourceOfFrame } from '../report/logged-report.ts';
import { SCHEMA } from './json.ts';
import { ReportFolds } from './report-folds.ts';

/** `** 123 printk messages dropped **` of kernel/printk/printk.c; `printk_safe`'s and the old console's words alike. */
const DROPPED = /^\*\* (\d{1,9}) printk messages? dropped/;
const BANNER = 'Linux version ';
/** Templates that frame reports; they are no noise. */
const FRAMING = /^-+\[ (?:cut here|end trace|end Kernel panic)/;
/** Messages of a template from which on it is noise. */
const LEAST = 3;
const NOISE = 10;
const GAPS = 5;

/** What is said beside the log itself. */
export interface LogReportOptions {
  readonly files: readonly string[];
  readonly source?: (report: OopsReport) => SourceOfFrame;
  readonly problems?: readonly { readonly what: string; readonly why: string }[];
}

/** A log of any length and form, read once: reports are found, parsed and folded, everything else is counted. */
export class LogEngine {
  readonly #folds = new ReportFolds();
  readonly #scanner = new ReportScanner((report) => this.#folds.add(report));
  readonly #reader: LogReader;
  readonly #banners: LogLine[] = [];
  #dropped = 0;

  constructor() {
    const scanner = this.#scanner;
    this.#reader = new LogReader({
      push: (line) => this.#line(line),
      mayMatter: (text) => mayMatter(text) || DROPPED.test(text) || text.startsWith(BANNER),
      get open() {
        return scanner.open;
      },
    });
  }

  push(chunk: Uint8Array): void {
    this.#reader.push(chunk);
  }

  /** What the log told; no chunks may follow. */
  end({ files, source, problems }: LogReportOptions): LogReport {
    this.#reader.end();
    this.#scanner.end();
    const verdict = this.#folds.verdict();
    const groups = ordered(verdict);
    const { firstSeconds, lastSeconds, messages, gaps } = this.#reader.statistics;
    const first = verdict.main?.firstLine ?? Number.MAX_SAFE_INTEGER;
    return {
      schema: SCHEMA,
      files,
      forms: this.#reader.forms,
      messages,
      firstSeconds: firstSeconds ?? null,
      lastSeconds: lastSeconds ?? null,
      dropped: this.#dropped,
      banner: this.#bannerBefore(first),
      panic: verdict.panic ?? null,
      reports: groups.map((group) => loggedReport(group, source?.(group.first))),
      unlisted: this.#folds.unlisted,
      chain: verdict.chain.map((group) => groups.findIndex((g) => g.first === group.first)),
      noise: this.#noise(groups),
      gaps: gaps.longest(GAPS, first),
      ...(problems && problems.length > 0 && { problems }),
    };
  }

  #line(line: LogLine): void {
    if (line.text.startsWith(BANNER)) {
      // Of a machine that reboots without end, the boots around the first report are in the first ones.
      if (this.#banners.length < 1000) this.#banners.push(line);
    } else if (line.text.startsWith('**')) this.#dropped += Number(DROPPED.exec(line.text)?.[1] ?? 0);
    this.#scanner.push(line);
  }

  #bannerBefore(line: number): string | null {
    return this.#banners.findLast((banner) => banner.number <= line)?.text ?? null;
  }

  #noise(groups: readonly ReportGroup[]): NoiseData[] {
    const ours = new Set(groups.map((group) => templateText(group.first.message)));
    const { templates, firstSeconds } = this.#reader.statistics;
    const all = templates.loudest(NOISE * 4, LEAST, firstSeconds !== undefined);
    const noise = all.map((count) => ({ template: templateText(count.sample), ...count }));
    return noise.filter(({ template, sample }) => !ours.has(template) && !FRAMING.test(sample)).slice(0, NOISE);
  }
}

/** The main report's group first, the others in the order of the log. */
function ordered({ main, groups }: LogVerdict): ReportGroup[] {
  const first = groups.filter((group) => group.first === main);
  return [...first, ...groups.filter((group) => group.first !== main)];
}
