import { MemoryFault } from '../base/errors.ts';
import { hi32, lo32 } from '../base/u64.ts';
import type { Addr } from '../base/units.ts';
import type { AddressSpace } from '../memory/address-space.ts';
import type { KallsymsEncoding, KallsymsTables } from './kallsyms-tables.ts';
import { LazyTable } from './lazy-table.ts';

/** Farther from the image than any symbol of it; absolute (per-CPU) symbols are sorted below. */
const FAR = 2 ** 40;

/** The address column of kallsyms: ascending, each encoding seen as a distance from an origin. */
export class KallsymsAddresses {
  readonly count: number;
  readonly #table: LazyTable;
  readonly #encoding: KallsymsEncoding;
  readonly #origin: Addr;
  readonly #originLo: number;
  readonly #originHi: number;
  readonly #littleEndian: boolean;
  readonly #wide: boolean;

  constructor(memory: AddressSpace, tables: KallsymsTables) {
    this.count = tables.count;
    this.#encoding = tables.encoding;
    this.#littleEndian = memory.littleEndian;
    this.#wide = tables.encoding === 'absolute' && memory.pointerSize === 8;
    this.#table = new LazyTable(memory, tables.addresses, tables.count * (this.#wide ? 8 : 4));
    // `absolute` has no origin of its own: the names table lies in the same image.
    this.#origin =
      tables.encoding === 'absolute'
        ? tables.names
        : tables.encoding === 'place'
          ? tables.addresses
          : tables.relativeBase;
    this.#originLo = lo32(this.#origin);
    this.#originHi = hi32(this.#origin);
  }

  /** Distance of symbol `i` from the origin; absolute symbols come out below `-FAR`. */
  #distance(i: number): number {
    const table = this.#table;
    if (this.#wide) {
      table.need(i * 8, i * 8 + 8);
      const a = table.view.getUint32(i * 8, this.#littleEndian);
      const b = table.view.getUint32(i * 8 + 4, this.#littleEndian);
      const [lo, hi] = this.#littleEndian ? [a, b] : [b, a];
      return (hi - this.#originHi) * 0x100000000 + (lo - this.#originLo);
    }
    table.need(i * 4, i * 4 + 4);
    const v = table.view.getInt32(i * 4, this.#littleEndian);
    switch (this.#encoding) {
      case 'base':
        return v >>> 0;
      case 'base-percpu':
        return v < 0 ? -1 - v : v - 2 ** 50;
      case 'place':
        return v + i * 4;
      case 'absolute':
        return (v >>> 0) - this.#originLo;
    }
  }

  address(i: number): Addr {
    if (this.#wide) {
      this.#table.need(i * 8, i * 8 + 8);
      return this.#table.view.getBigUint64(i * 8, this.#littleEndian);
    }
    const d = this.#distance(i);
    return d < -FAR ? BigInt(d + 2 ** 50) : BigInt.asUintN(64, this.#origin + BigInt(d));
  }

  /** Whether the symbol's value is a number and no address of the image (x86-64 per-CPU symbols up to v6.14). */
  isAbsolute(i: number): boolean {
    return this.#distance(i) < -FAR;
  }

  /**
   * The first of the symbols with the greatest address not above `at`, as the kernel picks it (`get_symbol_pos` in
   * kernel/kallsyms.c), and the number of the next symbol that lies higher (`count` when none does).
   */
  find(at: Addr): { readonly index: number; readonly next: number } | undefined {
    const wide = at - this.#origin;
    if (wide > BigInt(FAR) || wide < BigInt(-FAR)) return undefined;
    const d = Number(wide);
    let low = -1;
    let high = this.count;
    while (high - low > 1) {
      const mid = this.#probe(low, high);
      if (mid === undefined) break;
      if (this.#distance(mid) <= d) low = mid;
      else high = mid;
    }
    // Between the two may lie addresses that are lost: then nobody knows which symbol it is.
    if (high - low > 1) throw new MemoryFault(this.#table.address, 'not-in-dump');
    if (low < 0) return undefined;
    const found = this.#distance(low);
    if (found > d || found < -FAR) return undefined;
    let index = low;
    while (index > 0 && !this.isLost(index - 1) && this.#distance(index - 1) === found) index--;
    let next = low + 1;
    while (next < this.count && !this.isLost(next) && this.#distance(next) <= found) next++;
    return { index, next };
  }

  /** The number of the first symbol from `i` on that lies elsewhere, or whose address is lost. */
  nextOther(i: number, address: Addr): number {
    while (i < this.count && !this.isLost(i) && this.address(i) === address) i++;
    return i;
  }

  /** The address of the last symbol below number `i` that is in the dump. */
  lastBefore(i: number): Addr | undefined {
    for (let at = i - 1; at >= 0; at--) if (!this.isLost(at)) return this.address(at);
    return undefined;
  }

  /** Whether the address of symbol `i` is not in the dump. */
  isLost(i: number): boolean {
    const width = this.#wide ? 8 : 4;
    return i < this.count && !this.#table.has(i * width, i * width + width);
  }

  /** A number between two whose address is there, the middle or near it. */
  #probe(low: number, high: number): number | undefined {
    const middle = (low + high) >>> 1;
    for (let step = 0; step <= high - low; step = step < 4 ? step + 1 : step + 512) {
      for (const at of step === 0 ? [middle] : [middle + step, middle - step]) {
        if (at > low && at < high && !this.isLost(at)) return at;
      }
    }
    for (let at = low + 1; at < high && high - low < 2048; at++) if (!this.isLost(at)) return at;
    return undefined;
  }
}
