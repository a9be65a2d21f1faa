import { bytesSource } from '../base/byte-source.ts';
import type { Bytes, Pfn } from '../base/units.ts';
import { ownAddress } from '../memory/own-address.ts';
import { mendSegment } from './mend-segment.ts';
import { PageBitmap } from './page-bitmap.ts';

const PAGE = 4096;
/** The linear map begins at a multiple of one of these, in pages of 4 KiB; physical memory, seen from there, does too. */
const LINEAR_STEPS = [1 << 18, 1 << 17];
/** Of so many descriptors, so many are looked at for an anchor. */
const GROUP = 64;
const TRIES = 8;
/** Blocks that are unpacked to find the places of what is wrong: a second at most. */
const MOST_UNPACKED = 20_000;
/** Wrong bits before a page, at most; anchors that tell of more are of memory that was copied. */
const MOST_SHIFT = 4096;
/** Anchors below which nothing is proved. */
const FEW = 4;

/** A file whose second bitmap does not count as many pages as there are descriptors. */
export interface DoubtedBitmap {
  /** What the machine had as memory; the pages that were written are some of those. */
  readonly first: Uint8Array;
  readonly second: Uint8Array;
  readonly start: Pfn;
  readonly end: Pfn;
  /** Descriptors of this file. */
  readonly count: number;
  readonly blockSize: Bytes;
  /** What the virtual addresses of the kernel's image are above its physical ones, in pages of 4 KiB, when it is known. */
  readonly imageOffset?: number | undefined;
  /** The memory of the page with this descriptor, valid until the next call. */
  blockAt(index: number): Uint8Array | undefined;
}

/** A second bitmap that counts right. */
export interface MendedBitmap {
  readonly second: Uint8Array;
  /** Page frames of which the bitmap cannot tell which were written. */
  readonly doubtful: readonly { readonly start: Pfn; readonly end: Pfn }[];
}

/** A page whose place is proved: the descriptor, and the page frame that the memory says it is of. */
interface Anchor {
  readonly index: number;
  readonly pfn: Pfn;
}

/**
 * Finds where a bitmap has wrong bits: blocks in which the head of an empty list points at itself tell what page frame they are
 * of, so that between two of them the bitmap must count as many pages as there are descriptors. Where it does not, the first bitmap
 * may tell what is right, and else these pages are lost, and no others. Undefined when too few blocks tell their place.
 */
export function mendBitmap(doubted: DoubtedBitmap): MendedBitmap | undefined {
  return new Repair(doubted).run();
}

class Repair {
  readonly #doubted: DoubtedBitmap;
  readonly #bitmap: PageBitmap;
  readonly #before: number;
  #left = MOST_UNPACKED;

  constructor(doubted: DoubtedBitmap) {
    this.#doubted = doubted;
    const { second, start } = doubted;
    this.#bitmap = new PageBitmap(bytesSource('bitmap', second), 0, second.length * 8);
    this.#before = this.#bitmap.rank(start);
  }

  run(): MendedBitmap | undefined {
    const { second, first, count } = this.#doubted;
    const samples = new Map<number, number>();
    for (let i = 0; i < count; i += GROUP) this.#sample(samples, i, Math.min(count, i + TRIES), 1);
    const starts = this.#startsOf(samples);
    let row = this.#chain(samples, starts);
    if (row.length < FEW) return undefined;
    for (const [from, to] of this.#wrong(row))
      this.#sample(samples, from.index + 1, to.index, Number.POSITIVE_INFINITY);
    row = this.#chain(samples, starts);
    const out = { second: second.slice(), doubtful: [] as { start: Pfn; end: Pfn }[] };
    for (const [from, to] of this.#wrong(row)) {
      const segment = { start: from.pfn + 1, end: to.pfn, count: to.index - from.index - 1 };
      const doubtful = mendSegment(out.second, first, segment);
      if (doubtful === 'impossible' || (doubtful && doubtful.count > count / 2)) return undefined;
      if (doubtful) out.doubtful.push(doubtful);
    }
    return out;
  }

  /** Adds what blocks tell of their virtual address, at most `most` of those from `from` on. */
  #sample(samples: Map<number, number>, from: number, to: number, most: number): void {
    let found = 0;
    for (let i = from; i < to && found < most && this.#left > 0; i++) {
      this.#left--;
      const bytes = this.#doubted.blockAt(i);
      const page = bytes && ownAddress(bytes);
      if (page === undefined) continue;
      samples.set(i, page);
      found++;
    }
  }

  /** Where mappings begin, in pages of 4 KiB: the linear map by votes, the image as it is known. */
  #startsOf(samples: ReadonlyMap<number, number>): number[] {
    const { imageOffset, blockSize } = this.#doubted;
    const pages = blockSize / PAGE;
    const image = imageOffset === undefined ? [] : [imageOffset];
    for (const step of LINEAR_STEPS) {
      const votes = new Map<number, number>();
      for (const [index, page] of samples) {
        const start = Math.round((page - this.#bitmap.select(this.#before + index) * pages) / step) * step;
        votes.set(start, (votes.get(start) ?? 0) + 1);
      }
      const [start, most = 0] = [...votes].sort((a, b) => b[1] - a[1])[0] ?? [];
      if (start !== undefined && most >= FEW && most * 3 > samples.size) return [start, ...image];
    }
    return image;
  }

  /** The anchors that ascend, with the ends of the bitmap; one that no neighbour agrees with is none. */
  #chain(samples: ReadonlyMap<number, number>, starts: readonly number[]): Anchor[] {
    const { start, end, count, blockSize } = this.#doubted;
    const all: Anchor[] = [];
    for (const [index, page] of [...samples].sort((a, b) => a[0] - b[0])) {
      for (const begin of starts) {
        const pfn = ((page - begin) * PAGE) / blockSize;
        const inFile = Number.isSafeInteger(pfn) && pfn >= start && pfn < end && this.#bitmap.has(pfn);
        if (inFile && Math.abs(this.#shift({ index, pfn })) <= MOST_SHIFT) all.push({ index, pfn });
      }
    }
    const agreed = all.filter((a, i) => {
      const shift = this.#shift(a);
      return [all[i - 1], all[i + 1]].some((b) => b !== undefined && this.#shift(b) === shift);
    });
    const row =
      agreed.length > 0 ? [{ index: -1, pfn: start - 1 }, ...ascending(agreed), { index: count, pfn: end }] : [];
    return row;
  }

  /** Pages that the bitmap counts before an anchor and that have no descriptor. */
  #shift({ index, pfn }: Anchor): number {
    return this.#bitmap.rank(pfn) - this.#before - index;
  }

  /** Neighbours between which the bitmap does not count right. */
  #wrong(row: readonly Anchor[]): [Anchor, Anchor][] {
    const out: [Anchor, Anchor][] = [];
    for (let i = 1; i < row.length; i++) {
      const [from, to] = [row[i - 1] as Anchor, row[i] as Anchor];
      const counted = this.#bitmap.rank(to.pfn) - this.#bitmap.rank(from.pfn + 1);
      if (counted !== to.index - from.index - 1) out.push([from, to]);
    }
    return out;
  }
}

/** The longest part of a row of anchors whose page frames ascend: memory that was copied points elsewhere. */
function ascending(row: readonly Anchor[]): Anchor[] {
  const tails: number[] = [];
  const before = new Int32Array(row.length).fill(-1);
  for (const [i, { pfn }] of row.entries()) {
    let low = 0;
    let high = tails.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((row[tails[middle] as number] as Anchor).pfn < pfn) low = middle + 1;
      else high = middle;
    }
    if (low > 0) before[i] = tails[low - 1] as number;
    tails[low] = i;
  }
  const out: Anchor[] = [];
  for (let i = tails.at(-1) ?? -1; i >= 0; i = before[i] as number) out.push(row[i] as Anchor);
  return out.reverse();
}
