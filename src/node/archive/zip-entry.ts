import type { Bytes } from '../../base/units.ts';

/** What a .zip says of a file, in its directory or in the header before the file. */
export interface ZipEntry {
  readonly name: string;
  readonly method: number;
  readonly encrypted: boolean;
  readonly packed: Bytes;
  readonly size: Bytes;
  /** Where the header before it is. */
  readonly local: Bytes;
}

/** The numbers of the zip64 extra field (4.5.3), one at each call. */
export function zip64Extra(extra: Uint8Array): () => number | undefined {
  const view = new DataView(extra.buffer, extra.byteOffset, extra.byteLength);
  let at = extra.length;
  let end = extra.length;
  for (let i = 0; i + 4 <= extra.length; ) {
    const size = view.getUint16(i + 2, true);
    if (view.getUint16(i, true) === 1) {
      at = i + 4;
      end = Math.min(extra.length, at + size);
      break;
    }
    i += 4 + size;
  }
  return () => {
    if (at + 8 > end) return undefined;
    const value = Number(view.getBigUint64(at, true));
    at += 8;
    return Number.isSafeInteger(value) ? value : undefined;
  };
}
