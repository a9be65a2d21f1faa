import { asciiBytes } from '../base/text.ts';
import type { ElfFile } from '../elf/elf-file.ts';
import type { SymbolTable } from '../elf/symbol-table.ts';
import type { FunctionPlace } from './line-object.ts';

/** `st_info & 15`. Source: System V ABI, "Symbol Table". */
const STT_NOTYPE = 0;
const STT_FUNC = 2;
const STT_GNU_IFUNC = 10;
/** First of the section numbers that mean something else (`SHN_LORESERVE`). */
const RESERVED = 0xff00;

/**
 * The functions of an ELF file by name: a hash table over the bytes of the string table, so that of 100,000 names only
 * those that are asked for become strings.
 */
export class FunctionNames {
  readonly #elf: ElfFile;
  readonly #table: SymbolTable | undefined;
  readonly #strings: Uint8Array;
  /** Symbol number by hash slot; 0 is empty. */
  readonly #slots: Uint32Array;
  /** Next symbol of the same hash slot, by symbol number. */
  readonly #next: Uint32Array;
  #sorted: { addresses: BigUint64Array; sections: Uint32Array } | undefined;

  constructor(elf: ElfFile) {
    this.#elf = elf;
    this.#table = elf.symbols();
    const count = this.#table?.count ?? 0;
    this.#strings = this.#table?.strings() ?? new Uint8Array(0);
    let size = 64;
    while (size < count) size *= 2;
    this.#slots = new Uint32Array(size);
    this.#next = new Uint32Array(count);
    if (this.#table) this.#fill(this.#table);
  }

  #fill(table: SymbolTable): void {
    const { names, infos, sections, count } = table;
    const mask = this.#slots.length - 1;
    // From the end, so that a chain is in the order of the table.
    for (let i = count - 1; i > 0; i--) {
      const type = (infos[i] as number) & 15;
      if (type !== STT_FUNC && type !== STT_NOTYPE && type !== STT_GNU_IFUNC) continue;
      const section = sections[i] as number;
      const at = names[i] as number;
      if (section === 0 || (section >= RESERVED && section < 0x10000) || at === 0 || at >= this.#strings.length)
        continue;
      const slot = hashAt(this.#strings, at) & mask;
      this.#next[i] = this.#slots[slot] as number;
      this.#slots[slot] = i;
    }
  }

  /** The functions called `name`, in the order of the symbol table; two names of one address are one function. */
  find(name: string): readonly FunctionPlace[] {
    const table = this.#table;
    if (!table) return [];
    const wanted = asciiBytes(`${name}\0`);
    const found: FunctionPlace[] = [];
    const slot = hashAt(wanted, 0) & (this.#slots.length - 1);
    for (let i = this.#slots[slot] as number; i !== 0; i = this.#next[i] as number) {
      if (!this.#isNamed(table.names[i] as number, wanted)) continue;
      const address = this.#elf.symbolAddress(i);
      if (found.some((f) => f.address === address)) continue;
      found.push({ address, size: this.#sizeOf(table, i, address) });
    }
    return found;
  }

  #isNamed(at: number, wanted: Uint8Array): boolean {
    for (let i = 0; i < wanted.length; i++) if (this.#strings[at + i] !== wanted[i]) return false;
    return true;
  }

  /** Distance to the next symbol of the section: what kallsyms, and so the kernel's messages, call its size. */
  #sizeOf(table: SymbolTable, i: number, address: bigint): number {
    this.#sorted ??= this.#sort(table);
    const { addresses, sections } = this.#sorted;
    let low = 0;
    let high = addresses.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((addresses[middle] as bigint) <= address) low = middle + 1;
      else high = middle;
    }
    const section = table.sections[i] as number;
    const end = this.#elf.sectionAddress(section) + BigInt(this.#elf.sections[section]?.size ?? 0);
    const next = low < addresses.length && sections.length > 0 ? (addresses[low] as bigint) : end;
    const own = table.sizes[i] as number;
    const distance = Number((next < end || end <= address ? next : end) - address);
    return distance > 0 ? distance : own;
  }

  /** Addresses of what kallsyms lists: every symbol of code that is no mapping symbol (`$x`, `$d`) and no local label. */
  #sort(table: SymbolTable): { addresses: BigUint64Array; sections: Uint32Array } {
    const { infos, sections, count, names } = table;
    const addresses = new BigUint64Array(count);
    let n = 0;
    const executable = this.#elf.sections.map((s) => (s.flags & 4n) !== 0n);
    for (let i = 1; i < count; i++) {
      const type = (infos[i] as number) & 15;
      if (type !== STT_FUNC && type !== STT_NOTYPE && type !== STT_GNU_IFUNC) continue;
      if (!executable[sections[i] as number]) continue;
      const at = names[i] as number;
      const first = this.#strings[at];
      if (at === 0 || first === 0x24 || (first === 0x2e && this.#strings[at + 1] === 0x4c)) continue;
      addresses[n++] = this.#elf.symbolAddress(i);
    }
    return { addresses: addresses.subarray(0, n).sort(), sections };
  }
}

/** FNV-1a up to the NUL. */
function hashAt(bytes: Uint8Array, at: number): number {
  let hash = 0x811c9dc5;
  for (let i = at; i < bytes.length; i++) {
    const byte = bytes[i] as number;
    if (byte === 0) break;
    hash = Math.imul(hash ^ byte, 0x01000193);
  }
  return hash >>> 0;
}
