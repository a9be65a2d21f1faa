import type { ByteSource } from './byte-source.ts';
import { BadDataError } from './errors.ts';
import type { Bytes } from './units.ts';

/** Of a part that cannot be read at once, pieces of this size are. */
const PIECE: Bytes = 4096;

/**
 * As `src.read`, for devices and connections that fail now and then: a short read goes on, one that fails is tried again, and
 * what stands before a place that cannot be read is given.
 * @throws BadDataError when the first bytes cannot be read
 */
export function steadyRead(src: ByteSource, offset: Bytes, into: Uint8Array): Bytes {
  let done = again(src, offset, into);
  while (done !== undefined && done < into.length && offset + done < src.size) {
    const more = again(src, offset + done, into.subarray(done));
    if (more === undefined || more === 0) return done;
    done += more;
  }
  if (done !== undefined) return done;
  let got = 0;
  while (got < into.length) {
    const piece = into.subarray(got, Math.min(into.length, got + PIECE - ((offset + got) % PIECE)));
    try {
      const n = src.read(offset + got, piece);
      got += n;
      if (n < piece.length) return got;
    } catch (e) {
      if (!(e instanceof BadDataError) || got === 0) throw e;
      return got;
    }
  }
  return got;
}

/** Reads, a second time when the first fails or gives nothing; undefined when it fails then. */
function again(src: ByteSource, offset: Bytes, into: Uint8Array): Bytes | undefined {
  try {
    const n = src.read(offset, into);
    if (n > 0 || into.length === 0 || offset >= src.size) return n;
  } catch (e) {
    if (!(e instanceof BadDataError)) throw e;
  }
  try {
    return src.read(offset, into);
  } catch (e) {
    if (!(e instanceof BadDataError)) throw e;
    return undefined;
  }
}
