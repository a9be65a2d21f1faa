import type { ByteSource } from '../base/byte-source.ts';
import { readCursor } from '../base/cursor.ts';
import { BadDataError, UsageError } from '../base/errors.ts';
import type { DumpFormat } from '../program/ports.ts';
import { believableSizes } from './believable-size.ts';
import { type RamRange, readRamHeader } from './ram-header.ts';
import { ramImage } from './ram-image.ts';
import { readStart } from './read-start.ts';
import { type Segment, SegmentMemory } from './segment-memory.ts';

const MAGIC = 0x4c694d45; // "EMiL"
const VERSION = 1;
const HEADER = 32;
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
  for (let at = 0; at < src.size; ) {
    const range = nextRange(src, at, problems, segments.length);
    if (!range) break;
    const size = believable(range.size, src.size - at - HEADER);
    segments.push({ phys: range.start, size, offset: at + HEADER, fileSize: size });
    at += HEADER + range.size;
    if (at > src.size) problems.push(`the file is truncated: ${src.name} has ${src.size} bytes of at least ${at}`);
    if (segments.length >= MAX_RANGES) {
      problems.push(`${src.name}: more than ${MAX_RANGES} ranges; the rest is left out`);
      break;
    }
  }
  return segments;
}

/** The range whose header is at `at`; a damaged header ends the image, the first one is an error. */
function nextRange(src: ByteSource, at: number, problems: string[], index: number): RamRange | undefined {
  try {
    return readRamHeader(readCursor(src, at, Math.min(HEADER, src.size - at), 'LiME header'), MAGIC, VERSION);
  } catch (e) {
    if (index === 0 || !(e instanceof BadDataError)) throw e;
    problems.push(e.message);
    return undefined;
  }
}
