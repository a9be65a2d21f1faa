import { AnalysisError } from '../../base/errors.ts';
import { asciiBytes } from '../../base/text.ts';
import type { Addr, Bytes } from '../../base/units.ts';
import type { ElfFile } from '../../elf/elf-file.ts';
import type { SymbolTable } from '../../elf/symbol-table.ts';
import type { KernelSymbol } from '../../program/ports.ts';
import type { DebugFile } from './debug-file.ts';
import type { Placement } from './placement.ts';

/** `st_info & 15` and section numbers. Source: System V ABI, "Symbol Table". */
const STT_OBJECT = 1;
const STT_SECTION = 3;
const STT_FILE = 4;
const STB_WEAK = 2;
const SHN_ABS = 0xfff1;
const SHN_LORESERVE = 0xff00;
const SHT_NOBITS = 8;
const SHF_WRITE = 1n;
const SHF_EXECINSTR = 4n;

/** Symbols without a size in a row that are looked behind. */
const MAX_PLACES = 64;

/** The symbols of a vmlinux or module file with the addresses that they have in a running kernel. */
export class FileSymbols {
  readonly #file: DebugFile;
  readonly #placement: Placement;
  #table: SymbolTable | undefined;
  #strings: Uint8Array = new Uint8Array(0);
  /** Number of the first symbol by hash slot, and of the next one of the same slot; 0 is none. */
  #slots = new Uint32Array(0);
  #next = new Uint32Array(0);
  #sorted: { readonly addresses: BigUint64Array; readonly numbers: Uint32Array } | undefined;
  #read = false;

  constructor(file: DebugFile, placement: Placement) {
    this.#file = file;
    this.#placement = placement;
  }

  /** The first symbol of this name, one that other files see before one that they do not. @throws AnalysisError */
  find(name: string): KernelSymbol | undefined {
    const table = this.#symbols();
    if (!table || this.#slots.length === 0) return undefined;
    const wanted = asciiBytes(`${name}\0`);
    let best = 0;
    for (let i = this.#slots[hashAt(wanted, 0) & (this.#slots.length - 1)] as number; i > 0; i = this.#next[i] ?? 0) {
      if (!isAt(this.#strings, table.names[i] as number, wanted)) continue;
      const global = (table.infos[i] as number) >= 0x10;
      if (best === 0 || (global && (table.infos[best] as number) < 0x10)) best = i;
    }
    return best === 0 ? undefined : this.#symbol(table, best);
  }

  /** The symbol that covers an address; nothing covers what lies behind the last symbol of a section. */
  at(at: Addr): KernelSymbol | undefined {
    const link = this.#placement.toLink(at);
    const table = link === undefined ? undefined : this.#symbols();
    if (link === undefined || !table) return undefined;
    const i = upperBound(this.#order(table).addresses, link) - 1;
    const number = this.#order(table).numbers[i];
    if (number === undefined) return undefined;
    const section = table.sections[number] as number;
    const start = this.#file.elf.sectionAddress(section);
    const end = start + BigInt(this.#file.elf.sections[section]?.size ?? 0);
    return link >= start && link < end ? this.#symbol(table, number) : undefined;
  }

  /**
   * The symbol whose own size holds an address, null when none's does; undefined when the address is of another file. A
   * symbol without a size is a place: it names only code that nothing with a size holds.
   */
  holding(at: Addr): KernelSymbol | null | undefined {
    const link = this.#placement.toLink(at);
    const table = link === undefined ? undefined : this.#symbols();
    if (link === undefined || !table) return undefined;
    const { addresses, numbers } = this.#order(table);
    let i = upperBound(addresses, link) - 1;
    const place = i;
    while (i > 0 && place - i < MAX_PLACES && table.sizes[numbers[i] as number] === 0) i--;
    const holds = (k: number): boolean =>
      k >= 0 && link < (addresses[k] as bigint) + BigInt(table.sizes[numbers[k] as number] as number);
    const found = holds(i) ? i : holds(i - 1) ? i - 1 : place;
    const number = numbers[found];
    if (number === undefined) return null;
    const isPlace = table.sizes[number] === 0;
    if (isPlace ? !this.#isCodeUpTo(table.sections[number] as number, link) : !holds(found)) return null;
    return this.#symbol(table, number) ?? null;
  }

  #isCodeUpTo(section: number, link: Addr): boolean {
    const { elf } = this.#file;
    const end = elf.sectionAddress(section) + BigInt(elf.sections[section]?.size ?? 0);
    return isCode(elf, section) && link < end;
  }

  /** Every symbol, ascending. @param data without those of code */
  *all(data: boolean): Iterable<KernelSymbol> {
    const table = this.#symbols();
    if (!table) return;
    const { elf } = this.#file;
    for (const number of this.#order(table).numbers) {
      if (data && isCode(elf, table.sections[number] as number)) continue;
      const symbol = this.#symbol(table, number);
      if (symbol) yield symbol;
    }
  }

  /**
   * The whole table as nm lists it, with the labels that no one asks for by name: ascending by link address, those of one
   * address by name.
   */
  *listed(): Iterable<KernelSymbol> {
    const table = this.#symbols();
    if (!table) return;
    const { elf } = this.#file;
    const links = new BigUint64Array(table.count);
    const numbers = new Uint32Array(table.count);
    let count = 0;
    for (let i = 1; i < table.count; i++) {
      const type = (table.infos[i] as number) & 15;
      const section = table.sections[i] as number;
      if (type === STT_SECTION || type === STT_FILE || section === 0 || table.names[i] === 0) continue;
      if (this.#strings[table.names[i] as number] === 0x24) continue; // mapping symbols: `$x`, `$d`
      if (section >= SHN_LORESERVE || !elf.isLoaded(section)) continue;
      links[i] = elf.symbolAddress(i);
      numbers[count++] = i;
    }
    const names = new Map<number, string>();
    const name = (i: number): string => {
      const known = names.get(i) ?? table.name(i);
      names.set(i, known);
      return known;
    };
    const order = numbers.subarray(0, count).sort((a, b) => {
      const x = links[a] as bigint;
      const y = links[b] as bigint;
      return x < y ? -1 : x > y ? 1 : name(a) < name(b) ? -1 : 1;
    });
    for (const number of order) {
      const symbol = this.#symbol(table, number);
      if (symbol) yield symbol;
    }
  }

  #symbols(): SymbolTable | undefined {
    if (this.#read) return this.#table;
    this.#read = true;
    const table = this.#file.elf.symbols();
    if (!table) return undefined;
    this.#strings = table.strings();
    let size = 64;
    while (size < table.count) size *= 2;
    this.#slots = new Uint32Array(size);
    this.#next = new Uint32Array(table.count);
    // From the end, so that a chain is in the order of the table.
    for (let i = table.count - 1; i > 0; i--) {
      if (!isNamed(table, i, this.#strings)) continue;
      const slot = hashAt(this.#strings, table.names[i] as number) & (size - 1);
      this.#next[i] = this.#slots[slot] as number;
      this.#slots[slot] = i;
    }
    this.#table = table;
    return table;
  }

  /** Symbols of loaded sections by address; of one address the first that other files see. */
  #order(table: SymbolTable): { readonly addresses: BigUint64Array; readonly numbers: Uint32Array } {
    if (this.#sorted) return this.#sorted;
    const { elf } = this.#file;
    const numbers: number[] = [];
    const links = new Map<number, bigint>();
    for (let i = 1; i < table.count; i++) {
      const section = table.sections[i] as number;
      if (!isNamed(table, i, this.#strings) || section >= SHN_LORESERVE || !elf.isLoaded(section)) continue;
      if (elf.sectionAddress(section) === 0n) continue; // per-CPU offsets are no addresses
      numbers.push(i);
      links.set(i, elf.symbolAddress(i));
    }
    const local = (i: number): number => ((table.infos[i] as number) >= 0x10 ? 1 : 0);
    numbers.sort((a, b) => {
      const x = links.get(a) as bigint;
      const y = links.get(b) as bigint;
      return x < y ? -1 : x > y ? 1 : local(a) - local(b) || b - a;
    });
    this.#sorted = {
      addresses: BigUint64Array.from(numbers, (i) => links.get(i) as bigint),
      numbers: Uint32Array.from(numbers),
    };
    return this.#sorted;
  }

  #symbol(table: SymbolTable, i: number): KernelSymbol | undefined {
    const { elf } = this.#file;
    const section = table.sections[i] as number;
    const link = elf.symbolAddress(i);
    // What is absolute, or an offset in the per-CPU area, does not move with the kernel.
    const fixed =
      section >= SHN_LORESERVE || (elf.sectionAddress(section) === 0n && link <= this.#sectionSize(section));
    const address = fixed ? link : this.#toRun(link, section);
    if (address === undefined) return undefined;
    const { module } = this.#placement;
    const size = this.#size(table, i, link, fixed);
    const name = table.name(i);
    return { name, address, size, letter: letterOf(elf, table, i), ...(module !== undefined && { module }) };
  }

  #sectionSize(section: number): bigint {
    return BigInt(this.#file.elf.sections[section]?.size ?? 0);
  }

  /** Symbols such as `_etext` stand behind the last byte of a section, or further behind their own. */
  #toRun(link: Addr, section: number): Addr | undefined {
    const places = this.#placement;
    const at = places.toRun(link);
    if (at !== undefined) return at;
    const before = places.toRun(link - 1n);
    if (before !== undefined) return before + 1n;
    const start = this.#file.elf.sectionAddress(section);
    const moved = places.toRun(start);
    return moved === undefined ? undefined : moved + (link - start);
  }

  /** As the table states it, else up to the next symbol. */
  #size(table: SymbolTable, i: number, link: Addr, fixed: boolean): Bytes {
    const own = table.sizes[i] as number;
    if (own > 0 || fixed) return own;
    const { addresses } = this.#order(table);
    const section = table.sections[i] as number;
    const end = this.#file.elf.sectionAddress(section) + BigInt(this.#file.elf.sections[section]?.size ?? 0);
    if (link >= end) return 0; // a mark behind its section
    const next = addresses[upperBound(addresses, link)] ?? end;
    return Number((next < end ? next : end) - link);
  }
}

/** Whether symbol `i` is one that nm lists and people mean: no section, file or mapping symbol (`$x`), no local label. */
function isNamed(table: SymbolTable, i: number, strings: Uint8Array): boolean {
  const type = (table.infos[i] as number) & 15;
  const section = table.sections[i] as number;
  const at = table.names[i] as number;
  if (type === STT_SECTION || type === STT_FILE || section === 0 || at === 0 || at >= strings.length) return false;
  if (section >= SHN_LORESERVE && section < 0x10000 && section !== SHN_ABS) return false;
  const first = strings[at];
  return first !== 0x24 && !(first === 0x2e && strings[at + 1] === 0x4c);
}

function isCode(elf: ElfFile, section: number): boolean {
  return ((elf.sections[section]?.flags ?? 0n) & SHF_EXECINSTR) !== 0n;
}

/** nm's letter. Source: nm(1). */
function letterOf(elf: ElfFile, table: SymbolTable, i: number): string {
  const info = table.infos[i] as number;
  const section = table.sections[i] as number;
  if (info >> 4 === STB_WEAK) return (info & 15) === STT_OBJECT ? 'V' : 'W';
  const of = elf.sections[section];
  let letter = 'r';
  if (section === SHN_ABS || !of) letter = 'a';
  else if (isCode(elf, section)) letter = 't';
  else if (of.type === SHT_NOBITS) letter = 'b';
  else if ((of.flags & SHF_WRITE) !== 0n) letter = 'd';
  return info >> 4 === 0 ? letter : letter.toUpperCase();
}

/** Number of elements that are at most `value`. */
function upperBound(sorted: BigUint64Array, value: bigint): number {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((sorted[middle] as bigint) <= value) low = middle + 1;
    else high = middle;
  }
  return low;
}

function isAt(bytes: Uint8Array, at: number, wanted: Uint8Array): boolean {
  for (let i = 0; i < wanted.length; i++) if (bytes[at + i] !== wanted[i]) return false;
  return true;
}

/** FNV-1a up to the NUL. */
function hashAt(bytes: Uint8Array, at: number): number {
  let hash = 0x811c9dc5;
  for (let i = at; i < bytes.length && bytes[i] !== 0; i++) hash = Math.imul(hash ^ (bytes[i] as number), 0x01000193);
  return hash >>> 0;
}

/** What cannot be read has no symbols, and that is said. */
export function orNone<T>(ask: () => T | undefined, note: (error: AnalysisError) => void): T | undefined {
  try {
    return ask();
  } catch (e) {
    if (!(e instanceof AnalysisError)) throw e;
    note(e);
    return undefined;
  }
}
