import type { LogVerdict, ReportGroup } from '../oops/log-verdict.ts';
import { judgeLog } from '../oops/main-report.ts';
import type { OopsReport, Severity } from '../oops/oops-report.ts';

/** Different reports of one severity that are kept, and characters of them. */
const MAX_GROUPS = 2000;
const MAX_TEXT = 6 << 20;
/** People and CPUs that a group names. */
const MAX_NAMED = 16;

/** Equal reports while they are counted. */
interface Fold {
  readonly first: OopsReport;
  count: number;
  lastSeconds: number | undefined;
  lastLine: number;
  readonly cpus: Set<number>;
  readonly tasks: Map<string, { pid: number; comm: string }>;
}

/** Folds equal reports as they come, in bounded memory: each severity has its share, so that no flood hides another. */
export class ReportFolds {
  readonly #folds = new Map<string, Fold>();
  readonly #share = new Map<Severity, { groups: number; text: number }>();
  /** Reports that are in no fold. */
  unlisted = 0;
  panic: string | undefined;
  /** Where in the log the kernel panicked. */
  readonly panicLines: number[] = [];

  add(report: OopsReport): void {
    this.panic ??= report.panic;
    if (report.panic !== undefined && this.panicLines.length < MAX_GROUPS) this.panicLines.push(report.lastLine);
    const key = keyOf(report);
    const fold = this.#folds.get(key) ?? this.#newFold(key, report);
    if (!fold) {
      this.unlisted++;
      return;
    }
    fold.count++;
    fold.lastLine = report.lastLine;
    fold.lastSeconds = report.seconds ?? fold.lastSeconds;
    const { cpu, pid, comm } = report.reporter;
    if (cpu !== undefined && fold.cpus.size < MAX_NAMED) fold.cpus.add(cpu);
    if (pid !== undefined && fold.tasks.size < MAX_NAMED) fold.tasks.set(`${pid} ${comm}`, { pid, comm: comm ?? '' });
  }

  /** What they mean together; groups are counted in whole. */
  verdict(): LogVerdict {
    const judged = judgeLog([...this.#folds.values()].map((fold) => fold.first));
    const whole = (group: ReportGroup): ReportGroup => this.#group(this.#folds.get(keyOf(group.first)), group);
    const total = this.unlisted + [...this.#folds.values()].reduce((sum, fold) => sum + fold.count, 0);
    return {
      ...judged,
      ...(this.panic !== undefined && { panic: this.panic }),
      groups: judged.groups.map(whole),
      chain: judged.chain.map(whole),
      total,
    };
  }

  #newFold(key: string, report: OopsReport): Fold | undefined {
    const share = this.#share.get(report.severity) ?? { groups: 0, text: 0 };
    if (share.groups >= MAX_GROUPS || share.text >= MAX_TEXT) return undefined;
    share.groups++;
    share.text += report.lines.reduce((sum, line) => sum + line.length, 0);
    this.#share.set(report.severity, share);
    const fold: Fold = {
      first: report,
      count: 0,
      lastSeconds: undefined,
      lastLine: 0,
      cpus: new Set(),
      tasks: new Map(),
    };
    this.#folds.set(key, fold);
    return fold;
  }

  #group(fold: Fold | undefined, group: ReportGroup): ReportGroup {
    if (!fold) return group;
    return {
      ...group,
      count: fold.count,
      ...(fold.lastSeconds !== undefined && { lastSeconds: fold.lastSeconds }),
      lastLine: fold.lastLine,
      cpus: [...fold.cpus].sort((a, b) => a - b),
      tasks: [...fold.tasks.values()],
    };
  }
}

function keyOf(report: OopsReport): string {
  return `${report.signature} ${report.title}`;
}
