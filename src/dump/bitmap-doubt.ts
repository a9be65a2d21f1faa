import type { ByteSource } from '../base/byte-source.ts';
import { hex } from '../base/hex.ts';
import type { Bytes, Pfn } from '../base/units.ts';
import type { KdumpHeader } from './kdump-header.ts';

/** Of one bitmap, 32 GiB of memory with pages of 4 KiB: more is not counted to see whether it is sound. */
const MOST_BYTES: Bytes = 1 << 20;

/** Both bitmaps of a file, which contradict the descriptors or each other. */
export interface BitmapDoubt {
  readonly first: Uint8Array;
  readonly second: Uint8Array;
  /** Descriptors of the file, which are not as many as the second bitmap counts; undefined when they are. */
  readonly descriptors?: number;
  /** One sentence. */
  readonly problem: string;
}

/**
 * What speaks against the bitmaps of a file; undefined when nothing does.
 * @param part the page frames of this file, and how many descriptors it has, when that is known
 */
export function doubtBitmaps(
  src: ByteSource,
  { bitmapOffset, bitmapSize }: KdumpHeader,
  part: { readonly start: Pfn; readonly end: Pfn; readonly descriptors: number | undefined },
): BitmapDoubt | undefined {
  const half = bitmapSize / 2;
  if (half > MOST_BYTES || part.end > half * 8) return undefined;
  const bytes = new Uint8Array(bitmapSize);
  if (src.read(bitmapOffset, bytes) < bitmapSize) return undefined;
  const [first, second] = [bytes.subarray(0, half), bytes.subarray(half)];
  const counted = bitsOf(second, part.start, part.end);
  const { descriptors } = part;
  if (descriptors !== undefined && counted !== descriptors) {
    const problem =
      `offset ${hex(bitmapOffset + half)}: page bitmap: counts ${counted} pages, and there are ${descriptors} descriptors; ` +
      'which pages they are is told by what the pages hold, and those between which it is wrong are left out';
    return { first, second, descriptors, problem };
  }
  const stray = second.reduce((sum, byte, i) => sum + bitsOfByte(byte & ~(first[i] as number)), 0);
  if (stray === 0) return undefined;
  const problem = `offset ${hex(bitmapOffset)}: page bitmap: ${stray} pages that were written are not in it; they are taken to be memory`;
  return { first, second, problem };
}

function bitsOf(bytes: Uint8Array, start: Pfn, end: Pfn): number {
  let count = 0;
  let pfn = start;
  for (; pfn < end && (pfn & 7) !== 0; pfn++) count += ((bytes[pfn >>> 3] as number) >>> (pfn & 7)) & 1;
  for (; pfn + 8 <= end; pfn += 8) count += bitsOfByte(bytes[pfn >>> 3] as number);
  for (; pfn < end; pfn++) count += ((bytes[pfn >>> 3] as number) >>> (pfn & 7)) & 1;
  return count;
}

function bitsOfByte(byte: number): number {
  let v = byte - ((byte >>> 1) & 0x55);
  v = (v & 0x33) + ((v >>> 2) & 0x33);
  return (v + (v >>> 4)) & 0x0f;
}
