import type { SparseMemory } from './sparse-memory.ts';

/** Bits that an entry ends in, as the machine and Linux write them. */
const REGION = 0x03n; // a table of full length
const EMPTY_TABLE = 0x20n;
const EMPTY_PAGE = 0x400n;
const KERNEL_PAGE = 0x13dn;
const BIG = 0x3c03n | 0x400n;

/** Region, segment and page tables in memory: big-endian, every entry of a table with its type, empty ones too. */
export class S390TableWriter {
  readonly root: number;
  readonly #memory: SparseMemory;
  /** 3 for a region first table, 0 for a segment table. */
  readonly #type: number;
  #free: number;

  /** @param at where tables go, the root first; on 16 KiB */
  constructor(memory: SparseMemory, type: 0 | 1 | 2 | 3, at: number) {
    this.#memory = memory;
    this.#type = type;
    this.#free = at;
    this.root = this.#table(type);
  }

  put(at: number, value: bigint): void {
    const bytes = Uint8Array.from({ length: 8 }, (_, i) => Number((value >> BigInt(56 - 8 * i)) & 0xffn));
    this.#memory.write(at, bytes);
  }

  get(at: number): bigint {
    let value = 0n;
    const bytes = new Uint8Array(8);
    this.#memory.read(at, bytes);
    for (const byte of bytes) value = (value << 8n) | BigInt(byte);
    return value;
  }

  #table(type: number): number {
    const at = this.#free;
    const entries = type < 0 ? 256 : 2048;
    for (let i = 0; i < entries; i++) this.put(at + i * 8, type < 0 ? EMPTY_PAGE : EMPTY_TABLE | (BigInt(type) << 2n));
    this.#free += entries * 8;
    return at;
  }

  /** Place of the entry for `virt` in the table of `type`; -1 is a page table. */
  entry(virt: bigint, type: number): number {
    let table = this.root;
    for (let t = this.#type; ; t--) {
      const shift = t < 0 ? 12n : 20n + 11n * BigInt(t);
      const at = table + Number((virt >> shift) & (t < 0 ? 0xffn : 0x7ffn)) * 8;
      if (t === type) return at;
      let entry = this.get(at);
      if (entry & EMPTY_TABLE) {
        entry = BigInt(this.#table(t - 1)) | (t > 0 ? REGION | (BigInt(t) << 2n) : 0n);
        this.put(at, entry);
      }
      table = Number(t > 0 ? entry & ~0xfffn : entry & ~0x7ffn);
    }
  }

  map(virt: bigint, phys: number, flags = KERNEL_PAGE): void {
    this.put(this.entry(virt, -1), BigInt(phys) | flags);
  }

  /** One megabyte (type 0) or two gigabytes (type 1) in one entry. */
  mapBig(virt: bigint, phys: number, type: 0 | 1): void {
    this.put(this.entry(virt, type), BigInt(phys) | BIG | (BigInt(type) << 2n));
  }
}
