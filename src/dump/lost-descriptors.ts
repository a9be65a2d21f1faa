import type { ByteSource } from '../base/byte-source.ts';
import type { Bytes, Pfn } from '../base/units.ts';
import { ownAddress } from '../memory/own-address.ts';
import type { CodecName, Codecs } from '../program/ports.ts';
import { compressedStream } from './compressed-stream.ts';
import type { KdumpHeader } from './kdump-header.ts';
import type { PageBitmap } from './page-bitmap.ts';
import { type Anchor, placeBlocks } from './place-blocks.ts';

const MAX_BLOCKS = 1 << 24;

/** Where the data of a page is in the file. */
export interface PageData {
  readonly offset: Bytes;
  readonly size: Bytes;
  readonly compressed: boolean;
}

/** What is known of a file whose descriptors end early. */
export interface CutPart {
  readonly src: ByteSource;
  readonly header: KdumpHeader;
  readonly bitmap: PageBitmap;
  /** Rank in the bitmap of the first page of this file. */
  readonly firstRank: number;
  readonly end: Pfn;
  /** Descriptors that are there. */
  readonly known: number;
  /** Where the data of the pages without descriptors begins. */
  readonly dataStart: Bytes;
  /** See `Frames`. */
  readonly imageOffset?: number | undefined;
  /** Where a page of zeros is that the writer stored before all others. */
  readonly zeros?: Bytes;
}

/**
 * Pages whose descriptors are not in the file but whose data is: QEMU writes 10922 descriptors at a time, of blocks of
 * 64 KiB on arm64, so all data of a small machine comes before the first. The data of each page tells its own end, and the
 * row of pages is that of the bitmap but for the zeros, which no data was written for.
 */
export class LostDescriptors {
  readonly #offsets: Float64Array;
  readonly #sizes: Float64Array;
  readonly #first: number;
  readonly #zeros: PageData | undefined;
  /** Pages that are in the file and of which nothing tells where they were. */
  readonly unplaced: readonly PageData[];

  constructor(part: CutPart, codec: CodecName | undefined, codecs: Codecs) {
    const { blockSize } = part.header;
    const offsets: number[] = [];
    const sizes: number[] = [];
    const anchors: Anchor[] = [];
    for (const block of compressedStream(part.src, part.dataStart, blockSize, codec, codecs)) {
      const page = part.header.littleEndian ? ownAddress(block.bytes) : undefined;
      if (page !== undefined) anchors.push({ block: offsets.length, page });
      offsets.push(block.offset);
      sizes.push(block.compressed ? block.size : -block.size);
      if (offsets.length >= MAX_BLOCKS) break;
    }
    this.#first = part.known;
    const ranks = ranksOf(part, offsets.length, anchors);
    const count = Math.max(0, endOf(ranks) - part.known);
    this.#offsets = new Float64Array(count).fill(-1);
    this.#sizes = new Float64Array(count);
    this.#zeros = part.zeros === undefined ? undefined : { offset: part.zeros, size: blockSize, compressed: false };
    this.#fill(ranks, offsets, sizes);
    this.unplaced = offsets.flatMap((offset, i) =>
      (ranks[i] as number) < 0 ? [pageData(offset, sizes[i] as number)] : [],
    );
  }

  /** @param index of the page among those of the file */
  find(index: number): PageData | undefined {
    const at = index - this.#first;
    const offset = this.#offsets[at];
    if (offset === undefined || offset < 0) return undefined;
    const size = this.#sizes[at] as number;
    return size === 0 ? this.#zeros : pageData(offset, size);
  }

  #fill(ranks: Float64Array, offsets: readonly number[], sizes: readonly number[]): void {
    let before = this.#first - 1;
    for (const [block, rank] of ranks.entries()) {
      if (rank >= 0) {
        const at = rank - this.#first;
        this.#offsets[at] = offsets[block] as number;
        this.#sizes[at] = sizes[block] as number;
        // Between two blocks that follow each other in the file only pages of zeros can be.
        if (before >= 0) this.#offsets.fill(0, before + 1 - this.#first, at);
      }
      before = rank;
    }
  }
}

/** @param size negative for memory as it is */
function pageData(offset: Bytes, size: number): PageData {
  return { offset, size: Math.abs(size), compressed: size > 0 };
}

/** One more than the last rank that is known. */
function endOf(ranks: Float64Array): number {
  for (let i = ranks.length - 1; i >= 0; i--) if ((ranks[i] as number) >= 0) return (ranks[i] as number) + 1;
  return 0;
}

/** Each block's place among the pages of the file, or -1. */
function ranksOf(part: CutPart, blocks: number, anchors: readonly Anchor[]): Float64Array {
  const { bitmap, header, firstRank, known, end } = part;
  return placeBlocks(blocks, anchors, {
    blockSize: header.blockSize,
    imageOffset: part.imageOffset,
    first: known,
    count: bitmap.rank(end) - firstRank,
    isDumped: (pfn) => pfn < end && bitmap.has(pfn),
    rank: (pfn) => bitmap.rank(pfn) - firstRank,
    pfnOf: (rank) => bitmap.select(firstRank + rank, end),
  });
}
