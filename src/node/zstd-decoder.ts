import { ZSTDDecoder } from 'zstddec';
import type { Decoder } from '../program/ports.ts';

/** What the decoder uses of the package's wasm module. */
interface ZstdExports {
  readonly memory: { readonly buffer: ArrayBuffer };
  malloc(size: number): number;
  free(at: number): void;
  ZSTD_isError(code: number): number;
  ZSTD_decompress(into: number, room: number, from: number, size: number): number;
}

/** Blocks of memory pages are at most 64 KiB, and never more than twice that when compressed; buffers for them stay. */
const MAX_BLOCK = 0x20000;

/**
 * A zstd decoder over zstddec's wasm, with its buffers kept between calls (the package's own call allocates and copies
 * for each block).
 */
export async function zstdDecoder(): Promise<Decoder> {
  let exports: ZstdExports | undefined;
  class Capture extends ZSTDDecoder {
    override _init(result: Parameters<ZSTDDecoder['_init']>[0]): void {
      super._init(result);
      exports = (result as unknown as { instance: { exports: ZstdExports } }).instance.exports;
    }
  }
  await initWithoutFetch(new Capture());
  const wasm = exports ?? wasmOfEarlierInit;
  if (!wasm) throw new Error('zstddec did not hand out its module');
  wasmOfEarlierInit = wasm;
  const from = wasm.malloc(MAX_BLOCK);
  const to = wasm.malloc(MAX_BLOCK);
  let heap = new Uint8Array(wasm.memory.buffer);
  return (block, into) => {
    if (block.length > MAX_BLOCK || into.length > MAX_BLOCK) return decodeLarge(wasm, block, into);
    if (heap.length === 0) heap = new Uint8Array(wasm.memory.buffer);
    heap.set(block, from);
    const n = wasm.ZSTD_decompress(to, into.length, from, block.length);
    if (heap.length === 0) heap = new Uint8Array(wasm.memory.buffer); // the memory grew meanwhile
    if (wasm.ZSTD_isError(n) !== 0 || n > into.length) throw new RangeError('zstd: damaged block');
    into.set(heap.subarray(to, to + n));
    return n;
  };
}

/** Sections of debug files: buffers of their own size, given back at once. */
function decodeLarge(wasm: ZstdExports, block: Uint8Array, into: Uint8Array): number {
  const from = wasm.malloc(block.length);
  const to = wasm.malloc(into.length);
  try {
    if (from === 0 || to === 0) throw new RangeError('zstd: no memory for a block of this size');
    new Uint8Array(wasm.memory.buffer).set(block, from);
    const n = wasm.ZSTD_decompress(to, into.length, from, block.length);
    if (wasm.ZSTD_isError(n) !== 0 || n > into.length) throw new RangeError('zstd: damaged block');
    into.set(new Uint8Array(wasm.memory.buffer, to, n));
    return n;
  } finally {
    wasm.free(from);
    wasm.free(to);
  }
}

/** The package initialises its module once a process; a second decoder shares it. */
let wasmOfEarlierInit: ZstdExports | undefined;

/**
 * The package unpacks its own data URL with fetch where there is one; in Node that loads the whole HTTP client
 * (tens of milliseconds), so for the moment of the call there is none.
 */
function initWithoutFetch(decoder: ZSTDDecoder): Promise<void> {
  const global = globalThis as { fetch?: unknown };
  const kept = Object.getOwnPropertyDescriptor(global, 'fetch');
  try {
    if (kept?.configurable) Object.defineProperty(global, 'fetch', { value: undefined, configurable: true });
    return decoder.init();
  } finally {
    if (kept?.configurable) Object.defineProperty(global, 'fetch', kept);
  }
}
