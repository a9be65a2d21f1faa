import { BadDataError } from '../../base/errors.ts';
import { hex } from '../../base/hex.ts';
import type { Bytes } from '../../base/units.ts';
import type { Dwarf } from './dwarf.ts';
import { formStep, STEP } from './forms.ts';
import { Leb128 } from './leb128.ts';

/** `DW_IDX_*`. Source: DWARF 5, 7.19. */
const IDX = { compileUnit: 1, typeUnit: 2, dieOffset: 3 } as const;
const MAX_ENTRIES = 0x10000;
const MAX_ATTRIBUTES = 16;

/** An entry that a name leads to. */
export interface NamedEntry {
  readonly tag: number;
  /** In .debug_info. */
  readonly offset: Bytes;
}

interface EntryForm {
  readonly tag: number;
  /** Pairs of `DW_IDX_*` and form. */
  readonly pairs: readonly number[];
}

/** One table of .debug_names (DWARF 5, 6.1.1.4): a hash table of names, each with the entries that have it. */
export class DebugNamesTable {
  readonly #dwarf: Dwarf;
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  readonly #source: string;
  readonly #leb = new Leb128();
  readonly #offsetSize: 4 | 8;
  readonly #compileUnits: number;
  readonly #typeUnits: number;
  readonly #buckets: number;
  readonly #names: number;
  /** Where the parts begin, in the section. */
  readonly #unitsAt: Bytes;
  readonly #bucketsAt: Bytes;
  readonly #hashesAt: Bytes;
  readonly #stringsAt: Bytes;
  readonly #entriesAt: Bytes;
  readonly #poolAt: Bytes;
  readonly #forms: ReadonlyMap<number, EntryForm>;
  /** Past the table. */
  readonly end: Bytes;

  /** @throws BadDataError when its parts do not fit into it */
  constructor(dwarf: Dwarf, bytes: Uint8Array, at: Bytes, source: string) {
    this.#dwarf = dwarf;
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#source = source;
    const wide = at + 12 <= bytes.length && this.#u32(at) === 0xffffffff;
    this.#offsetSize = wide ? 8 : 4;
    let p = at + (wide ? 12 : 4);
    if (p + 36 > bytes.length) throw this.#bad(at, 'name table: ends in its header');
    this.end = p + (wide ? this.#offset(at + 4) : this.#u32(at));
    if (this.end > bytes.length) throw this.#bad(at, `name table of ${hex(this.end - at)} bytes exceeds the section`);
    const version = this.#view.getUint16(p, dwarf.littleEndian);
    if (version !== 5) throw this.#bad(p, `name table of version ${version}`);
    p += 4;
    const counts = [0, 1, 2, 3, 4, 5, 6].map((i) => this.#u32(p + 4 * i));
    const [compile = 0, local = 0, foreign = 0, buckets = 0, names = 0, forms = 0, augmentation = 0] = counts;
    this.#compileUnits = compile;
    this.#typeUnits = local;
    this.#buckets = buckets;
    this.#names = names;
    this.#unitsAt = p + 28 + Math.ceil(augmentation / 4) * 4;
    const o = this.#offsetSize;
    this.#bucketsAt = this.#unitsAt + (compile + local) * o + foreign * 8;
    this.#hashesAt = this.#bucketsAt + buckets * 4;
    this.#stringsAt = this.#hashesAt + (buckets > 0 ? names * 4 : 0);
    this.#entriesAt = this.#stringsAt + names * o;
    const formsAt = this.#entriesAt + names * o;
    this.#poolAt = formsAt + forms;
    if (this.#poolAt > this.end)
      throw this.#bad(at, `name table: ${names} names exceed its ${hex(this.end - at)} bytes`);
    this.#forms = this.#readForms(formsAt, this.#poolAt);
  }

  #bad(at: Bytes, what: string): BadDataError {
    return new BadDataError(this.#source, at, what);
  }

  #u32(at: Bytes): number {
    return this.#view.getUint32(at, this.#dwarf.littleEndian);
  }

  #offset(at: Bytes): number {
    return this.#offsetSize === 4 ? this.#u32(at) : Number(this.#view.getBigUint64(at, this.#dwarf.littleEndian));
  }

  #unsigned(at: Bytes): number {
    const value = this.#leb.unsigned(this.#bytes, at);
    if (this.#leb.at > this.end) throw this.#bad(at, 'name table: number without an end');
    return value;
  }

  #readForms(from: Bytes, to: Bytes): Map<number, EntryForm> {
    const found = new Map<number, EntryForm>();
    for (let at = from; at < to; ) {
      const code = this.#unsigned(at);
      if (code === 0) break;
      const tag = this.#unsigned(this.#leb.at);
      const pairs: number[] = [];
      for (at = this.#leb.at; ; at = this.#leb.at) {
        const index = this.#unsigned(at);
        const form = this.#unsigned(this.#leb.at);
        if (index === 0 && form === 0) break;
        if (pairs.length >= 2 * MAX_ATTRIBUTES) throw this.#bad(at, 'name table: too many attributes');
        pairs.push(index, form);
      }
      at = this.#leb.at;
      found.set(code, { tag, pairs });
    }
    return found;
  }

  /** Offsets of the units that it speaks of. */
  units(): Bytes[] {
    const count = this.#compileUnits + this.#typeUnits;
    return Array.from({ length: count }, (_, i) => this.#offset(this.#unitsAt + i * this.#offsetSize));
  }

  /** The entries with a name, given as bytes too. @throws BadDataError */
  find(bytes: Uint8Array, name: string): readonly NamedEntry[] {
    if (this.#buckets === 0) return this.#findUnhashed(name);
    const hash = hashOf(bytes);
    const bucket = hash % this.#buckets;
    const found: NamedEntry[] = [];
    let i = this.#u32(this.#bucketsAt + 4 * bucket);
    for (; i > 0 && i <= this.#names; i++) {
      const other = this.#u32(this.#hashesAt + 4 * (i - 1));
      if (other % this.#buckets !== bucket) break;
      if (other === hash && this.#name(i) === name) this.#addEntries(i, found);
    }
    return found;
  }

  #findUnhashed(name: string): readonly NamedEntry[] {
    const found: NamedEntry[] = [];
    for (let i = 1; i <= this.#names; i++) if (this.#name(i) === name) this.#addEntries(i, found);
    return found;
  }

  #name(i: number): string {
    return this.#dwarf.string(this.#offset(this.#stringsAt + (i - 1) * this.#offsetSize));
  }

  #addEntries(i: number, found: NamedEntry[]): void {
    let at = this.#poolAt + this.#offset(this.#entriesAt + (i - 1) * this.#offsetSize);
    while (found.length < MAX_ENTRIES) {
      if (!(at < this.end)) throw this.#bad(this.#entriesAt, `name table: entries of name ${i} are outside of it`);
      const code = this.#unsigned(at);
      at = this.#leb.at;
      if (code === 0) return;
      const form = this.#forms.get(code);
      if (!form) throw this.#bad(at, `name table: no abbreviation ${code}`);
      at = this.#addEntry(at, form, found);
    }
  }

  #addEntry(from: Bytes, { tag, pairs }: EntryForm, found: NamedEntry[]): Bytes {
    let at = from;
    let unit = this.#compileUnits === 1 ? 0 : -1;
    let offset = -1;
    for (let n = 0; n < pairs.length; n += 2) {
      const [value, next] = this.#value(at, pairs[n + 1] as number);
      if (pairs[n] === IDX.compileUnit) unit = value;
      // Type units of other files are numbered behind those of this one.
      else if (pairs[n] === IDX.typeUnit) unit = value < this.#typeUnits ? this.#compileUnits + value : -1;
      else if (pairs[n] === IDX.dieOffset) offset = value;
      at = next;
    }
    if (unit >= 0 && unit < this.#compileUnits + this.#typeUnits && offset >= 0) {
      found.push({ tag, offset: this.#offset(this.#unitsAt + unit * this.#offsetSize) + offset });
    }
    return at;
  }

  #value(at: Bytes, form: number): readonly [value: number, next: Bytes] {
    const step = formStep(form, 5, 8, this.#offsetSize);
    if (step === STEP.leb) return [this.#unsigned(at), this.#leb.at];
    if (step > 8 || at + step > this.end) throw this.#bad(at, `name table: form ${hex(form)}`);
    const le = this.#dwarf.littleEndian;
    if (step === 0) return [1, at];
    if (step === 1) return [this.#bytes[at] as number, at + 1];
    if (step === 2) return [this.#view.getUint16(at, le), at + 2];
    if (step === 4) return [this.#u32(at), at + 4];
    if (step === 8) return [Number(this.#view.getBigUint64(at, le)), at + 8];
    throw this.#bad(at, `name table: form ${hex(form)}`);
  }
}

/** DJB's hash over the name as bytes; names are ASCII, whose folded case is the lower one (DWARF 5, 6.1.1.4.5). */
function hashOf(bytes: Uint8Array): number {
  let hash = 5381;
  for (const byte of bytes) {
    const folded = byte >= 0x41 && byte <= 0x5a ? byte + 0x20 : byte;
    hash = (Math.imul(hash, 33) + folded) >>> 0;
  }
  return hash;
}
