import type { ByteSource } from '../base/byte-source.ts';
import { readCursor } from '../base/cursor.ts';
import { BadDataError, UsageError } from '../base/errors.ts';
import { hex } from '../base/hex.ts';
import type { Bytes, PhysAddr } from '../base/units.ts';
import type { DumpFormat } from '../program/ports.ts';
import { believableSizes } from './believable-size.ts';
import { type RamRange, readRamHeader } from './ram-header.ts';
import { ramImage } from './ram-image.ts';
import { readStart } from './read-start.ts';
import { type Segment, SegmentMemory } from './segment-memory.ts';

const MAGIC = 0x4c694d45; // "EMiL"
const VERSION = 1;
const HEADER = 32;
/** Ranges begin and end at a whole KiB. */
const STEP = 1024;
/** Read at once. */
const BLOCK = 1 << 20;
/** So much is gone through for the next header where one is damaged. */
const MAX_SCAN = 2 ** 32;
/** Ranges of System RAM that a machine has; a file may not make us read headers for ever. */
const MAX_RANGES = 65536;

/**
 * Memory images of LiME (`format=lime`) and of AVML without compression: each range of memory behind a header of its own.
 * Source: LiME doc/README "LiME format" (`lime_mem_range_header`).
 */
export const lime: DumpFormat = {
  name: 'LiME',
  summary: 'LiME (format=lime) and AVML without compression',

  probe(src) {
    const start = readStart(src, 8);
    return start.length === 8 && new DataView(start.buffer, start.byteOffset).getUint32(0, true) === MAGIC;
  },

  open(src, _codecs, more) {
    if (more[0]) throw new UsageError(`${more[0].name}: a LiME image is one file, ${src.name} is another`);
    const problems: string[] = [];
    const segments = readSegments(src, problems);
    return ramImage(`LiME, ${segments.length} ranges`, new SegmentMemory(src, segments), problems);
  },
};

function readSegments(src: ByteSource, problems: string[]): Segment[] {
  const segments: Segment[] = [];
  const believable = believableSizes(src.size);
  let before = 0;
  for (let at = 0; at < src.size; ) {
    const range = soundRange(src, at, problems) ?? damagedRange(src, at, before, problems);
    if (!range) {
      if (segments.length === 0) throw new BadDataError(src.name, at, 'LiME header: no range of memory');
      break;
    }
    if (range.start !== undefined) {
      const size = believable(range.size, src.size - at - HEADER);
      segments.push({ phys: range.start, size, offset: at + HEADER, fileSize: size });
      before = range.start + size;
    }
    at += HEADER + range.size;
    if (at > src.size) problems.push(`the file is truncated: ${src.name} has ${src.size} bytes of at least ${at}`);
    if (segments.length >= MAX_RANGES) {
      problems.push(`${src.name}: more than ${MAX_RANGES} ranges; the rest is left out`);
      break;
    }
  }
  return segments;
}

/** The range whose header is at `at`, when the next header or the end of the file is where it says. */
function soundRange(src: ByteSource, at: number, problems: string[]): RamRange | undefined {
  let range: RamRange;
  try {
    range = readRamHeader(readCursor(src, at, Math.min(HEADER, src.size - at), 'LiME header'), MAGIC, VERSION);
  } catch (e) {
    if (!(e instanceof BadDataError)) throw e;
    problems.push(e.message);
    return undefined;
  }
  const end = at + HEADER + range.size;
  if (end === src.size || isHeader(src, end)) return range;
  // a file that ends early has no next header either
  return nextHeader(src, at + HEADER) === undefined ? range : undefined;
}

/** A range whose header is damaged, up to the next header; without a start when no address that is left fits. */
function damagedRange(
  src: ByteSource,
  at: number,
  before: PhysAddr,
  problems: string[],
): { readonly start?: PhysAddr; readonly size: Bytes } | undefined {
  const next = nextHeader(src, at + HEADER);
  if (next === undefined) return undefined;
  const size = next - at - HEADER;
  const [start, last] = addresses(src, at);
  const [limit] = addresses(src, next);
  const fits = (from: number): boolean => from % STEP === 0 && from >= before && from + size <= limit;
  const found = [start, last + 1 - size].find(fits);
  const what =
    found === undefined ? 'its addresses are lost too, and so is its memory' : `it is taken to begin at ${hex(found)}`;
  problems.push(`${src.name}: offset ${hex(at)}: LiME header: the range has ${size} bytes; ${what}`);
  return { size, ...(found !== undefined && { start: found }) };
}

/** Where the next header stands after `from`: ranges have whole KiB. */
function nextHeader(src: ByteSource, from: number): number | undefined {
  const block = new Uint8Array(BLOCK);
  const view = new DataView(block.buffer);
  for (let at = from + STEP; at < src.size && at - from < MAX_SCAN; at += BLOCK) {
    const got = src.read(at, block);
    for (let off = 0; off + HEADER <= got; off += STEP)
      if (view.getUint32(off, true) === MAGIC && isHeader(src, at + off)) return at + off;
  }
  return undefined;
}

function isHeader(src: ByteSource, at: number): boolean {
  if (at + HEADER > src.size) return false;
  const bytes = new Uint8Array(8);
  const view = new DataView(bytes.buffer);
  const [start, last] = addresses(src, at);
  return (
    src.read(at, bytes) === 8 &&
    view.getUint32(0, true) === MAGIC &&
    view.getUint32(4, true) === VERSION &&
    last > start
  );
}

/** First and last address of the header at `at`, as they stand. */
function addresses(src: ByteSource, at: number): [number, number] {
  const view = new DataView(new ArrayBuffer(16));
  src.read(at + 8, new Uint8Array(view.buffer));
  return [Number(view.getBigUint64(0, true)), Number(view.getBigUint64(8, true))];
}
