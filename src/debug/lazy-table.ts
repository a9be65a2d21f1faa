import { CorruptError, MemoryFault } from '../base/errors.ts';
import { hex } from '../base/hex.ts';
import type { Addr, Bytes } from '../base/units.ts';
import type { AddressSpace } from '../memory/address-space.ts';
import { LostRanges, readWithHoles } from './lost-ranges.ts';

const PAGE = 4096;
/** Tables up to this size are read whole where reading costs little. */
const WHOLE = 8 << 20;

/**
 * A big linear table of the kernel, read where it is looked at: in pieces of the size that the dump hands out cheaply
 * (a compressed page, a cluster of an ELF file), or whole with `all`. Positions count from the start of the table.
 */
export class LazyTable {
  readonly address: Addr;
  readonly size: Bytes;
  /** The table itself; only what `need` was called for is valid. */
  readonly bytes: Uint8Array;
  readonly view: DataView;
  readonly #memory: AddressSpace;
  /** Page address before the table; the buffer starts there so that pages stay whole. */
  readonly #base: Addr;
  readonly #skew: number;
  readonly #buffer: Uint8Array;
  /** One flag a page: 0 not read yet, 1 valid, 2 not in the dump. */
  readonly #have: Uint8Array;
  #complete = false;

  /** @param size checked by the caller against what is plausible; memory is only touched where it is read */
  constructor(memory: AddressSpace, address: Addr, size: Bytes) {
    this.#memory = memory;
    this.address = address;
    this.size = size;
    this.#skew = Number(address & 0xfffn);
    this.#base = address - BigInt(this.#skew);
    this.#buffer = new Uint8Array(this.#skew + size);
    this.bytes = this.#buffer.subarray(this.#skew);
    this.view = new DataView(this.#buffer.buffer, this.#skew, size);
    this.#have = new Uint8Array(Math.ceil(this.#buffer.length / PAGE));
  }

  /**
   * Makes `from` to `to` (exclusive, cut to the table's end) valid.
   * @throws MemoryFault
   */
  need(from: number, to: number): void {
    if (this.#complete) return;
    const have = this.#have;
    const end = Math.min(to, this.size) + this.#skew;
    for (let page = (from + this.#skew) >>> 12; page * PAGE < end; page++) if (have[page] !== 1) this.#load(page);
  }

  /** Makes `from` to `to` valid when all of it is in the dump; whether it is. */
  has(from: number, to: number): boolean {
    for (let page = (from + this.#skew) >>> 12; page * PAGE < to + this.#skew; page++) {
      if (this.#complete || this.#have[page] === 1) continue;
      if (this.#have[page] === 2) return false;
      try {
        this.#load(page);
      } catch (e) {
        if (!(e instanceof MemoryFault)) throw e;
        this.#have[page] = 2;
        return false;
      }
    }
    return true;
  }

  /** Makes the page of `at` valid; returns the position after it. @throws MemoryFault */
  page(at: number): number {
    this.need(at, at + 1);
    return (((at + this.#skew) | (PAGE - 1)) >>> 0) + 1 - this.#skew;
  }

  /** Reads the rest in one go. @throws MemoryFault */
  all(): Uint8Array {
    if (!this.#complete) {
      this.#memory.read(this.address, this.bytes);
      this.#complete = true;
    }
    return this.bytes;
  }

  /** Reads what is there; returns the parts that are lost. */
  available(): LostRanges {
    if (this.#complete || this.#memory.tryRead(this.address, this.bytes) === undefined) {
      this.#complete = true;
      return new LostRanges([]);
    }
    const lost = readWithHoles(this.#memory, this.address, this.bytes);
    this.#have.fill(1);
    for (const { from, to } of lost.ranges) {
      this.#have.fill(2, (from + this.#skew) >>> 12, Math.ceil((to + this.#skew) / PAGE));
    }
    return lost;
  }

  #load(page: number): void {
    const at = this.#base + BigInt(page * PAGE);
    if (this.#have[page] === 2) throw new MemoryFault(at, 'not-in-dump');
    const where = this.#memory.translate(at);
    if (typeof where === 'string') throw new MemoryFault(at, where);
    const chunk = this.#memory.physical.chunk(where.phys);
    if (typeof chunk === 'string') throw new MemoryFault(at, chunk);
    const buffer = this.#buffer;
    const start = page * PAGE;
    const from = where.phys - chunk.start;
    const n = Math.min(buffer.length - start, where.size, chunk.bytes.length - from);
    if (n < Math.min(PAGE, buffer.length - start)) {
      this.#memory.read(at, buffer.subarray(start, Math.min(start + PAGE, buffer.length)));
      this.#have[page] = 1;
      return;
    }
    // A source that hands out more than a page has it uncompressed: then one read of everything costs least.
    if (chunk.bytes.length > PAGE && this.size <= WHOLE && !this.#memory.tryRead(this.address, this.bytes)) {
      this.#complete = true;
      return;
    }
    buffer.set(chunk.bytes.subarray(from, from + n), start);
    const whole = start + n === buffer.length ? this.#have.length : page + Math.floor(n / PAGE);
    this.#have.fill(1, page, whole);
  }

  /** An error about the table's content at `position`. */
  corrupt(position: number, what: string): CorruptError {
    return new CorruptError(this.address + BigInt(position), `${what} (table at ${hex(this.address)})`);
  }
}
