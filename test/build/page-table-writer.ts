import type { SparseMemory } from './sparse-memory.ts';

/** How one CPU writes its tables; stated anew here, so that a wrong constant in the reader cannot cancel out. */
export interface TableForm {
  /** Size of a table but for the root's, which may be used in part, and of the smallest page. */
  readonly granule: number;
  /** log2 of what one entry of each level covers, root first, and of what the whole root covers. */
  readonly shifts: readonly number[];
  readonly width: number;
  table(phys: bigint): bigint;
  page(phys: bigint): bigint;
  huge(phys: bigint): bigint;
  /** Where the table lies that an entry leads to, when its address does not stand in place. */
  readonly tableAt?: (entry: bigint) => bigint;
  /** Entries are big-endian. */
  readonly bigEndian?: true;
  /** Size of the root, when it is larger than the granule. */
  readonly rootSize?: number;
}

/** Intel and AMD: present, writable, accessed, dirty; bit 7 makes a huge page. */
export const x86Form = (levels: 4 | 5): TableForm => ({
  granule: 4096,
  shifts: levels === 4 ? [39, 30, 21, 12] : [48, 39, 30, 21, 12],
  width: levels === 4 ? 48 : 57,
  table: (phys) => phys | 0x67n,
  page: (phys) => phys | 0x8000000000000163n,
  huge: (phys) => phys | 0x80000000000001e3n,
});

/** Address bits above 48 go where the granule and LPA2 put them. */
function armAddress(phys: bigint, granule: number, lpa2: boolean): bigint {
  const low = phys & 0xffffffffffffn;
  if (granule === 65536) return low | ((phys >> 48n) << 12n);
  return lpa2 ? (phys & 0x3ffffffffffffn) | ((phys >> 50n) << 8n) : low;
}

/** Arm: bits 1:0 are 3 for tables and pages, 1 for blocks; attributes, inner shareable unless LPA2, unprivileged-no-execute. */
export function armForm(granule: 4096 | 16384 | 65536, width: number, lpa2 = false): TableForm {
  const page = Math.log2(granule);
  const shifts: number[] = [];
  for (let shift = page; shift < width; shift += page - 3) shifts.unshift(shift);
  const attributes = 0x0060000000000000n | 0x404n | (lpa2 ? 0n : 0x300n);
  return {
    granule,
    shifts,
    width,
    table: (phys) => armAddress(phys, granule, lpa2) | 3n,
    page: (phys) => armAddress(phys, granule, lpa2) | attributes | 3n,
    huge: (phys) => armAddress(phys, granule, lpa2) | attributes | 1n,
  };
}

/** RISC-V: the page number from bit 10 up; valid; of memory readable, writable, accessed, dirty, global. */
export function riscvForm(width: 39 | 48 | 57): TableForm {
  const entry = (phys: bigint, bits: bigint) => ((phys >> 12n) << 10n) | bits;
  return {
    granule: 4096,
    shifts: { 39: [30, 21, 12], 48: [39, 30, 21, 12], 57: [48, 39, 30, 21, 12] }[width],
    width,
    table: (phys) => entry(phys, 1n),
    page: (phys) => entry(phys, 0xe7n),
    huge: (phys) => entry(phys, 0xe7n),
    tableAt: (e) => (e >> 10n) << 12n,
  };
}

/**
 * Power: an entry is valid by its bit 0 and maps memory by its bit 1, counted from the left; `bits` are those of the levels,
 * root first. Tables of a radix tree state the width of the next one.
 */
export function powerForm(granule: 4096 | 65536, bits: readonly number[], radix: boolean): TableForm {
  const shifts: number[] = [];
  let shift = Math.log2(granule);
  for (const width of [...bits].reverse()) {
    shifts.unshift(shift);
    shift += width;
  }
  return {
    granule,
    shifts,
    width: shift,
    bigEndian: true,
    rootSize: 8 * 2 ** (bits[0] as number),
    table: (phys) => phys | 0x8000000000000000n | (radix ? 9n : 0n),
    page: (phys) => phys | 0xc00000000000018en,
    huge: (phys) => phys | 0xc00000000000018en,
  };
}

/** The value in the other byte order. */
function swapped(value: bigint): bigint {
  const view = new DataView(new ArrayBuffer(8));
  view.setBigUint64(0, BigInt.asUintN(64, value), true);
  return view.getBigUint64(0, false);
}

/** LoongArch: directories hold addresses in the cached window; pages are valid, dirty, present, writable, cached. */
export function loongForm(granule: 4096 | 16384 | 65536, levels: number): TableForm {
  const page = Math.log2(granule);
  const shifts = Array.from({ length: levels }, (_, i) => page + (page - 3) * (levels - 1 - i));
  return {
    granule,
    shifts,
    width: (shifts[0] as number) + page - 3,
    table: (phys) => 0x9000000000000000n | phys,
    page: (phys) => phys | 0x1d3n,
    huge: (phys) => phys | 0x11d3n,
    tableAt: (e) => e & 0xffffffffffffn,
  };
}

/** Writes page tables into memory. */
export class PageTableWriter {
  readonly root: number;
  readonly #memory: SparseMemory;
  readonly #form: TableForm;
  #free: number;

  /** @param at where tables go, one behind the other; the root first */
  constructor(memory: SparseMemory, form: TableForm, at: number) {
    this.#memory = memory;
    this.#form = form;
    this.#free = at;
    this.root = this.#table(form.rootSize);
  }

  #table(size = this.#form.granule): number {
    const at = this.#free;
    this.#memory.fill(at, size);
    this.#free += Math.ceil(size / this.#form.granule) * this.#form.granule;
    return at;
  }

  #put(at: number, entry: bigint): void {
    this.#memory.writeU64(at, this.#form.bigEndian ? swapped(entry) : entry);
  }

  /** Place of the entry for `virt` at `level`, with the tables above it made as needed. */
  entry(virt: bigint, level: number): number {
    const { shifts, width } = this.#form;
    let table = this.root;
    for (let l = 0; ; l++) {
      const shift = shifts[l] as number;
      const above = l === 0 ? width : (shifts[l - 1] as number);
      const index = Number(BigInt.asUintN(above - shift, virt >> BigInt(shift)));
      const at = table + index * 8;
      if (l === level) return at;
      let entry = this.#form.bigEndian ? swapped(this.#memory.u64(at)) : this.#memory.u64(at);
      if (entry === 0n) {
        entry = this.#form.table(BigInt(this.#table()));
        this.#put(at, entry);
      }
      const { tableAt, granule } = this.#form;
      table = Number(tableAt ? tableAt(entry) : entry & (0xffffffffffffn - BigInt(granule - 1)));
    }
  }

  /** Maps one page, or with `level` above the last one huge page. */
  map(virt: bigint, phys: bigint, level = this.#form.shifts.length - 1): void {
    const last = this.#form.shifts.length - 1;
    this.#put(this.entry(virt, level), level === last ? this.#form.page(phys) : this.#form.huge(phys));
  }

  /** Maps `size` bytes with the smallest pages. */
  mapRange(virt: bigint, phys: number, size: number): void {
    for (let done = 0; done < size; done += this.#form.granule) this.map(virt + BigInt(done), BigInt(phys + done));
  }
}
