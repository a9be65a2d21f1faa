import type { Bytes, Pfn } from '../base/units.ts';

const PAGE = 4096;
/** The linear map of every CPU begins at a multiple of one of these; physical memory, seen from there, does too. */
const LINEAR_ALIGNMENTS: readonly Bytes[] = [1 << 30, 1 << 29];
/** A kernel image is mapped by blocks of 2 MiB. */
const IMAGE_ALIGNMENT: Bytes = 2 << 20;
/** Addresses of one mapping agree above this bit, counted in pages of 4 KiB: 1 TiB. */
const REGION = 2 ** 28;
/** Anchors that say where the linear map begins. */
const VOTERS = 64;
/** Anchors below which a mapping proves nothing. */
const FEW = 4;

/** A block of a row and the virtual address that it was used at, in pages of 4 KiB. */
export interface Anchor {
  readonly block: number;
  readonly page: number;
}

/** The page frames that a row of blocks may be: the `rank`th that was written is `pfnOf(rank)`. */
export interface Frames {
  readonly blockSize: Bytes;
  /** The first that the row can hold. */
  readonly first: number;
  readonly count: number;
  isDumped(pfn: Pfn): boolean;
  rank(pfn: Pfn): number;
  pfnOf(rank: number): Pfn;
  /** What the virtual addresses of the kernel's image are above its physical ones, in pages of 4 KiB, when it is known. */
  readonly imageOffset?: number | undefined;
}

/** Blocks from `block` on stand at rank `first + block + shift`; `shift` counts the pages of zeros that were left out. */
interface Placed {
  readonly block: number;
  readonly shift: number;
}

/**
 * Which page frame each block of a row is, where pages of zeros were left out of it and nothing says which: the row ascends,
 * and anchors give places on it. Between two anchors with as many zeros before them all is known.
 * @returns for each block its rank among the pages that were written, or -1
 */
export function placeBlocks(blocks: number, anchors: readonly Anchor[], frames: Frames): Float64Array {
  const ranks = new Float64Array(blocks).fill(-1);
  let before: Placed = { block: -1, shift: 0 };
  for (const at of placedAnchors(anchors, frames)) {
    const from = at.shift === before.shift ? before.block + 1 : at.block;
    for (let block = from; block <= at.block; block++) ranks[block] = frames.first + block + at.shift;
    before = at;
  }
  return ranks;
}

function placedAnchors(anchors: readonly Anchor[], frames: Frames): readonly Placed[] {
  const [linear = [], ...others] = byRegion(anchors);
  const placed = placeLinear(linear, frames);
  const image = others.find((group) => group.length >= FEW);
  const between = image ? placeImage(image, placed, frames) : [];
  return ascending([...placed, ...between].sort((a, b) => a.block - b.block));
}

/** Anchors of each mapping, that with the most first: memory at large is used through the linear map. */
function byRegion(anchors: readonly Anchor[]): Anchor[][] {
  const groups = new Map<number, Anchor[]>();
  for (const anchor of anchors) {
    const region = Math.floor(anchor.page / REGION);
    const group = groups.get(region);
    if (group) group.push(anchor);
    else groups.set(region, [anchor]);
  }
  return [...groups.values()].sort((a, b) => b.length - a.length);
}

/** Places by the linear map, whose start is the highest that puts no block before the first place that it can have. */
function placeLinear(anchors: readonly Anchor[], frames: Frames): readonly Placed[] {
  const pages = frames.blockSize / PAGE;
  for (const alignment of LINEAR_ALIGNMENTS) {
    const step = alignment / PAGE;
    const votes = new Map<number, number>();
    for (const { block, page } of anchors.slice(0, VOTERS)) {
      const least = frames.pfnOf(frames.first + block) * pages;
      const start = Math.floor((page - least) / step) * step;
      votes.set(start, (votes.get(start) ?? 0) + 1);
    }
    const [start] = [...votes].sort((a, b) => b[1] - a[1])[0] ?? [];
    if (start === undefined) return [];
    const placed = ascending(placedFrom(anchors, start, frames));
    if (placed.length >= FEW && placed.length * 2 > anchors.length) return placed;
  }
  return [];
}

/** Places by the mapping of the image, which lies between two anchors of the linear map; none when two places would do. */
function placeImage(anchors: readonly Anchor[], linear: readonly Placed[], frames: Frames): readonly Placed[] {
  const pages = frames.blockSize / PAGE;
  const row = ascending(anchors.map(({ block, page }) => ({ block, shift: page / pages - block })));
  const kept = new Set(row.map((r) => r.block));
  const group = anchors.filter((a) => kept.has(a.block));
  const [first] = group;
  const last = group.at(-1);
  if (!first || !last) return [];
  const low = linear.findLast((p) => p.block < first.block)?.shift ?? 0;
  const high = linear.find((p) => p.block > last.block)?.shift;
  if (frames.imageOffset !== undefined) {
    const known = placedFrom(group, frames.imageOffset, frames);
    if (known.every((p) => p.shift >= low && p.shift <= (high ?? Infinity))) return known;
  }
  if (high === undefined) return [];
  const step = IMAGE_ALIGNMENT / PAGE;
  const least = frames.pfnOf(frames.first + first.block + low) * pages;
  let found: readonly Placed[] = [];
  for (let start = Math.floor((first.page - least) / step) * step; ; start -= step) {
    const placed = placedFrom(group, start, frames);
    const [head] = placed;
    if (!head || head.shift > high) return found;
    if (placed.length < group.length || placed.some((p) => p.shift < low || p.shift > high)) continue;
    if (found.length > 0) return [];
    found = placed;
  }
}

/** Places of the anchors of a mapping that begins at `start`, in pages of 4 KiB; without those that cannot be. */
function placedFrom(anchors: readonly Anchor[], start: number, frames: Frames): Placed[] {
  const { first, count, blockSize } = frames;
  const placed: Placed[] = [];
  for (const { block, page } of anchors) {
    const pfn = ((page - start) * PAGE) / blockSize;
    if (!Number.isSafeInteger(pfn) || pfn < 0 || !frames.isDumped(pfn)) continue;
    const shift = frames.rank(pfn) - first - block;
    if (shift >= 0 && first + block + shift < count) placed.push({ block, shift });
  }
  return placed;
}

/** The longest part of a row in which the shift never falls: memory that was copied points elsewhere. */
function ascending(row: readonly Placed[]): readonly Placed[] {
  const tails: number[] = [];
  const before = new Int32Array(row.length).fill(-1);
  for (const [i, { shift }] of row.entries()) {
    let low = 0;
    let high = tails.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((row[tails[middle] as number] as Placed).shift <= shift) low = middle + 1;
      else high = middle;
    }
    if (low > 0) before[i] = tails[low - 1] as number;
    tails[low] = i;
  }
  const out: Placed[] = [];
  for (let i = tails.at(-1) ?? -1; i >= 0; i = before[i] as number) out.push(row[i] as Placed);
  return out.reverse();
}
