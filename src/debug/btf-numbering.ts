import { BTF_KIND } from './btf-kinds.ts';
import { kindOf } from './btf-records.ts';
import type { DamagedRecords, Segment } from './btf-resync.ts';

/** References that judge a number; more prove no more. */
const SAMPLE = 2048;
/** Fewer that fit prove nothing. */
const FEW = 8;
/** Numbers that may be tried for one segment: of 12 bytes is the smallest record. */
const MOST_TRIES = 1 << 17;
/** References that may be judged for one section: of sound ones few are needed, of rubbish no number would be enough. */
const MOST_JUDGED = 1 << 25;

interface Numbered {
  readonly segment: Segment;
  /** Number of its first type. */
  readonly firstId: number;
}

/** A type number that a record states, and what the type must then be. */
interface Reference {
  readonly id: number;
  /** Bits of room that a member has; 0 for the prototype of a function. */
  readonly bits: number;
}

/**
 * Numbers of the types of each segment. What is before the first hole has them by counting; behind it the segment's own
 * references tell: a function has a prototype, and a member is not larger than its room.
 * @returns those that are sure, and whether the last one is
 */
export function numberSegments(
  records: DamagedRecords,
  segments: readonly Segment[],
): { readonly numbered: readonly Numbered[]; readonly complete: boolean } {
  const numbered: Numbered[] = [];
  let complete = true;
  // Where the last numbered segment ends: word, and number of the type that would follow.
  let word = 0;
  let id = records.firstId;
  const budget = { left: MOST_JUDGED };
  for (const segment of segments) {
    const gap = segment.from - word;
    const firstId = gap === 0 ? id : find(records, segment, id, id + Math.floor(gap / 3), budget);
    complete = firstId !== undefined;
    if (firstId === undefined) continue;
    numbered.push({ segment, firstId });
    word = segment.to;
    id = firstId + segment.starts.length;
  }
  return { numbered, complete: complete && word === records.end };
}

/** The number of the first type of a segment, of those from `low` to `high`; `undefined` when it is not sure. */
function find(
  records: DamagedRecords,
  segment: Segment,
  low: number,
  high: number,
  budget: { left: number },
): number | undefined {
  const references = referencesOf(records, segment).sort((a, b) => a.id - b.id);
  if (references.length < FEW || high - low > MOST_TRIES) return undefined;
  let best = { id: 0, fit: 0 };
  let second = 0;
  // The references to the segment itself, were it to begin with this number: from `from` to before `to`.
  let from = 0;
  let to = 0;
  for (let id = low; id <= high; id++) {
    while (from < references.length && (references[from] as Reference).id < id) from++;
    while (to < references.length && (references[to] as Reference).id < id + segment.starts.length) to++;
    if (to - from < FEW || to - from < best.fit / 4) continue;
    const fit = fits(records, segment, references, from, to, id, budget);
    if (budget.left < 0) return undefined;
    second = Math.max(second, Math.min(fit, best.fit));
    if (fit > best.fit) best = { id, fit };
  }
  return best.fit >= FEW && best.fit >= second * 4 ? best.id : undefined;
}

/** References that fit exactly, or 0 when some cannot be. */
function fits(
  records: DamagedRecords,
  { starts }: Segment,
  references: readonly Reference[],
  from: number,
  to: number,
  firstId: number,
  budget: { left: number },
): number {
  let fit = 0;
  let wrong = 0;
  for (let i = from; i < to; i++) {
    const { id, bits } = references[i] as Reference;
    budget.left--;
    const judged = judge(records, starts[id - firstId] as number, bits);
    if (judged > 0) fit++;
    else if (judged < 0 && ++wrong * 50 > fit + 100) return 0;
  }
  return wrong * 50 > fit ? 0 : fit;
}

/** 1 when the record at `start` is just what the reference needs, -1 when it cannot be, 0 when nothing tells. */
function judge({ words, pointerSize }: DamagedRecords, start: number, bits: number): number {
  const kind = kindOf(words[start + 1] as number);
  if (bits === 0) return kind === BTF_KIND.FUNC_PROTO ? 1 : -1;
  if (NO_MEMBER.has(kind)) return -1;
  const size = kind === BTF_KIND.PTR ? pointerSize : SIZED.has(kind) ? (words[start + 2] as number) : undefined;
  if (size === undefined) return 0;
  return size * 8 === bits ? 1 : size * 8 > bits ? -1 : 0;
}

const NO_MEMBER: ReadonlySet<number> = new Set([
  BTF_KIND.FWD,
  BTF_KIND.FUNC,
  BTF_KIND.FUNC_PROTO,
  BTF_KIND.VAR,
  BTF_KIND.DATASEC,
  BTF_KIND.DECL_TAG,
]);
const SIZED: ReadonlySet<number> = new Set([
  BTF_KIND.INT,
  BTF_KIND.STRUCT,
  BTF_KIND.UNION,
  BTF_KIND.ENUM,
  BTF_KIND.ENUM64,
  BTF_KIND.FLOAT,
]);

/** What the functions and members of a segment refer to, from all over it. */
function referencesOf(records: DamagedRecords, { starts }: Segment): Reference[] {
  const { words } = records;
  const found: Reference[] = [];
  const step = Math.max(1, Math.floor(starts.length / SAMPLE));
  for (let i = 0; i < starts.length; i += step) {
    const at = starts[i] as number;
    const kind = kindOf(words[at + 1] as number);
    if (kind === BTF_KIND.FUNC) found.push({ id: words[at + 2] as number, bits: 0 });
    // With the flag, members may be bit-fields.
    else if (kind === BTF_KIND.STRUCT && (words[at + 1] as number) >>> 31 === 0) addMembers(records, at, found);
    if (found.length >= SAMPLE * 4) break;
  }
  return found;
}

function addMembers({ words, lost }: DamagedRecords, at: number, found: Reference[]): void {
  const count = (words[at + 1] as number) & 0xffffff;
  if (lost.touches(at, at + 3 + count * 3)) return;
  for (let i = 0; i < count; i++) {
    const member = at + 3 + i * 3;
    const end = i + 1 < count ? (words[member + 5] as number) : (words[at + 2] as number) * 8;
    const bits = end - (words[member + 2] as number);
    if (bits > 0) found.push({ id: words[member + 1] as number, bits });
  }
}
