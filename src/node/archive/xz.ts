import type { ByteSource } from '../../base/byte-source.ts';
import { readBytes, readCursor } from '../../base/cursor.ts';
import { BadDataError } from '../../base/errors.ts';
import type { Bytes } from '../../base/units.ts';
import type { FileSource } from '../file-source.ts';
import { lazyZlib } from '../lazy-zlib.ts';
import { streamXz, unpackXz } from '../xz-decoder.ts';
import { type BlockOptions, blockSource, type PackedBlock } from './block-source.ts';
import { SpillFile } from './spill.ts';
import { spillSource } from './spill-source.ts';

/** Source of all layouts: The .xz File Format 1.2.1, sections 2.1 and 4. */
const HEADER = 12;
const FOOTER = 12;
const MAX_INDEX = 0x4000000;
/** A block is unpacked in memory. */
const MAX_BLOCK = 0x20000000;

interface XzBlock extends PackedBlock {
  readonly offset: Bytes;
  /** Without the padding behind it. */
  readonly unpadded: Bytes;
  /** Stream flags: which check stands behind the block. */
  readonly flags: Uint8Array;
}

/** An .xz file: by its blocks where it has several (xz -T, pixz), else unpacked at once. */
export function openXz(src: ByteSource, options: BlockOptions = {}): FileSource {
  const blocks = xzBlocks(src);
  if (blocks === undefined || blocks.length < 2 || blocks.some((b) => b.size > MAX_BLOCK))
    return spilled(src, options.onUnpack);
  return blockSource(src.name, blocks, (block) => unpackBlock(src, block), options);
}

function spilled(src: ByteSource, onUnpack?: (bytes: Bytes) => void): FileSource {
  const spill = new SpillFile(src.name);
  let at = 0;
  const next = (most: number): Uint8Array => {
    const part = new Uint8Array(Math.max(0, Math.min(most, src.size - at)));
    const got = src.read(at, part);
    at += got;
    return part.subarray(0, got);
  };
  try {
    streamXz(next, (part) => {
      spill.write(part);
      onUnpack?.(part.length);
    });
  } catch (e) {
    if (!(e instanceof RangeError || e instanceof BadDataError)) throw e;
    if (spill.size === 0) throw new BadDataError(src.name, at, e.message);
    return spillSource(src.name, spill, `xz: cut or damaged near ${at}: ${e.message}`);
  }
  return spillSource(src.name, spill);
}

/** The blocks of every stream, by the indexes at the streams' ends; undefined when these cannot be read. */
function xzBlocks(src: ByteSource): XzBlock[] | undefined {
  const streams: XzBlock[][] = [];
  try {
    for (let end = src.size; end > 0; ) {
      end = withoutPadding(src, end);
      if (end === 0) break;
      const stream = readStream(src, end);
      streams.unshift(stream.blocks);
      end = stream.start;
    }
  } catch (e) {
    if (e instanceof BadDataError) return undefined;
    throw e;
  }
  let start = 0;
  return streams.flat().map((block) => {
    const placed = { ...block, start };
    start += block.size;
    return placed;
  });
}

function withoutPadding(src: ByteSource, from: Bytes): Bytes {
  let end = from;
  while (end >= 4 && readCursor(src, end - 4, 4, 'xz padding').u32() === 0) end -= 4;
  return end;
}

function readStream(src: ByteSource, end: Bytes): { start: Bytes; blocks: XzBlock[] } {
  const footer = readCursor(src, end - FOOTER, FOOTER, 'xz footer');
  footer.skip(4);
  const indexSize = (footer.u32() + 1) * 4;
  const flags = footer.take(2).slice();
  if (footer.u8() !== 0x59 || footer.u8() !== 0x5a || indexSize > MAX_INDEX) throw footer.bad('no end of a stream');
  const index = readBytes(src, end - FOOTER - indexSize, indexSize, 'xz index');
  let at = 1;
  const number = (): number => {
    let value = 0;
    for (let shift = 0; shift < 63; shift += 7) {
      const b = index[at++] ?? 0;
      value += (b & 0x7f) * 2 ** shift;
      if (b < 0x80) break;
    }
    if (!Number.isSafeInteger(value)) throw footer.bad('a size in the index exceeds 2^53');
    return value;
  };
  const count = number();
  if (index[0] !== 0 || count > indexSize) throw footer.bad(`an index of ${count} blocks in ${indexSize} bytes`);
  const sizes = Array.from({ length: count }, () => ({ unpadded: number(), size: number() }));
  const packed = sizes.reduce((sum, s) => sum + s.unpadded + (-s.unpadded & 3), 0);
  const start = end - FOOTER - indexSize - packed - HEADER;
  if (start < 0) throw footer.bad('the index tells of more than the file has');
  let offset = start + HEADER;
  const blocks = sizes.map((s): XzBlock => {
    const block = { ...s, start: 0, offset, flags };
    offset += s.unpadded + (-s.unpadded & 3);
    return block;
  });
  return { start, blocks };
}

/** A block as a stream of its own: header, the block, an index of one, footer. */
function unpackBlock(src: ByteSource, block: XzBlock): Uint8Array {
  const { offset, unpadded, size, flags } = block;
  const { crc32 } = lazyZlib();
  const body = readBytes(src, offset, unpadded + (-unpadded & 3), 'xz block');
  const index = indexOf(unpadded, size);
  const stream = new Uint8Array(HEADER + body.length + index.length + FOOTER);
  const view = new DataView(stream.buffer);
  stream.set([0xfd, 0x37, 0x7a, 0x58, 0x5a, 0, ...flags]);
  view.setUint32(8, crc32(flags), true);
  stream.set(body, HEADER);
  stream.set(index, HEADER + body.length);
  const footer = stream.length - FOOTER;
  view.setUint32(footer + 4, index.length / 4 - 1, true);
  stream.set([...flags, 0x59, 0x5a], footer + 8);
  view.setUint32(footer, crc32(stream.subarray(footer + 4, footer + 10)), true);
  try {
    return unpackXz(stream, size);
  } catch (e) {
    throw new BadDataError(src.name, offset, (e as Error).message);
  }
}

function indexOf(unpadded: number, size: number): Uint8Array {
  const bytes = [0, 1];
  for (const value of [unpadded, size]) {
    let rest = value;
    for (; rest >= 0x80; rest = Math.floor(rest / 0x80)) bytes.push((rest % 0x80) | 0x80);
    bytes.push(rest);
  }
  while (bytes.length % 4 !== 0) bytes.push(0);
  const sum = lazyZlib().crc32(Uint8Array.from(bytes));
  return Uint8Array.from([...bytes, sum & 0xff, (sum >> 8) & 0xff, (sum >> 16) & 0xff, sum >>> 24]);
}
