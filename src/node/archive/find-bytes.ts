import type { ByteSource } from '../../base/byte-source.ts';
import type { Bytes } from '../../base/units.ts';

const PIECE = 0x100000;
/** Bytes that are searched for what has been lost. */
const MAX_SEARCH: Bytes = 0x100000000;

/**
 * Places of a pattern from `from` on, at most `MAX_SEARCH` bytes away, one after the other.
 * @param pattern at most 16 bytes, as Latin-1
 */
export function* placesOf(src: ByteSource, pattern: string, from: Bytes): Iterable<Bytes> {
  const piece = Buffer.alloc(PIECE + pattern.length - 1);
  const end = Math.min(src.size, from + MAX_SEARCH);
  for (let at = from; at < end; at += PIECE) {
    const got = src.read(at, piece.subarray(0, Math.min(piece.length, end - at)));
    const there = piece.subarray(0, got);
    for (
      let i = there.indexOf(pattern, 0, 'latin1');
      i >= 0 && i < PIECE;
      i = there.indexOf(pattern, i + 1, 'latin1')
    ) {
      yield at + i;
    }
  }
}
