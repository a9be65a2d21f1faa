import { asciiBytes, cString } from '../base/text.ts';
import type { Addr, Bytes } from '../base/units.ts';
import type { KernelSymbol } from '../program/ports.ts';
import type { Program } from '../program/program.ts';
import type { LoadedModule, ModulePart } from './module-list.ts';

const MAX_SYMBOLS = 1 << 18;
const MAX_STRINGS = 1 << 24;
const MAX_NAME = 512;
/** sizeof(Elf64_Sym). Source: System V ABI, "Symbol Table". */
const ENTRY = 24;

/** The symbols that one module keeps for kallsyms (`struct mod_kallsyms`). */
export class ModuleSymbolTable {
  readonly #module: LoadedModule;
  readonly #strings: Uint8Array;
  readonly #names: Uint32Array;
  /** Distance of each symbol from the module's lowest address. */
  readonly #values: Float64Array;
  readonly #letters: Uint8Array;
  readonly #origin: Addr;

  constructor(prog: Program, module: LoadedModule) {
    this.#module = module;
    this.#origin = lowest(module.parts);
    const table = readTable(prog, module.address);
    this.#strings = table.strings;
    const n = table.symbols.byteLength / ENTRY;
    this.#names = new Uint32Array(n);
    this.#values = new Float64Array(n);
    this.#letters = new Uint8Array(n);
    let kept = 0;
    const le = prog.memory.littleEndian;
    for (let i = 1; i < n; i++) {
      const at = i * ENTRY;
      const name = table.symbols.getUint32(at, le);
      const section = table.symbols.getUint16(at + 6, le);
      // As `find_kallsyms_symbol` in kernel/module/kallsyms.c: no undefined, unnamed and mapping symbols.
      if (section === 0 || this.#skipped(name)) continue;
      const value = table.symbols.getBigUint64(at + 8, le);
      if (!this.#part(value)) continue;
      this.#names[kept] = name;
      this.#values[kept] = Number(value - this.#origin);
      this.#letters[kept] = table.letters ? (table.letters[i] as number) : oldLetter(table.symbols, at, le);
      kept++;
    }
    this.#names = this.#names.subarray(0, kept);
    this.#values = this.#values.subarray(0, kept);
  }

  /** The symbol that covers `at`, an address in one of the module's parts. */
  at(at: Addr): KernelSymbol | undefined {
    const part = this.#part(at);
    if (!part) return undefined;
    const wanted = Number(at - this.#origin);
    const values = this.#values;
    let best = -1;
    let bestValue = -1;
    for (let i = 0; i < values.length; i++) {
      const value = values[i] as number;
      if (value <= wanted && value > bestValue) {
        best = i;
        bestValue = value;
      }
    }
    if (best < 0 || this.#origin + BigInt(bestValue) < part.start) return undefined;
    return this.#symbol(best);
  }

  find(name: string): KernelSymbol | undefined {
    const wanted = asciiBytes(name);
    for (let i = 0; i < this.#names.length; i++)
      if (this.#nameIs(this.#names[i] as number, wanted)) return this.#symbol(i);
    return undefined;
  }

  /** Every symbol, ascending by address. */
  all(): KernelSymbol[] {
    const order = Array.from(this.#values.keys()).sort(
      (a, b) => (this.#values[a] as number) - (this.#values[b] as number),
    );
    return order.map((i) => this.#symbol(i));
  }

  #symbol(i: number): KernelSymbol {
    const value = this.#values[i] as number;
    const address = this.#origin + BigInt(value);
    const letter = this.#letters[i] as number;
    return {
      name: cString(this.#strings, this.#names[i] as number, (this.#names[i] as number) + MAX_NAME),
      address,
      size: this.#size(address, value),
      letter: letter > 0x40 && letter < 0x7f ? String.fromCharCode(letter) : '?',
      module: this.#module.name,
    };
  }

  /** Up to the next symbol, or the end of the text or of the part. */
  #size(address: Addr, value: number): Bytes {
    const part = this.#part(address);
    if (!part) return 0;
    let next = Number((address < part.textEnd ? part.textEnd : part.end) - this.#origin);
    for (const other of this.#values) if (other > value && other < next) next = other;
    return next - value;
  }

  #part(at: Addr): ModulePart | undefined {
    return this.#module.parts.find((part) => at >= part.start && at < part.end);
  }

  /** Unnamed symbols, local labels and the mapping symbols of arm64, RISC-V ... (`is_mapping_symbol`). */
  #skipped(name: number): boolean {
    const a = this.#strings[name];
    if (a === undefined || a === 0 || a === 0x24) return true; // $
    const b = this.#strings[name + 1];
    return (a === 0x2e && b === 0x4c) || (a === 0x4c && b === 0x30); // .L, L0
  }

  #nameIs(name: number, wanted: Uint8Array): boolean {
    for (let i = 0; i < wanted.length; i++) if (this.#strings[name + i] !== wanted[i]) return false;
    return this.#strings[name + wanted.length] === 0;
  }
}

/** Before it had a table of its own the letter overwrote `st_info`, in v5.0 and v5.1 `st_size`. */
function oldLetter(symbols: DataView, at: number, littleEndian: boolean): number {
  const info = symbols.getUint8(at + 4);
  return info > 0x40 ? info : Number(symbols.getBigUint64(at + 16, littleEndian) & 0xffn);
}

function lowest(parts: readonly ModulePart[]): Addr {
  let low = 0xffffffffffffffffn;
  for (const { start } of parts) if (start < low) low = start;
  return low;
}

interface Table {
  /** Elf64_Sym records. */
  readonly symbols: DataView;
  readonly strings: Uint8Array;
  /** nm's letter of each, since Linux commit 1c7651f43777 (v5.2). */
  readonly letters: Uint8Array | undefined;
}

/** The table in use; while a module initialises it lies in its init memory and holds the init symbols too. */
function readTable(prog: Program, module: Addr): Table {
  const { memory } = prog;
  const pointer = memory.ulong(module + BigInt(prog.offset('module', 'kallsyms')));
  const core = module + BigInt(prog.offset('module', 'core_kallsyms'));
  const field = (path: string): bigint => BigInt(prog.offset('mod_kallsyms', path));
  const read = (at: Addr): Table => {
    const count = memory.u32(at + field('num_symtab'));
    if (count > MAX_SYMBOLS)
      return { symbols: new DataView(new ArrayBuffer(0)), strings: new Uint8Array(0), letters: undefined };
    const raw = memory.bytes(memory.ulong(at + field('symtab')), count * ENTRY);
    const symbols = new DataView(raw.buffer);
    const strings = readStrings(prog, memory.ulong(at + field('strtab')), symbols);
    const typetab = prog.findMember('mod_kallsyms', 'typetab');
    const letters = typetab && new Uint8Array(count);
    if (typetab && letters) memory.readWhatIsThere(memory.ulong(at + BigInt(typetab.offset)), letters);
    return { symbols, strings, letters };
  };
  if (pointer === 0n || pointer === core) return read(core);
  try {
    return read(pointer);
  } catch {
    return read(core);
  }
}

/** The string table as far as the symbols refer to it. */
function readStrings(prog: Program, at: Addr, symbols: DataView): Uint8Array {
  let last = 0;
  for (let i = 0; i + ENTRY <= symbols.byteLength; i += ENTRY) {
    last = Math.max(last, symbols.getUint32(i, prog.memory.littleEndian));
  }
  const strings = new Uint8Array(Math.min(last, MAX_STRINGS) + MAX_NAME);
  prog.memory.readWhatIsThere(at, strings);
  return strings;
}
