import { FAULT_TEXT, type FaultReason } from '../base/errors.ts';
import type { Addr, Bytes, PhysAddr } from '../base/units.ts';
import type { Problem } from '../program/ports.ts';
import type { Program } from '../program/program.ts';
import type { SearchArea, SearchSpace } from './search-areas.ts';
import type { Pattern } from './search-pattern.ts';

/** One place that matches. */
export interface SearchHit {
  readonly address: Addr;
  /** Index of the pattern's target. */
  readonly target: number;
  /** What is there: the units that may differ under a mask. */
  readonly value: bigint;
}

/** Read at once; a multiple of every page size. */
const BLOCK: Bytes = 0x40000;
const GRANULE: Bytes = 4096;

/**
 * Searches areas of an address space, block by block as they lie in memory. What cannot be read is counted by its reason,
 * and no place where nothing is mapped counts.
 */
export class MemorySearch {
  readonly hits: SearchHit[] = [];
  readonly #prog: Program;
  readonly #pattern: Pattern;
  readonly #most: number;
  readonly #missing = new Map<FaultReason, Bytes>();
  readonly #bytes: Uint8Array;
  /** Bytes before a block that belong to the end of the one before it. */
  readonly #margin: Bytes;
  /** Where the last block ended; a match may begin there. */
  #end: Addr | undefined;
  #full = false;

  /** @param most hits to stop after */
  constructor(prog: Program, pattern: Pattern, most: number) {
    this.#prog = prog;
    this.#pattern = pattern;
    this.#most = most;
    this.#margin = Math.ceil(pattern.overlap / 8) * 8;
    this.#bytes = new Uint8Array(this.#margin + BLOCK);
  }

  /** Adds what `areas` hold to `hits`. */
  run(space: SearchSpace, areas: readonly SearchArea[]): void {
    for (const { start, end } of areas) {
      for (let at = start; at < end && !this.#full; ) at = this.#next(space, at, end);
    }
  }

  get problems(): Problem[] {
    const found: Problem[] = [];
    for (const [fault, bytes] of this.#missing) {
      found.push({ what: 'memory', why: `${Math.ceil(bytes / 1024)} KiB: ${FAULT_TEXT[fault]}`, fault });
    }
    if (this.#full) found.push({ what: 'search', why: `it ended after ${this.#most} matches` });
    return found;
  }

  /** Searches what lies in one piece from `at` on; returns where to go on. */
  #next(space: SearchSpace, at: Addr, end: Addr): Addr {
    const left = end - at;
    const most = left < BigInt(BLOCK) ? Number(left) : BLOCK;
    const where = space.translate(at);
    if (typeof where === 'string') {
      const skip = GRANULE - Number(at % BigInt(GRANULE));
      if (where !== 'unmapped') this.#miss(where, Math.min(skip, most));
      return at + BigInt(skip);
    }
    let size = Math.min(where.size, most);
    while (size < most) {
      const more = space.translate(at + BigInt(size));
      if (typeof more === 'string' || more.phys !== where.phys + size) break;
      size = Math.min(size + more.size, most);
    }
    this.#block(at, where.phys, size);
    return at + BigInt(size);
  }

  /** Searches `size` bytes that lie in one piece; where some are missing, page by page. */
  #block(at: Addr, phys: PhysAddr, size: Bytes): void {
    const fault = this.#prog.physical.read(phys, this.#bytes.subarray(this.#margin, this.#margin + size));
    const first = GRANULE - (phys % GRANULE);
    if (fault === undefined) this.#scan(at, size);
    else if (size <= first) this.#miss(fault, size);
    else this.#pages(at, phys, size, first);
  }

  #pages(at: Addr, phys: PhysAddr, size: Bytes, first: Bytes): void {
    for (let done = 0, n = first; done < size; done += n, n = Math.min(GRANULE, size - done)) {
      this.#block(at + BigInt(done), phys + done, n);
    }
  }

  #miss(fault: FaultReason, size: Bytes): void {
    this.#missing.set(fault, (this.#missing.get(fault) ?? 0) + size);
  }

  #scan(at: Addr, size: Bytes): void {
    const { overlap } = this.#pattern;
    const joined = overlap > 0 && this.#end === at;
    const from = joined ? this.#margin - overlap : this.#margin;
    const to = this.#margin + size;
    const base = at - BigInt(this.#margin);
    this.#pattern.scan(this.#bytes, from, this.#margin, to, (offset, target, value) => {
      if (this.hits.length >= this.#most) this.#full = true;
      else this.hits.push({ address: base + BigInt(offset), target, value });
      return !this.#full;
    });
    if (overlap === 0) return;
    // What the next block begins with may end what this one ends with; a short block leaves nothing to join.
    this.#end = size >= overlap ? at + BigInt(size) : undefined;
    if (size >= overlap) this.#bytes.copyWithin(this.#margin - overlap, to - overlap, to);
  }
}
