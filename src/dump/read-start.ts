import type { ByteSource } from '../base/byte-source.ts';
import { AnalysisError } from '../base/errors.ts';
import type { Bytes } from '../base/units.ts';

/** The first bytes of a source, at most `size`; empty when it cannot be read. */
export function readStart(src: ByteSource, size: Bytes): Uint8Array {
  const bytes = new Uint8Array(Math.max(0, Math.min(size, src.size)));
  try {
    return bytes.subarray(0, src.read(0, bytes));
  } catch (e) {
    if (e instanceof AnalysisError) return bytes.subarray(0, 0);
    throw e;
  }
}

/** Whether a file that begins with `start` begins with `magic`, or ends inside it (after at least 4 bytes). */
export function beginsWith(start: Uint8Array, magic: Uint8Array): boolean {
  if (start.length < 4) return false;
  const n = Math.min(start.length, magic.length);
  for (let i = 0; i < n; i++) if (start[i] !== magic[i]) return false;
  return true;
}
