import type { Bytes } from './units.ts';

/** Random access to bytes: a file, a blob, a buffer, a part of another source. Hosts provide them. */
export interface ByteSource {
  /** What an error message calls it, for example the file's path. */
  readonly name: string;
  readonly size: Bytes;
  /** Fills `into` from `offset`; returns the bytes filled, short only at the end of the source. */
  read(offset: Bytes, into: Uint8Array): Bytes;
}

/** A source over bytes in memory. */
export function bytesSource(name: string, bytes: Uint8Array): ByteSource {
  return {
    name,
    size: bytes.length,
    read(offset, into) {
      const part = bytes.subarray(Math.min(offset, bytes.length), Math.min(offset + into.length, bytes.length));
      into.set(part);
      return part.length;
    },
  };
}
