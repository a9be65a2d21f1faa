import type { Decoder } from '../program/ports.ts';
import { lazyZlib } from './lazy-zlib.ts';

/** The part of Node's stream object that is below its public face; every part is checked before it is used. */
interface InflateInternals {
  readonly _handle?: {
    onerror?: unknown;
    reset?(): void;
    writeSync?(
      flush: number,
      from: Uint8Array,
      fromAt: number,
      size: number,
      to: Uint8Array,
      toAt: number,
      room: number,
    ): void;
  };
  /** Bytes of room and of input left after a write. */
  readonly _writeState?: Uint32Array;
}

/**
 * Node's zlib for many small blocks. `inflateSync` builds a stream object and its buffers for each call, which costs
 * more than inflating a page (30 to 60 of 40 to 70 microseconds while the program is young); one stream's native
 * handle, reset between blocks, does not. The handle is not a public interface, although it has been the same since
 * Node 12 and packages as common as npm's own unpacker live on it: it is tried on a sample first, and where it is
 * missing or behaves differently `inflateSync` takes over.
 */
export function inflateDecoder(): Decoder {
  const fast = handleDecoder();
  return fast && passesSample(fast) ? fast : plainDecoder;
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

/** Decoder over one native handle; undefined where Node has no such thing. */
function handleDecoder(): Decoder | undefined {
  const { _handle: handle, _writeState: state } = lazyZlib().createInflate() as unknown as InflateInternals;
  if (!handle || !(state instanceof Uint32Array) || state.length < 2) return undefined;
  if (typeof handle.reset !== 'function' || typeof handle.writeSync !== 'function') return undefined;
  const { Z_FINISH } = lazyZlib().constants;
  let damage: unknown;
  handle.onerror = (message: unknown) => {
    damage = message ?? 'damaged block';
  };
  const { reset, writeSync } = handle;
  return (block, into) => {
    damage = undefined;
    reset.call(handle);
    writeSync.call(handle, Z_FINISH, block, 0, block.length, into, 0, into.length);
    if (damage !== undefined) throw new RangeError(`zlib: ${String(damage)}`);
    if (state[1] !== 0) throw new RangeError('zlib: the block does not end where its output does');
    return into.length - (state[0] as number);
  };
}

/** Whether a decoder is right about a good block, a damaged one, a cut one and one that is too long, in this order. */
function passesSample(decode: Decoder): boolean {
  const page = new Uint8Array(256);
  for (let i = 0; i < page.length; i++) page[i] = (i * i) & 0x3f;
  const block = new Uint8Array(lazyZlib().deflateSync(page));
  const damaged = block.slice();
  damaged[damaged.length - 1] = (damaged[damaged.length - 1] as number) ^ 1;
  const good = (): boolean => {
    const into = new Uint8Array(page.length);
    return decode(block, into) === page.length && into.every((b, i) => b === page[i]);
  };
  const refuses = (bytes: Uint8Array, room: number): boolean => {
    try {
      return decode(bytes, new Uint8Array(room)) < Math.min(room, page.length);
    } catch {
      return true;
    }
  };
  try {
    return good() && refuses(damaged, 256) && refuses(block.subarray(0, 20), 256) && refuses(block, 100) && good();
  } catch {
    return false;
  }
}
