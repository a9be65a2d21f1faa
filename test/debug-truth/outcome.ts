/** Differences of one kind. */
export interface DifferenceClass {
  /** What the data say about it; undefined: nobody knows, it counts as wrong. */
  readonly why: string | undefined;
  count: number;
  readonly examples: string[];
}

const MAX_EXAMPLES = 3;

/** What comparing one subject with its peers came to. */
export class Outcome {
  readonly subject: string;
  readonly unit: string;
  checked = 0;
  equal = 0;
  readonly classes = new Map<string, DifferenceClass>();
  /** Figures besides: what was left out and why. */
  readonly notes: string[] = [];

  /** @param unit what is counted, in the plural */
  constructor(subject: string, unit: string) {
    this.subject = subject;
    this.unit = unit;
  }

  same(): void {
    this.checked++;
    this.equal++;
  }

  /** Counts a difference. @param why absent for one that is not explained @param example one line or more */
  differs(name: string, why: string | undefined, example: string): void {
    this.checked++;
    let entry = this.classes.get(name);
    if (!entry) {
      entry = { why, count: 0, examples: [] };
      this.classes.set(name, entry);
    }
    entry.count++;
    if (entry.examples.length < MAX_EXAMPLES || why === undefined) entry.examples.push(example);
  }

  get unexplained(): number {
    let count = 0;
    for (const c of this.classes.values()) if (c.why === undefined) count += c.count;
    return count;
  }

  get explained(): number {
    return this.checked - this.equal - this.unexplained;
  }
}

/** A table of the outcomes, and below it every class of differences with its reason. @param most examples of a class */
export function report(outcomes: readonly Outcome[], most: number): string {
  const wide = Math.max(7, ...outcomes.map((o) => o.subject.length));
  const cell = (n: number): string => String(n).padStart(10);
  const lines = [`${'subject'.padEnd(wide)} ${'checked'.padStart(10)} ${'equal'.padStart(10)}  explained      wrong`];
  for (const o of outcomes) {
    const figures = [o.checked, o.equal, o.explained, o.unexplained].map(cell).join(' ');
    lines.push(`${o.subject.padEnd(wide)} ${figures}  ${o.unit}`);
  }
  for (const o of outcomes) {
    for (const note of o.notes) lines.push('', `${o.subject}: ${note}`);
    for (const [name, c] of [...o.classes].sort((a, b) => b[1].count - a[1].count)) {
      lines.push('', `${o.subject}: ${c.count} ${c.why === undefined ? 'WRONG ' : ''}${name}`);
      if (c.why !== undefined) lines.push(`  ${c.why}`);
      for (const example of c.examples.slice(0, most)) lines.push(...example.split('\n').map((l) => `    ${l}`));
    }
  }
  return lines.join('\n');
}
