import type { LogLine } from '../log/log-line.ts';
import { LogReader } from '../log/log-reader.ts';
import { MAX_SAMPLE, templateText } from '../log/template-hash.ts';
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
const LEAST = 5;
const NOISE = 10;
/** Templates among which noise is looked for, and groups of reports whose lines are told from it. */
const CANDIDATES = 400;
const CLAIMING = 500;
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
      reports: groups.map((group) => ({
        ...loggedReport(group, source?.(group.first)),
        panicked: this.#panickedAfter(group.firstLine),
      })),
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

  /** Whether the kernel that printed a line panicked in the end. */
  #panickedAfter(line: number): boolean {
    const reboot = this.#banners.find((banner) => banner.number > line)?.number ?? Number.MAX_SAFE_INTEGER;
    return this.#folds.panicLines.some((at) => at >= line && at < reboot);
  }

  #bannerBefore(line: number): string | null {
    return this.#banners.findLast((banner) => banner.number <= line)?.text ?? null;
  }

  /** What comes beside the reports: of each template, the messages that no report claims. */
  #noise(groups: readonly ReportGroup[]): NoiseData[] {
    const claimed = claims(groups);
    const { templates, firstSeconds } = this.#reader.statistics;
    const noise: NoiseData[] = [];
    for (const { outside, ...found } of templates.loudest(CANDIDATES, LEAST, firstSeconds !== undefined)) {
      const template = templateText(found.sample);
      const count = found.count - (claimed.get(template) ?? 0);
      // Lines of reports that are only counted are known by coming in reports alone.
      const loud = count >= LEAST && count * 4 >= found.count && (this.#folds.unlisted === 0 || outside * 4 >= count);
      if (loud && !FRAMING.test(found.sample)) noise.push({ template, ...found, count });
    }
    return noise.sort((x, y) => y.count - x.count).slice(0, NOISE);
  }
}

/** How many messages of each template the reports hold. */
function claims(groups: readonly ReportGroup[]): Map<string, number> {
  const claimed = new Map<string, number>();
  const most = [...groups].sort((x, y) => y.count - x.count).slice(0, CLAIMING);
  for (const { first, count } of most) {
    for (const line of first.lines) {
      const template = templateText(line.slice(0, MAX_SAMPLE));
      claimed.set(template, (claimed.get(template) ?? 0) + count);
    }
  }
  return claimed;
}

/** The main report's group first, the others in the order of the log. */
function ordered({ main, groups }: LogVerdict): ReportGroup[] {
  const first = groups.filter((group) => group.first === main);
  return [...first, ...groups.filter((group) => group.first !== main)];
}
