import type { ByteSource } from '../base/byte-source.ts';
import type { Bytes, Pfn } from '../base/units.ts';
import type { PhysRange } from '../memory/physical.ts';

/** Bytes of the bitmap that are read and kept together: the page frames of 1 GiB with 4 KiB pages. */
const PART = 0x8000;
const PART_BITS = PART * 8;
const GROUP_WORDS = 16;
const GROUPS = PART / (GROUP_WORDS * 4);
/** Parts kept at a time: bits and ranks of 64 parts are 2.1 MiB. */
const KEPT = 64;
/** Ranges that are told apart; what a damaged bitmap has beyond that is joined to the last. */
const MAX_RANGES = 0x10000;

interface Part {
  readonly index: number;
  readonly bytes: Uint8Array;
  /** Set bits of this part before each group of 512 bits. */
  readonly ranks: Uint32Array;
  /** Set bits of the whole part. */
  readonly set: number;
}

/** A bitmap of page frames in a file, least significant bit first; read in parts as they are needed. */
export class PageBitmap {
  /** Bits that the file really holds. */
  readonly bits: number;
  readonly #src: ByteSource;
  readonly #offset: Bytes;
  readonly #parts: (Part | undefined)[] = new Array(KEPT);
  /** Set bits before each part, as far as counted. */
  readonly #before: number[] = [0];
  #last: Part | undefined;

  constructor(src: ByteSource, offset: Bytes, bits: number) {
    this.#src = src;
    this.#offset = offset;
    this.bits = Math.max(0, Math.min(bits, (src.size - offset) * 8));
  }

  has(pfn: Pfn): boolean {
    if (pfn >= this.bits) return false;
    const part = this.#part(Math.floor(pfn / PART_BITS));
    const bit = pfn % PART_BITS;
    return ((part.bytes[bit >>> 3] as number) & (1 << (bit & 7))) !== 0;
  }

  /** Set bits below `pfn`. */
  rank(pfn: Pfn): number {
    const index = Math.floor(Math.min(pfn, this.bits) / PART_BITS);
    for (let i = this.#before.length; i <= index; i++) {
      this.#before.push((this.#before[i - 1] as number) + this.#part(i - 1).set);
    }
    const bit = Math.min(pfn, this.bits) % PART_BITS;
    const before = this.#before[index] as number;
    if (bit === 0) return before;
    const part = this.#part(index);
    const group = bit >>> 9;
    const { bytes } = part;
    let n = before + (part.ranks[group] as number);
    const whole = bit >>> 3;
    for (let at = group << 6; at < whole; at++) n += popcount(bytes[at] as number);
    return n + popcount((bytes[whole] as number) & ((1 << (bit & 7)) - 1));
  }

  /** The page frame of which `rank` others with their bits set are before it. */
  select(rank: number, end: Pfn = this.bits): Pfn {
    let low = 0;
    let high = end;
    while (low < high) {
      const middle = Math.floor((low + high) / 2);
      if (this.rank(middle + 1) <= rank) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  /** Runs of set bits as physical addresses. */
  ranges(blockSize: Bytes): PhysRange[] {
    const out: { start: number; end: number }[] = [];
    let start = -1;
    const count = Math.ceil(this.bits / PART_BITS);
    for (let index = 0; index < count; index++) {
      const { bytes, set: setBits } = this.#part(index);
      // a machine whose device memory lies high has little but empty parts
      if (setBits === 0 && start < 0) continue;
      const base = index * PART_BITS;
      const last = Math.min(PART_BITS, this.bits - base);
      for (let bit = 0; bit < last; ) {
        const byte = bytes[bit >>> 3] as number;
        if ((bit & 7) === 0 && byte === (start < 0 ? 0 : 0xff)) {
          bit += 8;
          continue;
        }
        const set = (byte & (1 << (bit & 7))) !== 0;
        if (set && start < 0) start = base + bit;
        else if (!set && start >= 0) {
          add(out, start * blockSize, (base + bit) * blockSize);
          start = -1;
        }
        bit++;
      }
    }
    if (start >= 0) add(out, start * blockSize, this.bits * blockSize);
    return out;
  }

  #part(index: number): Part {
    if (this.#last?.index === index) return this.#last;
    const slot = index % KEPT;
    let part = this.#parts[slot];
    if (part?.index !== index) {
      part = this.#read(index);
      this.#parts[slot] = part;
    }
    this.#last = part;
    return part;
  }

  #read(index: number): Part {
    const bytes = new Uint8Array(PART);
    const from = this.#offset + index * PART;
    const want = Math.min(PART, Math.ceil((this.bits - index * PART_BITS) / 8));
    const got = this.#src.read(from, bytes.subarray(0, want));
    const words = new Uint32Array(bytes.buffer);
    const ranks = new Uint32Array(GROUPS);
    const end = Math.ceil(got / (GROUP_WORDS * 4));
    let n = 0;
    for (let group = 0; group < end; group++) {
      ranks[group] = n;
      const first = group * GROUP_WORDS;
      for (let w = first; w < first + GROUP_WORDS; w++) {
        const word = words[w] as number;
        if (word !== 0) n += word === 0xffffffff ? 32 : popcount(word);
      }
    }
    ranks.fill(n, end);
    return { index, bytes, ranks, set: n };
  }
}

function add(out: { start: number; end: number }[], start: number, end: number): void {
  const last = out[out.length - 1];
  if (last && out.length >= MAX_RANGES) last.end = end;
  else out.push({ start, end });
}

/** Set bits of 32. */
export function popcount(word: number): number {
  let v = word - ((word >>> 1) & 0x55555555);
  v = (v & 0x33333333) + ((v >>> 2) & 0x33333333);
  return Math.imul((v + (v >>> 4)) & 0x0f0f0f0f, 0x01010101) >>> 24;
}
