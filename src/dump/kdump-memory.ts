import { bytesSource } from '../base/byte-source.ts';
import type { FaultReason } from '../base/errors.ts';
import type { Bytes, Pfn, PhysAddr } from '../base/units.ts';
import { type Chunk, chunkOf, type PhysicalMemory, type PhysRange } from '../memory/physical.ts';
import type { CodecName, Codecs, Decoder } from '../program/ports.ts';
import type { BitmapDoubt } from './bitmap-doubt.ts';
import { mendBitmap } from './bitmap-repair.ts';
import { ChunkCache } from './chunk-cache.ts';
import { COMPRESSED_LZO, COMPRESSED_SNAPPY, COMPRESSED_ZLIB, COMPRESSED_ZSTD } from './kdump-header.ts';
import type { KdumpPart } from './kdump-part.ts';
import { LostDescriptors } from './lost-descriptors.ts';
import { PageBitmap } from './page-bitmap.ts';

const CACHE_BYTES = 0x1000000;
/** Compressed pages of at most this size are looked at for being all zero, which writers store once and share. */
const SMALL = 64;
/** Block numbers from here on stand for pages whose place is not known: beyond what any machine has. */
const UNPLACED = 2 ** 36;
const COMPRESSED = COMPRESSED_ZLIB | COMPRESSED_LZO | COMPRESSED_SNAPPY | COMPRESSED_ZSTD;

/** The memory of a kdump-compressed dump: one file, or the parts of a split one, ascending by page frame. */
export class KdumpMemory implements PhysicalMemory {
  readonly #parts: readonly KdumpPart[];
  readonly #codecs: Codecs;
  readonly #blockSize: Bytes;
  readonly #maxPfn: Pfn;
  #present: PageBitmap;
  /** Bitmaps that are not sound are mended on the first question: decoders are ready then. */
  #doubted: readonly KdumpPart[];
  readonly #cache = new ChunkCache(CACHE_BYTES);
  readonly #decoders = new Map<number, Decoder>();
  readonly #lost = new Map<KdumpPart, LostDescriptors | false>();
  readonly #imageOffset: number | undefined;
  readonly #zero: Uint8Array;
  #zeroOffset: Bytes = -1;
  /** Of the numbers that `unplaced` gave. */
  #unplacedEnd = 0;
  #zeroPart: KdumpPart | undefined;
  #part: KdumpPart;

  /** @param imageOffset what virtual addresses of the kernel's image are above its physical ones, when it is known */
  constructor(parts: readonly [KdumpPart, ...KdumpPart[]], codecs: Codecs, imageOffset?: bigint) {
    this.#imageOffset = imageOffset === undefined ? undefined : Number(BigInt.asUintN(64, imageOffset) >> 12n);
    this.#parts = parts;
    this.#part = parts[0];
    this.#codecs = codecs;
    const { blockSize, maxPfn, bitmapOffset, bitmapSize } = parts[0].header;
    this.#blockSize = blockSize;
    this.#maxPfn = maxPfn;
    this.#zero = new Uint8Array(blockSize);
    this.#present = new PageBitmap(parts[0].src, bitmapOffset, Math.min(maxPfn, bitmapSize * 4));
    this.#doubted = parts.filter((part) => part.doubt !== undefined);
  }

  chunk(at: PhysAddr): Chunk | FaultReason {
    const pfn = Math.floor(at / this.#blockSize);
    const cached = this.#cache.get(pfn);
    if (cached) return cached;
    const fault = this.#find(pfn);
    if (fault) return fault;
    if (this.#isZero()) return chunkOf(pfn * this.#blockSize, this.#zero);
    const bytes = new Uint8Array(this.#blockSize);
    const damage = this.#decode(bytes, 0);
    if (damage) return damage;
    const chunk = chunkOf(pfn * this.#blockSize, bytes);
    this.#cache.set(pfn, chunk);
    return chunk;
  }

  read(at: PhysAddr, into: Uint8Array): FaultReason | undefined {
    const size = this.#blockSize;
    for (let done = 0; done < into.length; ) {
      const from = (at + done) % size;
      const n = Math.min(into.length - done, size - from);
      const part = into.subarray(done, done + n);
      const fault =
        n === size
          ? this.#readBlock((at + done) / size, part, into.length - done - n)
          : this.#readPart(at + done, part);
      if (fault) return fault;
      done += n;
    }
    return undefined;
  }

  ranges(): readonly PhysRange[] {
    if (this.#doubted.length > 0) this.#mend();
    return this.#present.ranges(this.#blockSize);
  }

  #readPart(at: PhysAddr, into: Uint8Array): FaultReason | undefined {
    const chunk = this.chunk(at);
    if (typeof chunk === 'string') return chunk;
    const from = at - chunk.start;
    into.set(chunk.bytes.subarray(from, from + into.length));
    return undefined;
  }

  /** A whole block straight into the caller's buffer, past the cache. @param left bytes wanted after it */
  #readBlock(pfn: Pfn, into: Uint8Array, left: Bytes): FaultReason | undefined {
    const cached = this.#cache.get(pfn);
    if (cached) {
      into.set(cached.bytes);
      return undefined;
    }
    const fault = this.#find(pfn);
    if (fault) return fault;
    if (this.#isZero()) {
      into.fill(0);
      return undefined;
    }
    return this.#decode(into, left);
  }

  /** Makes `#part` the file that holds the page and has it find the descriptor. */
  #find(pfn: Pfn): FaultReason | undefined {
    if (this.#doubted.length > 0) this.#mend();
    if (!(pfn >= 0 && pfn < this.#maxPfn))
      return pfn >= UNPLACED && pfn < this.#unplacedEnd ? this.#findUnplaced(pfn) : 'not-in-dump';
    let part: KdumpPart | undefined = this.#part;
    if (pfn < part.start || pfn >= part.end) {
      part = this.#parts.find((p) => pfn >= p.start && pfn < p.end);
      if (!part) return this.#absent(pfn, this.#parts[0] as KdumpPart, 'not-in-dump');
      this.#part = part;
    }
    if (part.isDoubtful(pfn)) return 'corrupt';
    if (!part.isDumped(pfn)) return this.#absent(pfn, part, 'truncated');
    if (!part.find(pfn) && !this.#findLost(part, pfn)) return 'truncated';
    return part.offset < 0 || part.size === 0 || part.size > 2 * this.#blockSize ? 'corrupt' : undefined;
  }

  /** Makes bitmaps agree with the descriptors as far as that can be told, and takes what was written for memory. */
  #mend(): void {
    const doubted = this.#doubted;
    this.#doubted = [];
    for (const part of doubted) {
      const { first, second, descriptors } = part.doubt as BitmapDoubt;
      const { start, end } = part;
      const mended =
        descriptors !== undefined &&
        mendBitmap({
          ...{
            first,
            second,
            start,
            end,
            count: descriptors,
            blockSize: this.#blockSize,
            imageOffset: this.#imageOffset,
          },
          blockAt: (index) => this.#blockAt(part, index),
        });
      if (mended) part.mend(mended);
      const written = mended ? mended.second : second;
      const all = first.map((byte, i) => byte | (written[i] as number));
      if (part === this.#parts[0]) this.#present = new PageBitmap(bytesSource(part.src.name, all), 0, this.#maxPfn);
    }
  }

  #blockAt(part: KdumpPart, index: number): Uint8Array | undefined {
    this.#part = part;
    const into = new Uint8Array(this.#blockSize);
    return part.at(index) && part.size <= 2 * this.#blockSize && !this.#decode(into, 0) ? into : undefined;
  }

  /** A page without descriptor may be known by its data. */
  #findLost(part: KdumpPart, pfn: Pfn): boolean {
    const lost = this.#lostOf(part);
    return lost !== undefined && part.findLost(pfn, lost, flagOf(part));
  }

  #lostOf(part: KdumpPart): LostDescriptors | undefined {
    let lost = this.#lost.get(part);
    if (lost === undefined) {
      const [codec] = part.header.codecs;
      const cut = part.cut();
      lost = cut ? new LostDescriptors({ ...cut, imageOffset: this.#imageOffset }, codec, this.#codecs) : false;
      this.#lost.set(part, lost);
    }
    return lost || undefined;
  }

  unplaced(): readonly PhysRange[] {
    let at = UNPLACED;
    const ranges = this.#parts.map((part) => {
      const start = at * this.#blockSize;
      at += this.#lostOf(part)?.unplaced.length ?? 0;
      return { start, end: at * this.#blockSize };
    });
    this.#unplacedEnd = at;
    return ranges;
  }

  /** As `#find`, for what `unplaced` states. */
  #findUnplaced(pfn: Pfn): FaultReason | undefined {
    let at = pfn - UNPLACED;
    for (const part of this.#parts) {
      const pages = this.#lostOf(part)?.unplaced ?? [];
      if (at < pages.length) {
        this.#part = part;
        return part.use(pages[at], flagOf(part)) ? undefined : 'not-in-dump';
      }
      at -= pages.length;
    }
    return 'not-in-dump';
  }

  /** Why there is no data. @param lost what to say of a page that should have some */
  #absent(pfn: Pfn, part: KdumpPart, lost: FaultReason): FaultReason {
    if (pfn >= part.bitmapBits) return 'truncated';
    if (part.isDumped(pfn)) return lost;
    return this.#present.has(pfn) ? 'excluded' : 'not-in-dump';
  }

  #isZero(): boolean {
    return this.#part.offset === this.#zeroOffset && this.#part === this.#zeroPart;
  }

  /** Decodes the page that `#find` found. @param left bytes of memory wanted after it */
  #decode(into: Uint8Array, left: Bytes): FaultReason | undefined {
    const part = this.#part;
    const { offset, size, flags } = part;
    const data = part.data(offset, size, left > 0 ? Math.ceil((left / into.length) * size) : 0);
    if (data.length < size) return 'truncated';
    const kind = flags & COMPRESSED;
    if (kind === 0) {
      if (size !== into.length) return 'corrupt';
      into.set(data);
    } else {
      const decoder = this.#decoder(kind);
      if (!decoder) return 'corrupt';
      try {
        if (decoder(data, into) !== into.length) return 'corrupt';
      } catch {
        return 'corrupt';
      }
    }
    if (size <= SMALL && this.#zeroPart !== part && isZero(into)) {
      this.#zeroPart = part;
      this.#zeroOffset = offset;
    }
    return undefined;
  }

  #decoder(kind: number): Decoder | undefined {
    const known = this.#decoders.get(kind);
    if (known) return known;
    const name = codecName(kind);
    if (!name) return undefined;
    const decoder = this.#codecs.decoder(name);
    this.#decoders.set(kind, decoder);
    return decoder;
  }
}

function codecName(kind: number): CodecName | undefined {
  if (kind === COMPRESSED_ZLIB) return 'zlib';
  if (kind === COMPRESSED_LZO) return 'lzo';
  if (kind === COMPRESSED_SNAPPY) return 'snappy';
  return kind === COMPRESSED_ZSTD ? 'zstd' : undefined;
}

function flagOf(part: KdumpPart): number {
  const [name] = part.header.codecs;
  if (name === 'zlib') return COMPRESSED_ZLIB;
  if (name === 'lzo') return COMPRESSED_LZO;
  if (name === 'snappy') return COMPRESSED_SNAPPY;
  return name === 'zstd' ? COMPRESSED_ZSTD : 0;
}

function isZero(bytes: Uint8Array): boolean {
  for (let i = 0; i < bytes.length; i++) if (bytes[i] !== 0) return false;
  return true;
}
