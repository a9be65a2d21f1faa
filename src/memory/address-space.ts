import { type FaultReason, MemoryFault } from '../base/errors.ts';
import { cString } from '../base/text.ts';
import type { Addr, Bytes, PhysAddr } from '../base/units.ts';
import type { Chunk, PhysicalMemory } from './physical.ts';

/** Where a virtual address is: `size` bytes from `phys` on are contiguous. */
export interface Translation {
  readonly phys: PhysAddr;
  readonly size: Bytes;
}

/** From virtual to physical addresses; the one thing an address space does not know itself. */
export type Translate = (at: Addr) => Translation | FaultReason;

const SLOTS = 1024;
const GRANULE_BITS = 12n;
const GRANULE = 4096;
const scratch = new DataView(new ArrayBuffer(8));
const scratchBytes = new Uint8Array(scratch.buffer);

/**
 * Reads virtual memory of one page-table root. A direct-mapped cache of 4 KiB granules stands in front of the page
 * walk, so that walking kernel structures costs little more than the read itself.
 */
export class AddressSpace {
  readonly physical: PhysicalMemory;
  readonly littleEndian: boolean;
  readonly pointerSize: 4 | 8;
  readonly #translate: Translate;
  readonly #tags = new Float64Array(SLOTS).fill(-1);
  readonly #chunks: (Chunk | undefined)[] = new Array(SLOTS);
  /** Add to an offset inside the granule to get one inside the chunk. */
  readonly #deltas = new Float64Array(SLOTS);

  constructor(physical: PhysicalMemory, translate: Translate, littleEndian: boolean, pointerSize: 4 | 8) {
    this.physical = physical;
    this.#translate = translate;
    this.littleEndian = littleEndian;
    this.pointerSize = pointerSize;
  }

  translate(at: Addr): Translation | FaultReason {
    return this.#translate(at);
  }

  /** Slot whose chunk holds the granule of `at`, or the reason why there is none. */
  #slot(at: Addr): number | FaultReason {
    const granule = Number(at >> GRANULE_BITS);
    const slot = granule % SLOTS;
    if (this.#tags[slot] === granule) return slot;
    if (at < 0n || at > 0xffffffffffffffffn) return 'non-canonical';
    const base = BigInt(granule) << GRANULE_BITS;
    const where = this.#translate(base);
    if (typeof where === 'string') return where;
    const chunk = this.physical.chunk(where.phys);
    if (typeof chunk === 'string') return chunk;
    this.#tags[slot] = granule;
    this.#chunks[slot] = chunk;
    this.#deltas[slot] = where.phys - chunk.start;
    return slot;
  }

  /** Copies 1 to 8 bytes that do not lie in one cached chunk to the scratch buffer. */
  #slow(at: Addr, size: number): DataView {
    const fault = this.tryRead(at, scratchBytes.subarray(0, size));
    if (fault) throw new MemoryFault(at, fault);
    return scratch;
  }

  u8(at: Addr): number {
    const slot = this.#slot(at);
    if (typeof slot === 'string') throw new MemoryFault(at, slot);
    const off = Number(at & 0xfffn) + (this.#deltas[slot] as number);
    const chunk = this.#chunks[slot] as Chunk;
    return off < chunk.bytes.length ? (chunk.bytes[off] as number) : this.#slow(at, 1).getUint8(0);
  }

  u16(at: Addr): number {
    const inGranule = Number(at & 0xfffn);
    const slot = this.#slot(at);
    if (typeof slot === 'string') throw new MemoryFault(at, slot);
    const off = inGranule + (this.#deltas[slot] as number);
    const view = (this.#chunks[slot] as Chunk).view;
    if (inGranule > GRANULE - 2 || off + 2 > view.byteLength) return this.#slow(at, 2).getUint16(0, this.littleEndian);
    return view.getUint16(off, this.littleEndian);
  }

  u32(at: Addr): number {
    const inGranule = Number(at & 0xfffn);
    const slot = this.#slot(at);
    if (typeof slot === 'string') throw new MemoryFault(at, slot);
    const off = inGranule + (this.#deltas[slot] as number);
    const view = (this.#chunks[slot] as Chunk).view;
    if (inGranule > GRANULE - 4 || off + 4 > view.byteLength) return this.#slow(at, 4).getUint32(0, this.littleEndian);
    return view.getUint32(off, this.littleEndian);
  }

  i32(at: Addr): number {
    return this.u32(at) | 0;
  }

  u64(at: Addr): bigint {
    const inGranule = Number(at & 0xfffn);
    const slot = this.#slot(at);
    if (typeof slot === 'string') throw new MemoryFault(at, slot);
    const off = inGranule + (this.#deltas[slot] as number);
    const view = (this.#chunks[slot] as Chunk).view;
    if (inGranule > GRANULE - 8 || off + 8 > view.byteLength)
      return this.#slow(at, 8).getBigUint64(0, this.littleEndian);
    return view.getBigUint64(off, this.littleEndian);
  }

  /** A pointer or `unsigned long`. */
  ulong(at: Addr): bigint {
    return this.pointerSize === 8 ? this.u64(at) : BigInt(this.u32(at));
  }

  /** Fills `into`, or says why the first byte that is missing is missing. */
  tryRead(at: Addr, into: Uint8Array): FaultReason | undefined {
    let done = 0;
    while (done < into.length) {
      const from = at + BigInt(done);
      if (from > 0xffffffffffffffffn) return 'non-canonical';
      const where = this.#translate(from);
      if (typeof where === 'string') return where;
      let n = Math.min(into.length - done, where.size);
      // Physically contiguous neighbours are read in one go: large tables are usually mapped page by page.
      while (done + n < into.length) {
        const next = this.#translate(from + BigInt(n));
        if (typeof next === 'string' || next.phys !== where.phys + n) break;
        n = Math.min(into.length - done, n + next.size);
      }
      const fault = this.physical.read(where.phys, into.subarray(done, done + n));
      if (fault) return fault;
      done += n;
    }
    return undefined;
  }

  read(at: Addr, into: Uint8Array): void {
    const fault = this.tryRead(at, into);
    if (fault) throw new MemoryFault(at, fault);
  }

  /** A copy of `size` bytes; the caller has checked `size` against what is plausible. */
  bytes(at: Addr, size: Bytes): Uint8Array {
    const out = new Uint8Array(size);
    this.read(at, out);
    return out;
  }

  /** A copy of `size` bytes with 4 KiB granules that cannot be read left zero; returns how many bytes are real. */
  readWhatIsThere(at: Addr, into: Uint8Array): Bytes {
    let good = 0;
    for (let done = 0; done < into.length; ) {
      const from = at + BigInt(done);
      const n = Math.min(into.length - done, GRANULE - Number(from & 0xfffn));
      if (this.tryRead(from, into.subarray(done, done + n)) === undefined) good += n;
      else into.fill(0, done, done + n);
      done += n;
    }
    return good;
  }

  /** The NUL-terminated string at `at`, at most `max` bytes of it. */
  cString(at: Addr, max: Bytes = 256): string {
    const out = new Uint8Array(max);
    let have = 0;
    while (have < max) {
      const from = at + BigInt(have);
      const n = Math.min(max - have, GRANULE - Number(from & 0xfffn));
      const part = out.subarray(have, have + n);
      const fault = this.tryRead(from, part);
      if (fault) {
        if (have === 0) throw new MemoryFault(at, fault);
        break;
      }
      have += n;
      if (part.indexOf(0) >= 0) break;
    }
    return cString(out, 0, have);
  }
}
