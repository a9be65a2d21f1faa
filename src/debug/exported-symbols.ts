import { asciiBytes, cString } from '../base/text.ts';
import type { Addr } from '../base/units.ts';
import type { AddressSpace } from '../memory/address-space.ts';
import type { Program } from '../program/program.ts';

const PAGE = 4096;
/** The tables of any kernel with modules are longer. */
const STRIDE = 32 << 10;
const SEARCH_LIMIT = 32 << 20;
/** `struct kernel_symbol`: s32 distances to value, name, namespace (Linux commit 8651ec01daed, v5.4). */
const ENTRY = 12;
const MAX_ENTRIES = 1 << 17;
const MAX_STRINGS = 4 << 20;
/** Entries in a row that have to look right. */
const PROOF = 16;

/**
 * The symbols that the kernel exports to modules (`__ksymtab`): variables among them, also where kallsyms has only text.
 * Source: include/linux/export-internal.h; the entries of each section are sorted by name.
 */
export class ExportedSymbols {
  readonly count: number;
  readonly #table: Addr;
  readonly #view: DataView;
  readonly #littleEndian: boolean;
  readonly #strings: Uint8Array;
  /** Distance of `#strings` from the table. */
  readonly #stringsAt: number;
  /** First entry of each sorted run, and the end. */
  readonly #runs: number[];

  private constructor(memory: AddressSpace, table: Addr, bytes: Uint8Array, strings: Uint8Array, stringsAt: number) {
    this.#table = table;
    this.#littleEndian = memory.littleEndian;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    this.#strings = strings;
    this.#stringsAt = stringsAt;
    this.count = bytes.length / ENTRY;
    this.#runs = [0];
    for (let i = 1; i < this.count; i++) if (this.#order(i - 1, i) > 0) this.#runs.push(i);
    this.#runs.push(this.count);
  }

  /** Finds the table behind the symbol names in the kernel image; `undefined` when there is none. */
  static find(prog: Program): ExportedSymbols | undefined {
    const from = prog.vmcoreinfo.symbol('kallsyms_token_index') ?? prog.vmcoreinfo.symbol('_stext');
    if (from === undefined) return undefined;
    for (let offset = 0; offset < SEARCH_LIMIT; offset += STRIDE) {
      const at = (from & ~0xfffn) + BigInt(offset);
      const table = tableAround(prog.memory, at);
      if (table) return new ExportedSymbols(prog.memory, table.start, table.bytes, table.strings, table.stringsAt);
    }
    return undefined;
  }

  /** Address of the exported symbol `name`. */
  find(name: string): Addr | undefined {
    const wanted = asciiBytes(name);
    for (let run = 0; run + 1 < this.#runs.length; run++) {
      let low = this.#runs[run] as number;
      let high = this.#runs[run + 1] as number;
      while (low < high) {
        const mid = (low + high) >>> 1;
        const order = this.#compare(wanted, this.#name(mid));
        if (order === 0)
          return this.#table + BigInt(mid * ENTRY + this.#view.getInt32(mid * ENTRY, this.#littleEndian));
        if (order > 0) low = mid + 1;
        else high = mid;
      }
    }
    return undefined;
  }

  /** Position in the strings of the name of entry `i`. */
  #name(i: number): number {
    const at = i * ENTRY + 4;
    return at + this.#view.getInt32(at, this.#littleEndian) - this.#stringsAt;
  }

  #order(i: number, j: number): number {
    const strings = this.#strings;
    let a = this.#name(i);
    let b = this.#name(j);
    while (a < strings.length && b < strings.length) {
      const c = strings[a++] as number;
      const d = c - (strings[b++] as number);
      if (d !== 0) return d;
      if (c === 0) return 0;
    }
    return 0;
  }

  #compare(wanted: Uint8Array, at: number): number {
    for (let i = 0; i < wanted.length; i++) {
      const d = (wanted[i] as number) - (this.#strings[at + i] ?? 0);
      if (d !== 0) return d;
    }
    return -(this.#strings[at + wanted.length] ?? 0);
  }
}

interface FoundTable {
  readonly start: Addr;
  readonly bytes: Uint8Array;
  readonly strings: Uint8Array;
  readonly stringsAt: number;
}

/** The whole table that the page at `at` lies in, if it does. */
function tableAround(memory: AddressSpace, at: Addr): FoundTable | undefined {
  const page = new Uint8Array(PAGE);
  if (memory.tryRead(at, page)) return undefined;
  const view = new DataView(page.buffer);
  for (const phase of [0, 4, 8]) {
    if (!provenEntries(memory, at, view, phase)) continue;
    return wholeTable(memory, at + BigInt(phase));
  }
  return undefined;
}

/** Whether `PROOF` entries from `phase` on name identifiers. */
function provenEntries(memory: AddressSpace, at: Addr, view: DataView, phase: number): boolean {
  for (let i = 0; i < PROOF; i++) {
    if (!isEntry(view, phase + i * ENTRY, memory.littleEndian)) return false;
  }
  const name = new Uint8Array(65);
  for (let i = 0; i < PROOF; i++) {
    const field = phase + i * ENTRY + 4;
    const target = at + BigInt(field + view.getInt32(field, memory.littleEndian));
    // The byte before a name ends the one before it.
    if (memory.tryRead(target - 1n, name) || name[0] !== 0) return false;
    const end = name.indexOf(0, 1);
    if (end === 1 || !/^[A-Za-z_][\w.$]*$/.test(cString(name, 1, end < 0 ? 65 : end))) return false;
  }
  return true;
}

/** Strings lie a little behind the table; namespaces are strings too, or 0 for none. */
function isEntry(view: DataView, at: number, littleEndian: boolean): boolean {
  const name = view.getInt32(at + 4, littleEndian);
  const space = view.getInt32(at + 8, littleEndian);
  const value = view.getInt32(at, littleEndian);
  return name > 0 && name < MAX_STRINGS && (space === 0 || (space > 0 && space < MAX_STRINGS)) && value !== 0;
}

/** Grows from an entry to both sides as long as entries follow; then reads the names. */
function wholeTable(memory: AddressSpace, entry: Addr): FoundTable | undefined {
  const chunk = new Uint8Array(ENTRY * 512);
  const view = new DataView(chunk.buffer);
  let start = entry;
  let end = entry;
  for (let open = true, n = 0; open && n < MAX_ENTRIES; n += 512) {
    const from = start - BigInt(chunk.length);
    memory.readWhatIsThere(from, chunk); // zeros are no entries
    for (let i = 511; open && i >= 0; i--) {
      open = isEntry(view, i * ENTRY, memory.littleEndian);
      if (open) start -= BigInt(ENTRY);
    }
  }
  for (let open = true, n = 0; open && n < MAX_ENTRIES; n += 512) {
    memory.readWhatIsThere(end, chunk);
    for (let i = 0; open && i < 512; i++) {
      open = isEntry(view, i * ENTRY, memory.littleEndian);
      if (open) end += BigInt(ENTRY);
    }
  }
  const bytes = memory.bytes(start, Number(end - start));
  const all = new DataView(bytes.buffer);
  let low = Number.MAX_SAFE_INTEGER;
  let high = 0;
  for (let at = 4; at < bytes.length; at += ENTRY) {
    const target = at + all.getInt32(at, memory.littleEndian);
    low = Math.min(low, target);
    high = Math.max(high, target);
  }
  if (high < low || high - low > MAX_STRINGS) return undefined;
  const strings = new Uint8Array(high - low + 256);
  memory.readWhatIsThere(start + BigInt(low), strings);
  return { start, bytes, strings, stringsAt: low };
}
