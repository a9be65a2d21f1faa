import type { ByteSource } from '../base/byte-source.ts';
import { readCursor } from '../base/cursor.ts';
import { BadDataError, type FaultReason, UsageError } from '../base/errors.ts';
import type { Bytes, PhysAddr } from '../base/units.ts';
import { type Chunk, chunkOf, type PhysicalMemory, type PhysRange, readByChunks } from '../memory/physical.ts';
import type { Decoder, DumpFormat } from '../program/ports.ts';
import { believableSizes } from './believable-size.ts';
import { ChunkCache } from './chunk-cache.ts';
import { readRamHeader } from './ram-header.ts';
import { ramImage } from './ram-image.ts';
import { readStart } from './read-start.ts';

const MAGIC = 0x4c4d5641; // "AVML"
const VERSION = 2;
const HEADER = 32;
/** After the compressed data of a range: how many bytes they were. */
const TRAILER = 8;
/** Chunk types and limits of the snappy framing format (google/snappy, framing_format.txt). */
const COMPRESSED = 0x00;
const PLAIN = 0x01;
const FIRST_SKIPPABLE = 0x80;
const CHECKSUM = 4;
const MAX_PLAIN = 65536;
const MAX_PACKED = 0x14000;
/** 256 GiB of memory in 64 KiB blocks. */
const MAX_BLOCKS = 1 << 22;
const CACHE_BYTES = 0x1800000;

/** Where the blocks lie, by columns; ascending as in the file. */
interface Blocks {
  readonly phys: number[];
  readonly plain: number[];
  readonly offset: number[];
  readonly packed: number[];
  readonly ranges: { start: PhysAddr; end: PhysAddr }[];
}

/**
 * Memory images of AVML with compression (version 2): LiME's header, then the range as a stream of snappy blocks of 64 KiB.
 * Source: microsoft/avml (MIT), src/image.rs; google/snappy, framing_format.txt.
 */
export const avml: DumpFormat = {
  name: 'AVML',
  summary: 'AVML with compression',
  codecs: ['snappy'],

  probe(src) {
    const start = readStart(src, 8);
    return start.length === 8 && new DataView(start.buffer, start.byteOffset).getUint32(0, true) === MAGIC;
  },

  open(src, codecs, more) {
    if (more[0]) throw new UsageError(`${more[0].name}: an AVML image is one file, ${src.name} is another`);
    const problems: string[] = [];
    const blocks = readBlocks(src, problems);
    return ramImage(
      `AVML, ${blocks.ranges.length} ranges`,
      new AvmlMemory(src, blocks, codecs.decoder('snappy')),
      problems,
    );
  },
};

function readBlocks(src: ByteSource, problems: string[]): Blocks {
  const blocks: Blocks = { phys: [], plain: [], offset: [], packed: [], ranges: [] };
  const believable = believableSizes(src.size);
  try {
    for (let at = 0; at < src.size; ) {
      const range = readRamHeader(readCursor(src, at, HEADER, 'AVML header'), MAGIC, VERSION);
      // Compressed memory may be far larger than the file, but not any size.
      const size = believable(range.size, 0);
      blocks.ranges.push({ start: range.start, end: range.start + size });
      at = readStream(src, at + HEADER, range.start, range.size, blocks) + TRAILER;
    }
  } catch (e) {
    if (!(e instanceof BadDataError) || blocks.ranges.length === 0) throw e;
    problems.push(`the image ends early: ${e.message}`);
  }
  return blocks;
}

/** Notes the blocks of one range; returns where its stream ends. @throws BadDataError */
function readStream(src: ByteSource, from: Bytes, start: PhysAddr, size: Bytes, blocks: Blocks): Bytes {
  let at = from;
  for (let done = 0; done < size; ) {
    const c = readCursor(src, at, Math.min(16, src.size - at), 'snappy chunk');
    const type = c.u8();
    const length = c.u8() + c.u8() * 0x100 + c.u8() * 0x10000;
    if (type === COMPRESSED || type === PLAIN) {
      if (length < CHECKSUM || length > MAX_PACKED) throw c.bad(`length ${length} exceeds ${MAX_PACKED}`, 4);
      c.skip(CHECKSUM);
      const plain = type === PLAIN ? length - CHECKSUM : statedLength(() => c.u8());
      if (plain === 0 || plain > MAX_PLAIN) throw c.bad(`${plain} bytes in a block exceed ${MAX_PLAIN}`);
      if (blocks.phys.length >= MAX_BLOCKS) throw c.bad(`more than ${MAX_BLOCKS} blocks`);
      blocks.phys.push(start + done);
      blocks.plain.push(Math.min(plain, size - done));
      blocks.offset.push(at + 4 + CHECKSUM);
      blocks.packed.push(type === PLAIN ? 0 : length - CHECKSUM);
      done += plain;
    } else if (type < FIRST_SKIPPABLE) throw c.bad(`unknown type ${type}`, 4);
    at += 4 + length;
    if (at > src.size) throw c.bad(`it ends at ${at}, the file at ${src.size}`);
  }
  return at;
}

/** The length that a snappy block begins with. */
function statedLength(byte: () => number): number {
  let length = 0;
  for (let shift = 0; shift < 35; shift += 7) {
    const b = byte();
    length += (b & 0x7f) * 2 ** shift;
    if (b < 0x80) break;
  }
  return length;
}

class AvmlMemory implements PhysicalMemory {
  readonly #src: ByteSource;
  readonly #blocks: Blocks;
  readonly #snappy: Decoder;
  /** Block numbers by address. */
  readonly #order: Uint32Array;
  readonly #cache = new ChunkCache(CACHE_BYTES);

  constructor(src: ByteSource, blocks: Blocks, snappy: Decoder) {
    this.#src = src;
    this.#snappy = snappy;
    this.#blocks = blocks;
    const { phys } = blocks;
    this.#order = Uint32Array.from(phys, (_, i) => i).sort((a, b) => (phys[a] as number) - (phys[b] as number));
  }

  chunk(at: PhysAddr): Chunk | FaultReason {
    const i = this.#find(at);
    if (i === undefined)
      return this.#blocks.ranges.some((r) => at >= r.start && at < r.end) ? 'truncated' : 'not-in-dump';
    const cached = this.#cache.get(i);
    if (cached) return cached;
    const bytes = this.#decode(i);
    if (typeof bytes === 'string') return bytes;
    const chunk = chunkOf(this.#blocks.phys[i] as number, bytes);
    this.#cache.set(i, chunk);
    return chunk;
  }

  #decode(i: number): Uint8Array | FaultReason {
    const { plain, packed, offset } = this.#blocks;
    const size = plain[i] as number;
    const from = offset[i] as number;
    const length = packed[i] as number;
    const input = new Uint8Array(length === 0 ? size : length);
    if (this.#src.read(from, input) < input.length) return 'truncated';
    if (length === 0) return input;
    const out = new Uint8Array(MAX_PLAIN);
    try {
      return out.subarray(0, Math.min(size, this.#snappy(input, out)));
    } catch {
      return 'corrupt'; // a decoder throws anything on damage
    }
  }

  read(at: PhysAddr, into: Uint8Array): FaultReason | undefined {
    return readByChunks(this, at, into);
  }

  ranges(): readonly PhysRange[] {
    const out: { start: PhysAddr; end: PhysAddr }[] = [];
    for (const { start, end } of [...this.#blocks.ranges].sort((a, b) => a.start - b.start)) {
      const last = out.at(-1);
      if (last && start <= last.end) last.end = Math.max(last.end, end);
      else out.push({ start, end });
    }
    return out;
  }

  #find(at: PhysAddr): number | undefined {
    const { phys, plain } = this.#blocks;
    let low = 0;
    let high = this.#order.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((phys[this.#order[middle] as number] as number) <= at) low = middle + 1;
      else high = middle;
    }
    const i = low === 0 ? undefined : this.#order[low - 1];
    if (i === undefined || at >= (phys[i] as number) + (plain[i] as number)) return undefined;
    return i;
  }
}
