import { BTF_KIND } from './btf-kinds.ts';
import { numberSegments } from './btf-numbering.ts';
import { type KindSizes, kindOf, recordEnd } from './btf-records.ts';
import type { LostRanges } from './lost-ranges.ts';

/** Records in a row that prove that the first of them begins where it seems to. */
const CHAIN = 24;
/** The same where what follows is lost too. */
const SHORT_CHAIN = 6;
/** A record may go on behind the hole that it begins in: the largest structures have hundreds of members. */
const REACH = 0x8000;
const MAX_SEGMENTS = 4096;
/** Elements of one record; enumerations of thousands exist. */
const MAX_ELEMENTS = 0x10000;

/** Type records of a section that has holes. */
export interface DamagedRecords {
  readonly words: Uint32Array;
  /** Words that are records; what is behind them is not. */
  readonly end: number;
  /** In words. */
  readonly lost: LostRanges;
  readonly sizes: KindSizes;
  readonly strings: Uint8Array;
  readonly lostStrings: LostRanges;
  /** String offsets of the base end here. */
  readonly firstString: number;
  /** Number of the first type of the section. */
  readonly firstId: number;
  readonly pointerSize: number;
}

/** Records that follow each other. */
export interface Segment {
  /** Word at which the first begins. */
  readonly from: number;
  /** Word behind the last. */
  readonly to: number;
  readonly starts: readonly number[];
}

export interface Resynced {
  /** Word at which each type starts, by its number minus `firstId`; -1 for a type that is lost. */
  readonly starts: Int32Array;
  /** Whether all numbers up to the end of the section are known. */
  readonly complete: boolean;
}

/**
 * Finds where records begin again behind holes and damage, and which numbers they have: a record tells its own size, and
 * what refers to others tells how many are lost.
 */
export function resync(records: DamagedRecords): Resynced {
  const segments = findSegments(records);
  const { numbered, complete } = numberSegments(records, segments);
  const last = numbered.at(-1);
  const starts = new Int32Array(last ? last.firstId + last.segment.starts.length - records.firstId : 0).fill(-1);
  for (const { segment, firstId } of numbered) starts.set(segment.starts, firstId - records.firstId);
  return { starts, complete };
}

function findSegments(records: DamagedRecords): Segment[] {
  const segments: Segment[] = [];
  for (let from = 0; from < records.end && segments.length < MAX_SEGMENTS; ) {
    const starts = chainFrom(records, from, Infinity);
    const last = starts.at(-1);
    const to = last === undefined ? from : recordEnd(records.words, last, records.sizes);
    if (last !== undefined) segments.push({ from, to, starts });
    if (to >= records.end) break;
    const next = nextRecord(records, to);
    if (next === undefined) break;
    from = next;
  }
  return segments;
}

/** Where records go on behind `at`, where there is none. */
function nextRecord(records: DamagedRecords, at: number): number | undefined {
  const { lost, end } = records;
  for (let tried = 0, from = at + 1; from < end && tried < REACH; from++) {
    const hole = lost.next(from);
    if (hole && hole.from <= from) {
      from = hole.to - 1;
      tried = 0;
      continue;
    }
    tried++;
    const chain = chainFrom(records, from, CHAIN);
    if (chain.length >= CHAIN) return from;
    const last = chain.at(-1);
    if (last === undefined || chain.length < SHORT_CHAIN) continue;
    // What ended it must be a hole or the end, and no rubbish.
    const to = recordEnd(records.words, last, records.sizes);
    if (to >= end || lost.touches(to, to + 3)) return from;
  }
  return undefined;
}

/** Starts of the records from `from` on, `most` at most. */
function chainFrom(records: DamagedRecords, from: number, most: number): number[] {
  const { words, sizes, end } = records;
  const starts: number[] = [];
  for (let at = from; at < end && starts.length < most && isRecord(records, at); ) {
    starts.push(at);
    at = recordEnd(words, at, sizes);
  }
  return starts;
}

/** Whether a record may begin at `at`; what of it lies in a hole proves nothing. */
function isRecord(records: DamagedRecords, at: number): boolean {
  const { words, sizes, end, lost } = records;
  if (at + 3 > end || lost.touches(at, at + 3)) return false;
  const info = words[at + 1] as number;
  const kind = kindOf(info);
  const count = info & 0xffffff;
  if (sizes.known[kind] !== 1 || count > MAX_ELEMENTS || recordEnd(words, at, sizes) > end) return false;
  if (UNNAMED.has(kind) ? words[at] !== 0 : !isName(records, words[at] as number, NAMED.has(kind))) return false;
  if (count > 0 && !COUNTED.has(kind)) return false;
  const third = words[at + 2] as number;
  if (kind === BTF_KIND.INT) return third === 1 || third === 2 || third === 4 || third === 8 || third === 16;
  return kind === BTF_KIND.ARRAY || !REFERRING.has(kind) || third < records.firstId + end;
}

/** Whether a name begins at a string offset, behind the end of another. */
function isName({ strings, lostStrings, firstString }: DamagedRecords, offset: number, needed: boolean): boolean {
  if (offset === 0) return !needed;
  const at = offset - firstString;
  if (at < 0) return true;
  if (at >= strings.length) return false;
  if (lostStrings.touches(at - 1, at + 1)) return true;
  return strings[at - 1] === 0 && strings[at] !== 0;
}

const { INT, PTR, ARRAY, STRUCT, UNION, ENUM, FWD, TYPEDEF, VOLATILE, CONST, RESTRICT } = BTF_KIND;
const { FUNC, FUNC_PROTO, VAR, DATASEC, FLOAT, DECL_TAG, TYPE_TAG, ENUM64 } = BTF_KIND;
const UNNAMED: ReadonlySet<number> = new Set([PTR, ARRAY, VOLATILE, CONST, RESTRICT, FUNC_PROTO]);
const NAMED: ReadonlySet<number> = new Set([INT, FWD, TYPEDEF, FUNC, VAR, DATASEC, FLOAT, DECL_TAG, TYPE_TAG]);
const REFERRING: ReadonlySet<number> = new Set([PTR, TYPEDEF, VOLATILE, CONST, RESTRICT, FUNC, VAR, TYPE_TAG]);
/** Kinds with elements; of a function the number is its linkage. */
const COUNTED: ReadonlySet<number> = new Set([STRUCT, UNION, ENUM, ENUM64, FUNC, FUNC_PROTO, DATASEC]);
