import type { Pfn } from '../base/units.ts';

/** Bits that are damaged together at most: a word. */
const WORD = 64;
/** Words in which two bitmaps differ that are tried in every combination. */
const MOST_WORDS = 12;

/** A part of a bitmap that must have `count` bits set. */
export interface Segment {
  readonly start: Pfn;
  readonly end: Pfn;
  readonly count: number;
}

/**
 * Makes a part of the second bitmap count right, in place, where what is before and behind it does. The first bitmap tells how where
 * that is the only way: no page was written that the machine did not have, and words of the first may stand in the second.
 * Otherwise rows of written pages without a gap that reach to an end of the part are right as far as a word of damage may not have
 * made them longer, and between them as many bits as must be are set.
 * @returns what is doubtful then
 */
export function mendSegment(
  second: Uint8Array,
  first: Uint8Array,
  segment: Segment,
): Segment | 'impossible' | undefined {
  const { start, end, count } = segment;
  if (count < 0 || count > end - start) return 'impossible';
  const both = second.map((byte, i) => byte & (first[i] as number));
  if (bitsOf(both, start, end) === count) {
    copyBits(second, both, start, end);
    return undefined;
  }
  const words = differing(second, first, start, end);
  const choice = words.length <= MOST_WORDS ? onlyChoice(words, count - bitsOf(second, start, end)) : undefined;
  if (choice) {
    for (const word of choice) copyBits(second, first, word.start, word.end);
    return undefined;
  }
  const middle = betweenRows(second, segment);
  for (let pfn = middle.start; pfn < middle.end; pfn++) setBit(second, pfn, pfn - middle.start < middle.count);
  return middle;
}

/** A part without the rows of set bits at its ends, but for the word that each of them ends with. */
function betweenRows(bytes: Uint8Array, segment: Segment): Segment {
  let { start, end } = segment;
  while (start < segment.end && bit(bytes, start) === 1) start++;
  while (end > start && bit(bytes, end - 1) === 1) end--;
  start = Math.max(segment.start, start - WORD);
  end = Math.min(segment.end, end + WORD);
  const count = segment.count - (start - segment.start) - (segment.end - end);
  // rows that leave no room for the pages between them are not right
  return count < 0 || count > end - start ? segment : { start, end, count };
}

/** A word that differs; `more` bits are set in the first bitmap. */
interface Word {
  readonly start: Pfn;
  readonly end: Pfn;
  readonly more: number;
}

function differing(second: Uint8Array, first: Uint8Array, start: Pfn, end: Pfn): Word[] {
  const out: Word[] = [];
  for (let at = start - (start % WORD); at < end && out.length <= MOST_WORDS; at += WORD) {
    const part = { start: Math.max(at, start), end: Math.min(at + WORD, end) };
    let same = true;
    for (let pfn = part.start; pfn < part.end && same; pfn++) same = bit(second, pfn) === bit(first, pfn);
    if (!same) out.push({ ...part, more: bitsOf(first, part.start, part.end) - bitsOf(second, part.start, part.end) });
  }
  return out;
}

/** The only words that together have `more` bits more; undefined when there are none, or several ways. */
function onlyChoice(words: readonly Word[], more: number): readonly Word[] | undefined {
  let found: readonly Word[] | undefined;
  for (let set = 1; set < 2 ** words.length; set++) {
    const chosen = words.filter((_, i) => set & (1 << i));
    if (chosen.reduce((sum, word) => sum + word.more, 0) !== more) continue;
    if (found) return undefined;
    found = chosen;
  }
  return found;
}

function bit(bytes: Uint8Array, pfn: Pfn): number {
  return ((bytes[pfn >>> 3] as number) >>> (pfn & 7)) & 1;
}

function setBit(bytes: Uint8Array, pfn: Pfn, on: boolean): void {
  const mask = 1 << (pfn & 7);
  const byte = bytes[pfn >>> 3] as number;
  bytes[pfn >>> 3] = on ? byte | mask : byte & ~mask;
}

function copyBits(into: Uint8Array, from: Uint8Array, start: Pfn, end: Pfn): void {
  for (let pfn = start; pfn < end; pfn++) setBit(into, pfn, bit(from, pfn) === 1);
}

function bitsOf(bytes: Uint8Array, start: Pfn, end: Pfn): number {
  let count = 0;
  for (let pfn = start; pfn < end; pfn++) count += bit(bytes, pfn);
  return count;
}
