import type { Decoder } from '../program/ports.ts';
import { lazyZlib } from './lazy-zlib.ts';
import { streamHandleDecoder } from './stream-handle.ts';

/**
 * Node's zlib for many small blocks: a stream's native handle (a call of `inflateSync` costs 30 to 60 of 40 to 70
 * microseconds more while the program is young), or where there is none `inflateSync`.
 */
export function inflateDecoder(): Decoder {
  const { createInflate, deflateSync, constants } = lazyZlib();
  return (
    streamHandleDecoder(
      () => createInflate(),
      constants.Z_FINISH,
      (bytes) => new Uint8Array(deflateSync(bytes)),
    ) ?? plainDecoder
  );
}

/** The public way: right everywhere. */
export function plainDecoder(block: Uint8Array, into: Uint8Array): number {
  const out = lazyZlib().inflateSync(block, { maxOutputLength: into.length, chunkSize: Math.max(64, into.length) });
  into.set(out);
  return out.length;
}

/** Where a block ends that other bytes may follow. */
export function inflateEnd(bytes: Uint8Array, into: Uint8Array): number {
  const limits = { maxOutputLength: into.length, chunkSize: Math.max(64, into.length), info: true };
  const { buffer, engine } = lazyZlib().inflateSync(bytes, limits) as unknown as {
    readonly buffer: Uint8Array;
    readonly engine: { readonly bytesWritten: number };
  };
  if (buffer.length !== into.length) throw new RangeError('zlib: the block is shorter than its output');
  into.set(buffer);
  return engine.bytesWritten;
}
