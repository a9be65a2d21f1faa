import type { Watched } from './pool.ts';

/** Limit of the memory of one process while it works on one case. */
const LIMIT_MIB = 512;

interface Row {
  cases: number;
  opened: number;
  tasks: number;
  records: number;
  frames: number;
}

/** Adds up what cases came to. */
export class Summary {
  readonly #rows = new Map<string, Row>();
  readonly #bad: string[] = [];
  #cases = 0;
  #errors = 0;
  #hangs = 0;
  #peak = { mib: 0, what: '' };
  #slowest = { ms: 0, what: '' };
  #over = 0;

  add({ one, result, peakMiB, end, message }: Watched): void {
    this.#cases++;
    const name = `case ${one.number} (${one.dump.name}, ${one.kind})`;
    if (peakMiB > this.#peak.mib) this.#peak = { mib: peakMiB, what: name };
    if (peakMiB > LIMIT_MIB) this.#over++;
    if (end === 'hung') this.#hangs++;
    if (end) {
      if (end === 'died') this.#errors++;
      this.#bad.push(`${name}: ${end}: ${message}`);
    }
    if (!result) return;
    if (result.cpuMs > this.#slowest.ms) this.#slowest = { ms: result.cpuMs, what: `${name}: ${result.slowest}` };
    for (const error of result.errors) {
      this.#errors++;
      this.#bad.push(`${name}: ${result.what}\n    ${error.split('\n').slice(0, 6).join('\n    ')}`);
    }
    for (const key of damageOf(one.kind, one.cut, result.what)) this.#addRow(key, result);
  }

  #addRow(key: string, { opened, kept }: NonNullable<Watched['result']>): void {
    const row = this.#rows.get(key) ?? { cases: 0, opened: 0, tasks: 0, records: 0, frames: 0 };
    row.cases++;
    if (opened) row.opened++;
    row.tasks += kept.tasks;
    row.records += kept.records;
    row.frames += kept.frames;
    this.#rows.set(key, row);
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
    yield `peak memory ${this.#peak.mib.toFixed(0)} MiB in ${this.#peak.what}`;
    yield `slowest ${(this.#slowest.ms / 1000).toFixed(1)} s of CPU in ${this.#slowest.what}`;
    yield '';
    yield `${'share of answers kept'.padEnd(34)} cases  opened   tasks     log  frames`;
    for (const [key, row] of [...this.#rows].sort(([a], [b]) => (a < b ? -1 : 1))) {
      const share = (n: number): string => `${((100 * n) / row.cases).toFixed(1)} %`.padStart(8);
      yield `${key.padEnd(34)} ${String(row.cases).padStart(5)}${share(row.opened)}${share(row.tasks)}${share(row.records)}${share(row.frames)}`;
    }
  }
}

/** The rows of the table that a case belongs to. */
function damageOf(kind: string, cut: number | undefined, what: string): string[] {
  if (cut !== undefined) {
    const tenth = Math.floor(cut / 20) * 10;
    return [`cut to ${String(tenth).padStart(2)}..${tenth + 10} %`];
  }
  const share = /^([\d.]+) % of/.exec(what)?.[1];
  if (share === undefined) return [kind];
  return [`${kind} ${share.padStart(4)} % ${what.includes('that are read') ? 'of pages read' : 'of pages'}`];
}
