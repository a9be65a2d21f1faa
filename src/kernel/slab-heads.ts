import type { Addr, Bytes, Pfn } from '../base/units.ts';
import type { Program } from '../program/program.ts';
import { type FrameRange, headOf, type PageReader, pageFrames } from './page.ts';
import { type BitTest, pageTypes } from './page-type.ts';
import { SlabPage } from './slab-page.ts';

/** Descriptors read in one go. */
const BLOCK = 256;

/**
 * Every slab by the descriptors of all pages, or of some ranges of them; many are read at once, and nothing is made of those
 * that are no slab's. The same object stands for one slab after the other.
 */
export class SlabHeads {
  readonly #prog: Program;
  readonly #reader: PageReader;
  readonly #most: number;
  readonly #frames: readonly FrameRange[] | undefined;
  /** There are more descriptors than the bound. */
  full = false;

  /** @param most descriptors that are looked at @param frames whose, in this order; all of them, ascending, without it */
  constructor(prog: Program, reader: PageReader, most: number, frames?: readonly FrameRange[]) {
    this.#prog = prog;
    this.#reader = reader;
    this.#most = most;
    this.#frames = frames;
  }

  /** @throws NotFoundError when the types of pages are not known, or the kernel does not use SLUB */
  *[Symbol.iterator](): Generator<SlabPage> {
    const slab = new SlabPage(this.#prog);
    const scan = new HeadScan(this.#prog, this.#reader);
    let seen = 0;
    for (const { first, last } of this.#frames ?? pageFrames(this.#prog)) {
      for (let frame = first; frame < last; frame += BLOCK) {
        const count = Math.min(BLOCK, last - frame, this.#most - seen + 1);
        scan.heads.length = 0;
        seen += scan.block(frame, count);
        if (seen > this.#most) {
          this.full = true;
          return;
        }
        for (const { page, bytes } of scan.heads) {
          slab.take(page, bytes);
          yield slab;
        }
      }
    }
  }
}

class HeadScan {
  /** Descriptors that were found, valid until the next block. */
  readonly heads: { readonly page: Addr; readonly bytes: Uint8Array }[] = [];
  readonly #prog: Program;
  readonly #reader: PageReader;
  readonly #view: DataView;
  readonly #bytes: Uint8Array;
  readonly #words: Uint32Array;
  readonly #bits: BitTest | undefined;

  constructor(prog: Program, reader: PageReader) {
    this.#prog = prog;
    this.#reader = reader;
    this.#bytes = new Uint8Array(BLOCK * reader.map.stride);
    this.#view = new DataView(this.#bytes.buffer);
    this.#words = new Uint32Array(this.#bytes.buffer);
    this.#bits = asWords(pageTypes(prog).slabBits, prog.arch.littleEndian);
  }

  /** Returns how many of the descriptors are there. */
  block(first: Pfn, count: number): number {
    const { map } = this.#reader;
    const start = map.pageOf(first);
    const end = map.pageOf(first + count - 1);
    const size = count * map.stride;
    const whole =
      start !== undefined &&
      end === start + BigInt(size - map.stride) &&
      this.#prog.memory.tryRead(start, this.#bytes.subarray(0, size)) === undefined;
    if (whole) {
      if (this.#bits) this.#look(start, size, this.#bits);
      return count;
    }
    if (count === 1) return 0;
    const half = count >> 1;
    return this.block(first, half) + this.block(first + half, count - half);
  }

  #look(start: Addr, size: Bytes, { offset, mask, value }: BitTest): void {
    const words = this.#words;
    const stride = this.#reader.map.stride >>> 2;
    const end = size >>> 2;
    for (let i = offset >>> 2; i < end; i += stride) {
      if (((words[i] as number) & mask) === value) this.#note(start, i * 4 - offset);
    }
  }

  #note(start: Addr, at: Bytes): void {
    const page = start + BigInt(at);
    const word = this.#view.getBigUint64(at + this.#reader.headOffset, this.#prog.arch.littleEndian);
    if (headOf(this.#prog, page, word) === page)
      this.heads.push({ page, bytes: this.#bytes.slice(at, at + this.#reader.map.stride) });
  }
}

/** For words that are read in the byte order of this machine, and signed as its operations are. */
function asWords(bits: BitTest | undefined, littleEndian: boolean): BitTest | undefined {
  if (!bits) return undefined;
  const view = new DataView(new ArrayBuffer(4));
  const turned = (word: number): number => {
    view.setUint32(0, word, littleEndian);
    return new Int32Array(view.buffer)[0] as number;
  };
  return { offset: bits.offset, mask: turned(bits.mask), value: turned(bits.value) };
}
