import type { CaseResult } from './case-result.ts';
import { LIMIT_MIB, type Watched } from './pool.ts';

interface Row {
  cases: number;
  opened: number;
  readonly kept: Record<string, number>;
}

/** What a table shows, and how its columns are called. */
const COLUMNS: Readonly<Record<string, string>> = {
  tasks: 'tasks',
  records: 'log',
  frames: 'frames',
  lines: 'lines',
  reports: 'reports',
};

/** Adds up what cases came to. */
export class Summary {
  readonly #rows = new Map<string, Row>();
  readonly #formats = new Map<string, Row>();
  readonly #bad: string[] = [];
  #cases = 0;
  #errors = 0;
  #hangs = 0;
  #cpuMs = 0;
  #peak = { mib: 0, what: '' };
  #slowest = { ms: 0, what: '' };
  #over = 0;
  #warm = 0;

  add({ one, result, peakMiB, warmMiB, end, message }: Watched): void {
    this.#cases++;
    const name = `case ${one.number} (${one.dump.name}, ${one.kind})`;
    if (peakMiB > this.#peak.mib) this.#peak = { mib: peakMiB, what: name };
    if (warmMiB !== undefined) this.#warm++;
    if (peakMiB > LIMIT_MIB) {
      this.#over++;
      this.#bad.push(`${name}: ${peakMiB.toFixed(0)} MiB in a process of its own: ${result?.what}; ${result?.slowest}`);
    }
    if (end) {
      if (end === 'hung') this.#hangs++;
      else this.#errors++;
      this.#bad.push(`${name}: ${end}: ${message}`);
    }
    if (!result) return;
    this.#cpuMs += result.cpuMs;
    if (result.cpuMs > this.#slowest.ms) this.#slowest = { ms: result.cpuMs, what: `${name}: ${result.slowest}` };
    for (const error of result.errors) {
      this.#errors++;
      this.#bad.push(`${name}: ${result.what}\n    ${error.split('\n').slice(0, 6).join('\n    ')}`);
    }
    addRow(this.#rows, `${one.kind} ${result.amount}`.trim(), result);
    addRow(this.#formats, one.dump.name, result);
  }

  get failed(): boolean {
    return this.#errors + this.#hangs + this.#over > 0;
  }

  /** What went wrong, so far as it was not taken before. */
  takeBad(): string[] {
    return this.#bad.splice(0);
  }

  *lines(): Iterable<string> {
    yield `${this.#cases} cases: ${this.#errors} uncaught errors, ${this.#hangs} hangs, ${this.#over} over ${LIMIT_MIB} MiB`;
    yield `peak memory ${this.#peak.mib.toFixed(0)} MiB in ${this.#peak.what}; ${this.#warm} cases were run again alone`;
    yield `${(this.#cpuMs / 1000 / Math.max(1, this.#cases)).toFixed(2)} s of CPU a case, slowest ${(this.#slowest.ms / 1000).toFixed(1)} s: ${this.#slowest.what}`;
    yield* table('share of answers kept, by damage', this.#rows);
    yield* table('by what was damaged', this.#formats);
  }
}

function addRow(rows: Map<string, Row>, key: string, { opened, kept }: CaseResult): void {
  const row = rows.get(key) ?? { cases: 0, opened: 0, kept: {} };
  row.cases++;
  if (opened) row.opened++;
  for (const [name, share] of Object.entries(kept)) row.kept[name] = (row.kept[name] ?? 0) + share;
  rows.set(key, row);
}

function* table(title: string, rows: ReadonlyMap<string, Row>): Iterable<string> {
  const columns = Object.keys(COLUMNS);
  yield '';
  yield `${title.padEnd(40)} cases  opened${columns.map((c) => (COLUMNS[c] as string).padStart(8)).join('')}`;
  for (const [key, { cases, opened, kept }] of [...rows].sort(([a], [b]) => compare(a, b))) {
    const share = (n: number | undefined): string =>
      (n === undefined ? '' : `${((100 * n) / cases).toFixed(1)} %`).padStart(8);
    yield `${key.padEnd(40)} ${String(cases).padStart(5)}${share(opened)}${columns.map((c) => share(kept[c])).join('')}`.trimEnd();
  }
}

/** Numbers in names by their value. */
function compare(a: string, b: string): number {
  return a.localeCompare(b, 'en', { numeric: true });
}
