import type { Accepted } from './accepted.ts';
import { align, type Hunk } from './align.ts';

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

/** Is told which lines an entry explained. */
export type Explained = (entry: Accepted, crash: readonly string[], ours: readonly string[]) => void;

/** Compares trimmed lines. */
export function compareLines(
  line: string,
  crash: readonly string[],
  ours: readonly string[],
  accepted: readonly Accepted[],
  tell: Explained = () => {},
): Comparison {
  const entries = accepted.filter((e) => e.command.test(line));
  const explainer = new Explainer(crash, entries, tell);
  let different = 0;
  let explained = 0;
  let unexplained = 0;
  const places: Unexplained[] = [];
  for (const h of align(crash, ours)) {
    const left = explainer.explain(h, ours.slice(h.bFrom, h.bTo));
    different += h.aTo - h.aFrom;
    explained += h.aTo - h.aFrom - left.crash.length;
    unexplained += left.crash.length + left.ours.length;
    if (left.crash.length + left.ours.length > 0) places.push(left);
  }
  for (const entry of entries) {
    if (!entry.apart || !entry.moved) continue;
    const before = { crash: places.flatMap((p) => p.crash), ours: places.flatMap((p) => p.ours) };
    const left = withoutAlike(before, entry);
    explained += before.crash.length - left.crash.length;
    tell(entry, without(before.crash, left.crash), without(before.ours, left.ours));
    unexplained = left.crash.length + left.ours.length;
    places.length = 0;
    if (unexplained > 0) places.push(left);
  }
  return { crash: crash.length, equal: crash.length - different, accepted: explained, unexplained, places };
}

/** The entries for one answer, place by place. */
class Explainer {
  readonly #crash: readonly string[];
  readonly #entries: readonly Accepted[];
  readonly #tell: Explained;
  readonly #used = new Map<Accepted, number>();

  constructor(crash: readonly string[], entries: readonly Accepted[], tell: Explained) {
    this.#crash = crash;
    this.#entries = entries;
    this.#tell = tell;
  }

  /** What of one place is left when the entries have explained theirs. */
  explain(place: Hunk, ours: readonly string[]): Unexplained {
    let left: Unexplained = { crash: this.#crash.slice(place.aFrom, place.aTo), ours };
    for (const entry of this.#entries) {
      const rest = entry.under ? this.#explainUnder(place, entry, left, ours) : explainBy(entry, left, ours);
      const gone = { crash: without(left.crash, rest.crash), ours: without(left.ours, rest.ours) };
      const lines = Math.max(gone.crash.length, gone.ours.length);
      if (lines === 0 || !this.#allows(entry, lines)) continue;
      this.#tell(entry, gone.crash, gone.ours);
      left = rest;
    }
    return left;
  }

  #allows(entry: Accepted, lines: number): boolean {
    const used = (this.#used.get(entry) ?? 0) + lines;
    if (used > (entry.most ?? Number.POSITIVE_INFINITY)) return false;
    this.#used.set(entry, used);
    return true;
  }

  /** Only the lines of crash's that stand under the right heading; ours, when the place begins under one. */
  #explainUnder(place: Hunk, entry: Accepted, left: Unexplained, all: readonly string[]): Unexplained {
    const { heading, matching } = entry.under as NonNullable<Accepted['under']>;
    let above = place.aFrom - 1;
    while (above >= 0 && !heading.test(this.#crash[above] as string)) above--;
    let under = above >= 0 && matching.test(this.#crash[above] as string);
    const begins = under;
    let next = 0;
    const inside: boolean[] = [];
    for (let i = place.aFrom; i < place.aTo && next < left.crash.length; i++) {
      const line = this.#crash[i] as string;
      if (heading.test(line)) under = matching.test(line);
      if (line === left.crash[next]) inside[next++] = under;
    }
    const some = { crash: left.crash.filter((_, i) => inside[i]), ours: begins ? left.ours : [] };
    const rest = explainBy(entry, some, begins ? all : []);
    const gone = without(some.crash, rest.crash);
    const keeps = (line: string, i: number): boolean => !(inside[i] && line === gone[0] && gone.shift() !== undefined);
    const kept = left.crash.filter(keeps);
    // crash's lines alone explain ours only when none of crash's are left
    const explains = begins && (entry.ours !== undefined || kept.length === 0);
    return { crash: kept, ours: explains ? rest.ours : left.ours };
  }
}

/** What one entry leaves. @param all our lines in this place, explained or not */
function explainBy(entry: Accepted, left: Unexplained, all: readonly string[]): Unexplained {
  const { line, ours: mine, apart, words } = entry;
  const { crash, ours } = left;
  if (apart) return withoutAlike(left, entry);
  if (line === undefined && mine === undefined) return { crash: [], ours: [] };
  if (line === undefined) return { crash, ours: ours.filter((l) => !mine?.test(l)) };
  const rest = crash.filter((l) => !line.test(l));
  if (mine === undefined) return { crash: rest, ours: rest.length < crash.length && rest.length === 0 ? [] : ours };
  if (rest.length === crash.length || !all.some((l) => mine.test(l))) return left;
  const own = ours.filter((l) => !mine.test(l));
  if (words && !wordsOf(without(ours, own), words).includes(wordsOf(without(crash, rest), words))) return left;
  return { crash: rest, ours: own };
}

function wordsOf(lines: readonly string[], words: RegExp): string {
  return ` ${lines.flatMap((l) => l.match(words) ?? []).join(' ')} `;
}

/** The lines of `all` that are not in its part `rest`. */
function without(all: readonly string[], rest: readonly string[]): string[] {
  let at = 0;
  return all.filter((l) => !(rest[at] === l && ++at > 0));
}

/** Leaves out the pairs of lines of one place that are equal without what `apart` matches. */
function withoutAlike({ crash, ours }: Unexplained, { apart, line, alike }: Accepted): Unexplained {
  const key = (text: string): string => text.replace(apart as RegExp, '');
  const places = new Map<string, number[]>();
  ours.forEach((text, i) => {
    const known = places.get(key(text));
    if (known) known.push(i);
    else places.set(key(text), [i]);
  });
  const taken = new Set<number>();
  const left = crash.filter((text) => {
    const known = !line || line.test(text) ? (places.get(key(text)) ?? []) : [];
    const at = known.findIndex((i) => !alike || alike(text, ours[i] as string));
    if (at >= 0) taken.add(known.splice(at, 1)[0] as number);
    return at < 0;
  });
  return { crash: left, ours: ours.filter((_, i) => !taken.has(i)) };
}
