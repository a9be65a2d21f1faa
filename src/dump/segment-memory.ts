import type { ByteSource } from '../base/byte-source.ts';
import type { FaultReason } from '../base/errors.ts';
import type { Bytes, PhysAddr } from '../base/units.ts';
import { type Chunk, chunkOf, type PhysicalMemory, type PhysRange } from '../memory/physical.ts';
import { ChunkCache } from './chunk-cache.ts';

/** Physical memory that a file holds in one piece: `fileSize` bytes at `offset`, then nothing up to `size`. */
export interface Segment {
  readonly phys: PhysAddr;
  readonly size: Bytes;
  readonly offset: Bytes;
  readonly fileSize: Bytes;
}

/** A disjoint part of the physical address space; `offset` only where `state` is `here`. */
interface Piece {
  start: PhysAddr;
  end: PhysAddr;
  offset: Bytes;
  state: 'here' | 'truncated' | 'excluded';
}

const CLUSTER = 0x8000;
const CACHE_BYTES = 0x1800000;

/** The memory of segments that may overlap, lie anywhere in the file, and reach beyond its end. */
export class SegmentMemory implements PhysicalMemory {
  readonly #src: ByteSource;
  readonly #starts: Float64Array;
  readonly #pieces: readonly Piece[];
  readonly #cache = new ChunkCache(CACHE_BYTES);
  #last = 0;

  constructor(src: ByteSource, segments: readonly Segment[]) {
    this.#src = src;
    this.#pieces = disjointPieces(segments, src.size);
    this.#starts = Float64Array.from(this.#pieces, (p) => p.start);
  }

  chunk(at: PhysAddr): Chunk | FaultReason {
    const piece = this.#find(at);
    if (!piece) return 'not-in-dump';
    if (piece.state !== 'here') return piece.state;
    const start = Math.max(piece.start, at - (at % CLUSTER));
    const cached = this.#cache.get(start);
    if (cached) return cached;
    const end = Math.min(piece.end, at - (at % CLUSTER) + CLUSTER);
    const bytes = new Uint8Array(end - start);
    if (this.#src.read(piece.offset + (start - piece.start), bytes) < bytes.length) return 'truncated';
    const chunk = chunkOf(start, bytes);
    this.#cache.set(start, chunk);
    return chunk;
  }

  read(at: PhysAddr, into: Uint8Array): FaultReason | undefined {
    if (into.length < CLUSTER / 4) {
      const chunk = this.chunk(at);
      if (typeof chunk === 'string') return chunk;
      const from = at - chunk.start;
      if (from + into.length <= chunk.bytes.length) {
        into.set(chunk.bytes.subarray(from, from + into.length));
        return undefined;
      }
    }
    for (let done = 0; done < into.length; ) {
      const piece = this.#find(at + done);
      if (!piece) return 'not-in-dump';
      if (piece.state !== 'here') return piece.state;
      const n = Math.min(into.length - done, piece.end - at - done);
      const part = into.subarray(done, done + n);
      if (this.#src.read(piece.offset + (at + done - piece.start), part) < n) return 'truncated';
      done += n;
    }
    return undefined;
  }

  ranges(): readonly PhysRange[] {
    const out: { start: PhysAddr; end: PhysAddr }[] = [];
    for (const { start, end } of this.#pieces) {
      const last = out[out.length - 1];
      if (last?.end === start) last.end = end;
      else out.push({ start, end });
    }
    return out;
  }

  /** The piece that holds `at`; the one of the last call is tried first. */
  #find(at: PhysAddr): Piece | undefined {
    const last = this.#pieces[this.#last];
    if (last && at >= last.start && at < last.end) return last;
    let low = 0;
    let high = this.#starts.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#starts[middle] as number) <= at) low = middle + 1;
      else high = middle;
    }
    const piece = this.#pieces[low - 1];
    if (!piece || at >= piece.end) return undefined;
    this.#last = low - 1;
    return piece;
  }
}

/**
 * Overlapping segments made disjoint. Where two state the same memory (kexec lists the kernel's own mapping a second
 * time), bytes that are in the file win over those that are not; among equals the segment that begins first.
 */
function disjointPieces(segments: readonly Segment[], fileSize: Bytes): Piece[] {
  const here: Piece[] = [];
  const truncated: Piece[] = [];
  const excluded: Piece[] = [];
  for (const { phys, size, offset, fileSize: stated } of segments) {
    const inFile = Math.min(stated, size);
    const present = Math.max(0, Math.min(inFile, fileSize - offset));
    const middle = phys + present;
    const end = phys + inFile;
    if (present > 0) here.push({ start: phys, end: middle, offset, state: 'here' });
    if (end > middle) truncated.push({ start: middle, end, offset: 0, state: 'truncated' });
    if (phys + size > end) excluded.push({ start: end, end: phys + size, offset: 0, state: 'excluded' });
  }
  const first = withoutOverlap(here);
  const second = merge(first, without(withoutOverlap(truncated), first));
  return joinNeighbours(merge(second, without(withoutOverlap(excluded), second)));
}

function cut(piece: Piece, start: PhysAddr, end: PhysAddr): Piece {
  return { start, end, offset: piece.offset + (start - piece.start), state: piece.state };
}

function byStart(a: Piece, b: Piece): number {
  return a.start - b.start;
}

function withoutOverlap(pieces: Piece[]): Piece[] {
  const out: Piece[] = [];
  let covered = 0;
  for (const piece of pieces.sort(byStart)) {
    if (piece.end <= covered) continue;
    out.push(piece.start < covered ? cut(piece, covered, piece.end) : piece);
    covered = piece.end;
  }
  return out;
}

/** Parts of `pieces` that `taken` leaves free; both sorted and disjoint. */
function without(pieces: readonly Piece[], taken: readonly Piece[]): Piece[] {
  const out: Piece[] = [];
  let t = 0;
  for (const piece of pieces) {
    let from = piece.start;
    while (t < taken.length && (taken[t] as Piece).end <= from) t++;
    for (let i = t; i < taken.length && (taken[i] as Piece).start < piece.end; i++) {
      const { start, end } = taken[i] as Piece;
      if (start > from) out.push(cut(piece, from, start));
      from = Math.max(from, end);
    }
    if (from < piece.end) out.push(cut(piece, from, piece.end));
  }
  return out;
}

function merge(a: readonly Piece[], b: readonly Piece[]): Piece[] {
  return b.length === 0 ? [...a] : [...a, ...b].sort(byStart);
}

/** Neighbours that are also neighbours in the file become one piece. */
function joinNeighbours(pieces: readonly Piece[]): Piece[] {
  const out: Piece[] = [];
  for (const piece of pieces) {
    const last = out[out.length - 1];
    const follows = last !== undefined && last.end === piece.start && last.state === piece.state;
    if (follows && (piece.state !== 'here' || last.offset + (last.end - last.start) === piece.offset)) {
      last.end = piece.end;
    } else out.push(piece);
  }
  return out;
}
