import type { ByteSource } from '../../base/byte-source.ts';
import { readBytes, readCursor } from '../../base/cursor.ts';
import { BadDataError } from '../../base/errors.ts';
import type { Bytes } from '../../base/units.ts';
import type { Decoder } from '../../program/ports.ts';
import { unbroken } from '../breakable.ts';
import type { FileSource } from '../file-source.ts';
import { type BlockOptions, blockSource, type PackedBlock } from './block-source.ts';
import { spillZstd } from './stream.ts';

/** Source: RFC 8878, 3.1. */
const FRAME = 0xfd2fb528;
const SKIPPABLE = 0x184d2a5;
const MAX_FRAMES = 1 << 20;
/** A frame is unpacked in memory. */
const MAX_FRAME = 0x8000000;

interface ZstdFrame extends PackedBlock {
  readonly offset: Bytes;
  readonly packed: Bytes;
}

/** A .zst file: by its frames where it has several that state their sizes (pzstd, the seekable form), else unpacked at once. */
export async function openZstd(
  src: ByteSource,
  decoder: () => Promise<Decoder>,
  options: BlockOptions = {},
): Promise<FileSource> {
  const { breakable = unbroken, onUnpack } = options;
  const frames = breakable(() => zstdFrames(src));
  if (frames === undefined || frames.length < 2) return spillZstd({ src, from: 0, to: src.size }, onUnpack);
  const decode = await decoder();
  const unpack = (frame: ZstdFrame): Uint8Array => {
    const into = new Uint8Array(frame.size);
    try {
      return into.subarray(0, decode(readBytes(src, frame.offset, frame.packed, 'zstd frame'), into));
    } catch (e) {
      if (e instanceof BadDataError) throw e;
      throw new BadDataError(src.name, frame.offset, `zstd: ${(e as Error).message}`);
    }
  };
  return blockSource(src.name, frames, unpack, options);
}

/** Undefined where frames do not tell how large their content is, or are too large. */
function zstdFrames(src: ByteSource): ZstdFrame[] | undefined {
  const frames: ZstdFrame[] = [];
  let start = 0;
  try {
    for (let at = 0; at + 8 <= src.size; ) {
      const c = readCursor(src, at, Math.min(18, src.size - at), 'zstd frame');
      const magic = c.u32();
      if (magic >>> 4 === SKIPPABLE) {
        at += 8 + c.u32();
        continue;
      }
      const head = magic === FRAME ? frameHeader(c) : undefined;
      if (!head || head.size > MAX_FRAME || frames.length >= MAX_FRAMES) return undefined;
      const end = frameEnd(src, at + head.length) + (head.checksum ? 4 : 0);
      frames.push({ start, size: head.size, offset: at, packed: end - at });
      start += head.size;
      at = end;
    }
  } catch (e) {
    if (e instanceof BadDataError) return undefined;
    throw e;
  }
  return frames;
}

function frameHeader(
  c: ReturnType<typeof readCursor>,
): { readonly length: Bytes; readonly size: Bytes; readonly checksum: boolean } | undefined {
  const descriptor = c.u8();
  const single = (descriptor & 0x20) !== 0;
  const sizeCode = descriptor >> 6;
  if (sizeCode === 0 && !single) return undefined;
  c.skip((single ? 0 : 1) + ([0, 1, 2, 4][descriptor & 3] as number));
  const size =
    sizeCode === 0 ? c.u8() : sizeCode === 1 ? c.u16() + 256 : sizeCode === 2 ? c.u32() : c.size64('content size');
  return { length: c.at, size, checksum: (descriptor & 4) !== 0 };
}

/** Where the last block ends. Block headers have 3 bytes: last, type, size. */
function frameEnd(src: ByteSource, from: Bytes): Bytes {
  for (let at = from; ; ) {
    const c = readCursor(src, at, 3, 'zstd block');
    const word = c.u8() | (c.u8() << 8) | (c.u8() << 16);
    const type = (word >> 1) & 3;
    at += 3 + (type === 1 ? 1 : word >> 3);
    if (word & 1) return at;
  }
}
