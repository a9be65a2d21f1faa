import type { ByteSource } from '../base/byte-source.ts';
import { hex } from '../base/hex.ts';
import type { Bytes, Pfn } from '../base/units.ts';
import type { KdumpHeader } from './kdump-header.ts';
import { popcount } from './page-bitmap.ts';

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
 * @param part the page frames of this file, how many descriptors it has, when that is known, and pages that the second bitmap counts
 */
export function doubtBitmaps(
  src: ByteSource,
  { bitmapOffset, bitmapSize }: KdumpHeader,
  part: { readonly start: Pfn; readonly end: Pfn; readonly descriptors: number | undefined; readonly counted: number },
): BitmapDoubt | undefined {
  const half = bitmapSize / 2;
  if (half > MOST_BYTES || half % 4 !== 0 || part.end > half * 8) return undefined;
  const bytes = new Uint8Array(bitmapSize);
  if (src.read(bitmapOffset, bytes) < bitmapSize) return undefined;
  const [first, second] = [bytes.subarray(0, half), bytes.subarray(half)];
  const { descriptors, counted } = part;
  if (descriptors !== undefined && counted !== descriptors) {
    const problem =
      `offset ${hex(bitmapOffset + half)}: page bitmap: counts ${counted} pages, and there are ${descriptors} descriptors; ` +
      'which pages they are is told by what the pages hold, and those between which it is wrong are left out';
    return { first, second, descriptors, problem };
  }
  const stray = countStray(first, second);
  if (stray === 0) return undefined;
  const problem = `offset ${hex(bitmapOffset)}: page bitmap: ${stray} pages that were written are not in it; they are taken to be memory`;
  return { first, second, problem };
}

/** Bits of the second that are not in the first. */
function countStray(first: Uint8Array, second: Uint8Array): number {
  const [has, written] = [wordsOf(first), wordsOf(second)];
  let count = 0;
  for (let i = 0; i < written.length; i++) {
    const word = written[i] as number;
    const stray = word === 0 ? 0 : word & ~(has[i] as number);
    if (stray !== 0) count += popcount(stray);
  }
  return count;
}

/** Bitmaps are whole blocks. */
function wordsOf(bytes: Uint8Array): Int32Array {
  return new Int32Array(bytes.buffer, bytes.byteOffset, bytes.length >>> 2);
}
