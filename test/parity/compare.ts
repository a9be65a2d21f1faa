import type { Accepted } from './accepted.ts';
import { align } from './align.ts';

/** A difference that no entry explains: what is left of crash's lines and of ours in one place. */
export interface Unexplained {
  readonly crash: readonly string[];
  readonly ours: readonly string[];
}

/** How crash's lines of one command compare. */
export interface Comparison {
  readonly crash: number;
  readonly equal: number;
  /** Lines of crash's that an entry explains. */
  readonly accepted: number;
  /** Lines of crash's, and of ours that crash does not have, that nothing explains. */
  readonly unexplained: number;
  readonly places: readonly Unexplained[];
}

/** gdb numbers what it prints; the number tells how many were printed before. */
const VALUE_NUMBER = /\$\d+ = /;

/** The lines that count: without blanks at their ends and gdb's numbers of values, and no empty ones. */
export function trimmed(lines: readonly string[]): string[] {
  return lines.map((l) => l.replace(VALUE_NUMBER, '').trim()).filter((l) => l !== '');
}

/** Compares trimmed lines. */
export function compareLines(
  line: string,
  crash: readonly string[],
  ours: readonly string[],
  accepted: readonly Accepted[],
): Comparison {
  const entries = accepted.filter((e) => e.command.test(line));
  let different = 0;
  let explained = 0;
  let unexplained = 0;
  const places: Unexplained[] = [];
  for (const h of align(crash, ours)) {
    const left = explain(crash.slice(h.aFrom, h.aTo), ours.slice(h.bFrom, h.bTo), entries);
    different += h.aTo - h.aFrom;
    explained += h.aTo - h.aFrom - left.crash.length;
    unexplained += left.crash.length + left.ours.length;
    if (left.crash.length + left.ours.length > 0) places.push(left);
  }
  for (const { apart, moved, line: mine } of entries) {
    if (!apart || !moved) continue;
    const before = { crash: places.flatMap((p) => p.crash), ours: places.flatMap((p) => p.ours) };
    const left = withoutAlike(before.crash, before.ours, apart, mine);
    explained += before.crash.length - left.crash.length;
    unexplained = left.crash.length + left.ours.length;
    places.length = 0;
    if (unexplained > 0) places.push(left);
  }
  return { crash: crash.length, equal: crash.length - different, accepted: explained, unexplained, places };
}

/** What of one place is left when the entries have explained theirs. */
function explain(crash: readonly string[], ours: readonly string[], entries: readonly Accepted[]): Unexplained {
  let left = crash;
  let own = ours;
  for (const { line, ours: mine, apart } of entries) {
    if (apart) {
      ({ crash: left, ours: own } = withoutAlike(left, own, apart, line));
      continue;
    }
    if (line === undefined && mine === undefined) return { crash: [], ours: [] };
    if (line === undefined) own = own.filter((l) => !mine?.test(l));
    else if (mine === undefined) {
      const rest = left.filter((l) => !line.test(l));
      if (rest.length < left.length && rest.length === 0) own = [];
      left = rest;
    } else if (left.some((l) => line.test(l)) && ours.some((l) => mine.test(l))) {
      left = left.filter((l) => !line.test(l));
      own = own.filter((l) => !mine.test(l));
    }
  }
  return { crash: left, ours: own };
}

/** Leaves out the pairs of lines of one place that are equal without what `apart` matches. */
function withoutAlike(crash: readonly string[], ours: readonly string[], apart: RegExp, line?: RegExp): Unexplained {
  const places = new Map<string, number[]>();
  ours.forEach((text, i) => {
    const key = text.replace(apart, '');
    const known = places.get(key);
    if (known) known.push(i);
    else places.set(key, [i]);
  });
  const taken = new Set<number>();
  const left = crash.filter((text) => {
    const at = !line || line.test(text) ? places.get(text.replace(apart, ''))?.shift() : undefined;
    if (at !== undefined) taken.add(at);
    return at === undefined;
  });
  return { crash: left, ours: ours.filter((_, i) => !taken.has(i)) };
}
