import type { Bytes } from '../base/units.ts';

const PAGE_SHIFT = 12;

/**
 * The virtual address, in pages of 4 KiB, that a block of memory of a 64-bit little-endian kernel was used at, as pairs of
 * words in it tell that both point at the first of them: the head of an empty list does, and kernel memory is full of
 * those. `undefined` without any. @param bytes whole and aligned as in memory
 */
export function ownAddress(bytes: Uint8Array): number | undefined {
  const words = new Uint32Array(bytes.buffer, bytes.byteOffset, bytes.length >>> 2);
  const mask: Bytes = bytes.length - 1;
  const votes = new Map<number, number>();
  let best: number | undefined;
  for (let i = 0; i + 3 < words.length; i += 2) {
    const high = words[i + 1] as number;
    const low = words[i] as number;
    if (high < 0x80000000 || (low & mask) !== i * 4 || low !== words[i + 2] || high !== words[i + 3]) continue;
    const page = high * 2 ** (32 - PAGE_SHIFT) + ((low - i * 4) >>> PAGE_SHIFT);
    const count = (votes.get(page) ?? 0) + 1;
    votes.set(page, count);
    if (best === undefined || count > (votes.get(best) as number)) best = page;
  }
  return best;
}
