import type { Decoder } from '../program/ports.ts';

/** The part of a Node stream that is below its public face; every part is checked before it is used. */
interface StreamInternals {
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
 * A decoder over the native handle of one of Node's zlib streams, reset between blocks: the public calls build a stream and
 * its buffers for each block, which costs more than unpacking a page. The handle is not a public interface, although it has
 * been the same since Node 12 and packages as common as npm's own unpacker live on it: it is tried on a sample first.
 * @param make opens a stream @param finish the flag that ends a block @param pack makes a block of the sample
 * @returns undefined where Node has no such handle, or it behaves differently
 */
export function streamHandleDecoder(
  make: () => object,
  finish: number,
  pack: (bytes: Uint8Array) => Uint8Array,
): Decoder | undefined {
  let handle = openHandle(make, finish);
  if (!handle) return undefined;
  const decode: Decoder = (block, into) => {
    handle ??= openHandle(make, finish);
    if (!handle) throw new RangeError('no decoder');
    try {
      return handle(block, into);
    } catch (e) {
      handle = undefined; // what it keeps of an error would spoil the next block
      throw e;
    }
  };
  return passesSample(decode, pack) ? decode : undefined;
}

function openHandle(make: () => object, finish: number): Decoder | undefined {
  const { _handle: handle, _writeState: state } = make() as StreamInternals;
  if (!handle || !(state instanceof Uint32Array) || state.length < 2) return undefined;
  if (typeof handle.reset !== 'function' || typeof handle.writeSync !== 'function') return undefined;
  let damage: unknown;
  handle.onerror = (message: unknown) => {
    damage = message ?? 'damaged block';
  };
  const { reset, writeSync } = handle;
  return (block, into) => {
    damage = undefined;
    reset.call(handle);
    writeSync.call(handle, finish, block, 0, block.length, into, 0, into.length);
    if (damage !== undefined) throw new RangeError(`zlib: ${String(damage)}`);
    if (state[1] !== 0) throw new RangeError('zlib: the block does not end where its output does');
    return into.length - (state[0] as number);
  };
}

/** Whether a decoder is right about a good block, a damaged one, a cut one and one that is too long, in this order. */
function passesSample(decode: Decoder, pack: (bytes: Uint8Array) => Uint8Array): boolean {
  const page = new Uint8Array(256);
  for (let i = 0; i < page.length; i++) page[i] = (i * i) & 0x3f;
  const block = pack(page);
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
