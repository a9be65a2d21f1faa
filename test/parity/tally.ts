import type { Comparison } from './compare.ts';

interface Counts {
  runs: number;
  crash: number;
  equal: number;
  accepted: number;
  unexplained: number;
  /** Runs in which crash had only an error, and in which it printed nothing. */
  crashErrors: number;
  crashEmpty: number;
  /** Runs in which crash stopped in the middle. */
  crashPartly: number;
  noObject: number;
  ownErrors: number;
  /** Milliseconds that our answers took. */
  time: number;
}

const none = (): Counts => ({
  runs: 0,
  crash: 0,
  equal: 0,
  accepted: 0,
  unexplained: 0,
  crashErrors: 0,
  crashEmpty: 0,
  crashPartly: 0,
  noObject: 0,
  ownErrors: 0,
  time: 0,
});

/** Counts of one dump or of all, by command. */
export class Tally {
  readonly #counts = new Map<string, Counts>();
  /** crash cannot open the dump. */
  cannotOpen = false;

  compared(
    command: string,
    c: Comparison,
    ownError: string | undefined,
    failure: string | undefined,
    time: number,
  ): void {
    const t = this.#of(command);
    t.runs++;
    t.time += time;
    t.crash += c.crash;
    t.equal += c.equal;
    t.accepted += c.accepted;
    t.unexplained += c.unexplained;
    if (ownError !== undefined) t.ownErrors++;
    if (failure !== undefined) t.crashPartly++;
  }

  crashHasNothing(command: string, failure: string | undefined): void {
    const t = this.#of(command);
    if (failure === undefined) t.crashEmpty++;
    else t.crashErrors++;
  }

  noObject(command: string): void {
    this.#of(command).noObject++;
  }

  add(other: Tally): void {
    for (const [command, counts] of other.#counts) {
      const t = this.#of(command);
      for (const key of Object.keys(counts) as (keyof Counts)[]) t[key] += counts[key];
    }
  }

  get unexplained(): number {
    return this.#sum().unexplained;
  }

  summary(): string {
    const t = this.#sum();
    return (
      `${t.runs} compared, ${t.crash} lines of crash's: ${t.equal} equal (${share(t)}), ${t.accepted} accepted; ` +
      `${t.unexplained} unexplained; apart: ${t.crashErrors} errors of crash's, ${t.crashEmpty} empty, ${t.noObject} without an object`
    );
  }

  table(): string {
    const head = [
      'command',
      'compared',
      'lines',
      'equal',
      '',
      'accepted',
      'unexplained',
      'own errors',
      "crash's errors",
      'partly',
      'empty',
      'no object',
      'ms',
    ];
    const rows = [...this.#counts].map(([name, t]) =>
      [
        name,
        t.runs,
        t.crash,
        t.equal,
        share(t),
        t.accepted,
        t.unexplained,
        t.ownErrors,
        t.crashErrors,
        t.crashPartly,
        t.crashEmpty,
        t.noObject,
        Math.round(t.time),
      ].map(String),
    );
    const widths = head.map((h, i) => Math.max(h.length, ...rows.map((r) => r[i]?.length ?? 0)));
    const text = (r: readonly string[]): string =>
      r.map((cell, i) => (i === 0 ? cell.padEnd(widths[i] ?? 0) : cell.padStart(widths[i] ?? 0))).join('  ');
    return [head, ...rows].map(text).join('\n');
  }

  #of(command: string): Counts {
    const there = this.#counts.get(command);
    if (there) return there;
    const counts = none();
    this.#counts.set(command, counts);
    return counts;
  }

  #sum(): Counts {
    const sum = none();
    for (const t of this.#counts.values()) {
      for (const key of Object.keys(t) as (keyof Counts)[]) sum[key] += t[key];
    }
    return sum;
  }
}

function share(t: Counts): string {
  return t.crash === 0 ? '-' : `${((100 * t.equal) / t.crash).toFixed(1)} %`;
}
