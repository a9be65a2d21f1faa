import type { ByteSource } from '../base/byte-source.ts';
import type { Bytes } from '../base/units.ts';
import type { CodecName, Codecs, Decoder } from '../program/ports.ts';

/** Compressed bytes that are gone through at most: QEMU's descriptors that are written together are of 682 MiB. */
const MAX_WALK = 0x30000000;

/** How one block of a codec begins or ends, by which the place between two of them is found. */
interface Framing {
  readonly begin?: readonly number[];
  readonly end?: readonly number[];
}

interface Tools {
  readonly decoder: Decoder;
  readonly endFinder: Decoder | undefined;
}

/** One block of a row of compressed blocks. */
export interface StreamBlock {
  readonly offset: Bytes;
  readonly size: Bytes;
  /** Not as it is in memory. */
  readonly compressed: boolean;
  /** The memory that it holds; valid until the next block. */
  readonly bytes: Uint8Array;
}

/**
 * The blocks of memory that stand one behind the other from `start` to the end of a file, told apart without any table:
 * each is a whole compressed block of `codec`, or memory as it is where it could not be compressed. Ends at the first that is neither.
 */
export function* compressedStream(
  src: ByteSource,
  start: Bytes,
  blockSize: Bytes,
  codec: CodecName | undefined,
  codecs: Codecs,
): Generator<StreamBlock> {
  const window = new Uint8Array(blockSize * 3);
  const memory = new Uint8Array(blockSize);
  const tools = codec && { decoder: codecs.decoder(codec), endFinder: codecs.endFinder?.(codec) };
  let framing: Framing | undefined;
  for (let at = start; at - start < MAX_WALK; ) {
    const got = at < src.size ? src.read(at, window) : 0;
    const bytes = window.subarray(0, got);
    framing ??= codec && framingOf(codec, bytes, blockSize);
    const size = framing && tools ? sizeOf(bytes, framing, tools, memory) : undefined;
    if (size !== undefined) {
      yield { offset: at, size, compressed: true, bytes: memory };
      at += size;
    } else if (got >= blockSize && (!framing || goesOn(bytes, blockSize, framing))) {
      yield { offset: at, size: blockSize, compressed: false, bytes: bytes.subarray(0, blockSize) };
      at += blockSize;
    } else return;
  }
}

/** By the first compressed block; `undefined` before one was met. Sources: RFC 1950, RFC 8878, snappy's and LZO's formats. */
function framingOf(codec: CodecName, bytes: Uint8Array, blockSize: Bytes): Framing | undefined {
  if (codec === 'zlib') {
    const [a = 0, b = 0] = bytes;
    return (a & 0x0f) === 8 && (a * 256 + b) % 31 === 0 ? { begin: [a, b] } : undefined;
  }
  if (codec === 'zstd') return { begin: [0x28, 0xb5, 0x2f, 0xfd] };
  if (codec === 'lzo') return { end: [0x11, 0, 0] };
  // The length of the block when it is unpacked, as a varint.
  if (codec === 'snappy')
    return blockSize < 0x4000 ? { begin: [0x80, blockSize >>> 7] } : { begin: [0x80, 0x80, blockSize >>> 14] };
  return undefined;
}

/** Size of the compressed block at the start of `bytes`, which is then in `memory`; `undefined` when there is none. */
function sizeOf(
  bytes: Uint8Array,
  framing: Framing,
  { decoder, endFinder }: Tools,
  memory: Uint8Array,
): Bytes | undefined {
  if (framing.begin && !stands(bytes, 0, framing.begin)) return undefined;
  if (endFinder) return attempt(() => endFinder(bytes, memory));
  const most = Math.min(bytes.length, memory.length * 2);
  for (let size = 4; size <= most; size++) {
    if (!isBoundary(bytes, size, memory.length, framing)) continue;
    if (attempt(() => decoder(bytes.subarray(0, size), memory)) === memory.length) return size;
  }
  return undefined;
}

/** What a decoder says; `undefined` where it refuses. */
function attempt(decode: () => Bytes): Bytes | undefined {
  try {
    return decode();
  } catch {
    return undefined; // no block, or a place that only looks like the end of one
  }
}

/** Whether a block may end at `at`, by what stands before it, there, or a block of plain memory farther. */
function isBoundary(bytes: Uint8Array, at: number, blockSize: Bytes, { begin, end }: Framing): boolean {
  if (end) return stands(bytes, at - end.length, end);
  if (at === bytes.length) return true;
  return begin !== undefined && (stands(bytes, at, begin) || stands(bytes, at + blockSize, begin));
}

/** Whether blocks go on behind one of plain memory; more of those may follow. */
function goesOn(bytes: Uint8Array, blockSize: Bytes, { begin }: Framing): boolean {
  if (!begin || bytes.length < blockSize * 2) return true;
  return !stands(bytes, 0, begin) || stands(bytes, blockSize, begin);
}

function stands(bytes: Uint8Array, at: number, text: readonly number[]): boolean {
  for (let i = 0; i < text.length; i++) if (bytes[at + i] !== text[i]) return false;
  return true;
}
