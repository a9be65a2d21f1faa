import type { ByteSource } from '../../base/byte-source.ts';
import { readCursor } from '../../base/cursor.ts';
import { BadDataError } from '../../base/errors.ts';
import type { Bytes } from '../../base/units.ts';
import { decodeLz4 } from '../../codec/lz4.ts';
import type { FileSource } from '../file-source.ts';
import { type BlockOptions, blockSource, type PackedBlock } from './block-source.ts';

const FRAME = 0x184d2204;
/** The form before frames: blocks of 8 MiB with their size before them. */
const LEGACY = 0x184c2102;
const LEGACY_BLOCK = 0x800000;
const HISTORY = 0x10000;
const MAX_BLOCKS = 1 << 22;

interface Lz4Block extends PackedBlock {
  readonly offset: Bytes;
  readonly packed: Bytes;
  readonly stored: boolean;
}

interface Frames {
  readonly blocks: Lz4Block[];
  linked: boolean;
}

/** An .lz4 file; blocks are found by their sizes and unpacked when they are read. Source: lz4/lz4, doc/lz4_Frame_format.md. */
export function openLz4(src: ByteSource, options: BlockOptions = {}): FileSource {
  const frames = readFrames(src);
  return blockSource(
    src.name,
    frames.blocks,
    (block, before) => unpack(src, block, frames.linked ? before(HISTORY) : undefined),
    { ...options, inOrder: frames.linked },
  );
}

function unpack(src: ByteSource, block: Lz4Block, history: Uint8Array = new Uint8Array(0)): Uint8Array {
  const packed = new Uint8Array(block.packed);
  if (src.read(block.offset, packed) < packed.length) {
    throw new BadDataError(src.name, block.offset, 'lz4: the file ends inside a block');
  }
  if (block.stored) return packed;
  const out = new Uint8Array(history.length + block.size);
  out.set(history);
  try {
    return out.subarray(history.length, history.length + decodeLz4(packed, out, history.length));
  } catch (e) {
    throw new BadDataError(src.name, block.offset, (e as Error).message);
  }
}

function readFrames(src: ByteSource): Frames {
  const frames: Frames = { blocks: [], linked: false };
  let at = 0;
  let start = 0;
  while (at + 8 <= src.size) {
    const magic = readCursor(src, at, 4, 'lz4 frame').u32();
    if (magic >>> 4 === 0x184d2a5) {
      at += 8 + readCursor(src, at + 4, 4, 'lz4 skippable frame').u32();
      continue;
    }
    if (magic !== FRAME && magic !== LEGACY) break;
    const head =
      magic === FRAME
        ? frameHeader(src, at)
        : { next: at + 4, largest: LEGACY_BLOCK, linked: false, trailer: 0, end: 0 };
    frames.linked ||= head.linked;
    const blocks = readBlocks(src, head, start, frames.blocks);
    at = blocks.at;
    start = blocks.start;
  }
  if (frames.blocks.length === 0) throw new BadDataError(src.name, 0, 'lz4: no block');
  return frames;
}

interface FrameHead {
  readonly next: Bytes;
  readonly largest: Bytes;
  readonly linked: boolean;
  /** Bytes behind each block, and behind the last. */
  readonly trailer: Bytes;
  readonly end: Bytes;
}

function frameHeader(src: ByteSource, at: Bytes): FrameHead {
  const c = readCursor(src, at + 4, 2, 'lz4 frame header');
  const flags = c.u8();
  if (flags >> 6 !== 1) throw c.bad(`version ${flags >> 6} is not 1`, 1);
  const size = (c.u8() >> 4) & 7;
  if (size < 4) throw c.bad(`block size ${size} is none`, 1);
  const next = at + 7 + (flags & 8 ? 8 : 0) + (flags & 1 ? 4 : 0);
  return {
    next,
    largest: 2 ** (8 + 2 * size),
    linked: (flags & 0x20) === 0,
    trailer: flags & 0x10 ? 4 : 0,
    end: flags & 4 ? 4 : 0,
  };
}

/** Every block but the last of a frame is full; the last one's size is found by unpacking it. */
function readBlocks(src: ByteSource, head: FrameHead, from: Bytes, blocks: Lz4Block[]): { at: Bytes; start: Bytes } {
  let at = head.next;
  let start = from;
  const first = blocks.length;
  while (at + 4 <= src.size) {
    const word = readCursor(src, at, 4, 'lz4 block').u32();
    if (word === 0 || word === FRAME || word === LEGACY) {
      at += word === 0 ? 4 + head.end : 0;
      break;
    }
    const packed = word & 0x7fffffff;
    if (packed > head.largest + (head.largest >> 6) + 64)
      throw new BadDataError(src.name, at, `lz4 block: ${packed} bytes exceed ${head.largest}`);
    if (blocks.length >= MAX_BLOCKS) throw new BadDataError(src.name, at, `lz4: more than ${MAX_BLOCKS} blocks`);
    const stored = word >= 0x80000000;
    blocks.push({ start, size: stored ? packed : head.largest, offset: at + 4, packed, stored });
    start += stored ? packed : head.largest;
    at += 4 + packed + head.trailer;
  }
  const last = blocks.at(-1);
  if (last && blocks.length > first && !last.stored) {
    const size = lastSize(src, last);
    blocks[blocks.length - 1] = { ...last, size };
    start = last.start + size;
  }
  return { at, start };
}

/** Bytes of a block's content, by its sequences alone: nothing is copied. */
function lastSize(src: ByteSource, block: Lz4Block): Bytes {
  const input = new Uint8Array(Math.min(block.packed, Math.max(0, src.size - block.offset)));
  src.read(block.offset, input);
  let ip = 0;
  let size = 0;
  const length = (nibble: number): number => {
    let n = nibble;
    if (nibble === 15) {
      let b = 255;
      while (b === 255) {
        b = input[ip++] ?? 0;
        n += b;
      }
    }
    return n;
  };
  while (ip < input.length) {
    const token = input[ip++] as number;
    const literals = length(token >> 4);
    ip += literals;
    size += literals;
    if (ip >= input.length) break;
    ip += 2;
    size += length(token & 15) + 4;
  }
  return Math.min(size, block.size);
}
