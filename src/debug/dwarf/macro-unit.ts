import { decodeUtf8 } from '../../base/text.ts';
import type { Bytes } from '../../base/units.ts';
import type { Dwarf } from './dwarf.ts';
import { formStep, STEP } from './forms.ts';
import { ListReader } from './list-reader.ts';
import type { MacroSearch } from './macro-table.ts';
import type { Unit } from './unit.ts';

const MAX_DEPTH = 64;
const MAX_ENTRIES = 0x1000000;
/** Parts that are gone through for one name. */
const MAX_PARTS = 0x100000;

/** `DW_MACRO_*`. Source: DWARF 5, 7.23; GNU's numbers of version 4 are the same. */
const M = {
  end: 0,
  define: 1,
  undef: 2,
  startFile: 3,
  endFile: 4,
  defineStrp: 5,
  undefStrp: 6,
  import: 7,
  defineSup: 8,
  undefSup: 9,
  importSup: 10,
  defineStrx: 11,
  undefStrx: 12,
} as const;

/** A part of .debug_macro: what a unit states, or what several import (DWARF 5, 6.3). */
export class MacroUnit {
  readonly #unit: Unit;
  readonly #dwarf: Dwarf;
  readonly #reader: ListReader;
  readonly #search: MacroSearch;
  readonly #at: Bytes;
  readonly #alt: boolean;
  /** Where the unit's part of the section begins, in packages. */
  readonly #base: Bytes;
  #offsetSize: 4 | 8 = 4;
  #version = 5;
  /** Forms of the operands of opcodes that the header describes. */
  #described: Map<number, readonly number[]> | undefined;

  /** @param unit what imports it, for indexed strings @throws NotFoundError when the file lacks the section */
  constructor(unit: Unit, dwarf: Dwarf, at: Bytes, search: MacroSearch) {
    this.#unit = unit;
    this.#dwarf = dwarf;
    this.#reader = new ListReader(dwarf.section('.debug_macro'), dwarf.littleEndian);
    this.#search = search;
    this.#at = at;
    this.#alt = dwarf !== unit.dwarf;
    this.#base = this.#alt ? 0 : unit.sectionBase('macro');
  }

  /** Looks for the name. @throws AnalysisError */
  read(depth: number): void {
    const { done } = this.#search;
    const key = `${this.#alt ? 'a' : ''}${this.#at}`;
    if (depth > MAX_DEPTH || done.size > MAX_PARTS || done.has(key)) return;
    done.add(key);
    const reader = this.#reader.seek(this.#at);
    this.#header(reader);
    for (let n = 0; n < MAX_ENTRIES; n++) {
      const op = reader.u8();
      if (op === M.end) return;
      this.#entry(reader, op, depth);
    }
    throw reader.bad(`more than ${MAX_ENTRIES} macros`);
  }

  #header(reader: ListReader): void {
    this.#version = reader.u16();
    if (this.#version !== 4 && this.#version !== 5)
      throw reader.bad(`macros of version ${this.#version}, known are 4 and 5`);
    const flags = reader.u8();
    this.#offsetSize = flags & 1 ? 8 : 4;
    if (flags & 2) reader.offset(this.#offsetSize);
    if (!(flags & 4)) return;
    this.#described = new Map();
    for (let n = reader.u8(); n > 0; n--) {
      const op = reader.u8();
      const count = reader.unsigned();
      if (count > 255) throw reader.bad(`an opcode with ${count} operands`);
      this.#described.set(
        op,
        Array.from({ length: count }, () => reader.u8()),
      );
    }
  }

  #entry(reader: ListReader, op: number, depth: number): void {
    switch (op) {
      case M.define:
      case M.undef:
        reader.unsigned();
        this.#text(reader, op === M.define);
        return;
      case M.defineStrp:
      case M.undefStrp:
      case M.defineSup:
      case M.undefSup: {
        reader.unsigned();
        const ofAlt = this.#alt || op === M.defineSup || op === M.undefSup;
        const at = reader.offset(this.#offsetSize);
        if (this.#search.isString(at, ofAlt))
          this.#found(op === M.defineStrp || op === M.defineSup, this.#string(at, ofAlt));
        return;
      }
      case M.defineStrx:
      case M.undefStrx: {
        reader.unsigned();
        const at = this.#dwarf.indexedStringOffset(this.#unit, reader.unsigned());
        if (this.#search.isString(at, this.#alt)) this.#found(op === M.defineStrx, this.#string(at, this.#alt));
        return;
      }
      case M.startFile:
        reader.unsigned();
        reader.unsigned();
        return;
      case M.endFile:
        return;
      case M.import:
        this.#import(this.#dwarf, this.#base + reader.offset(this.#offsetSize), depth);
        return;
      case M.importSup: {
        const at = reader.offset(this.#offsetSize);
        if (this.#dwarf.alt) this.#import(this.#dwarf.alt, at, depth);
        return;
      }
      default:
        this.#skip(reader, op);
    }
  }

  #import(dwarf: Dwarf, at: Bytes, depth: number): void {
    new MacroUnit(this.#unit, dwarf, at, this.#search).read(depth + 1);
  }

  #string(at: Bytes, ofAlt: boolean): string {
    const from = ofAlt && !this.#alt ? this.#dwarf.alt : this.#dwarf;
    return from ? from.string(at) : '';
  }

  /** A definition or its end. */
  #found(defines: boolean, text: string): void {
    const search = this.#search;
    if (defines) search.found = text;
    else {
      search.undefined ??= search.found;
      search.found = undefined;
    }
  }

  /** A string in the entry. */
  #text(reader: ListReader, defines: boolean): void {
    const text = reader.string();
    if (this.#search.isText(text, 0)) this.#found(defines, decodeUtf8(text));
  }

  /** An opcode that the header describes. */
  #skip(reader: ListReader, op: number): void {
    const forms = this.#described?.get(op);
    if (!forms) throw reader.bad(`unknown macro opcode ${op}`);
    for (const form of forms) {
      const step = formStep(form, 5, 8, this.#offsetSize);
      if (step <= 16) reader.at += step;
      else if (step === STEP.leb) reader.unsigned();
      else if (step === STEP.string) reader.string();
      else if (step === STEP.block) reader.at += reader.unsigned();
      else if (step === STEP.block1) reader.at += reader.u8();
      else if (step === STEP.block2) reader.at += reader.u16();
      else if (step === STEP.block4) reader.at += reader.u32();
      else throw reader.bad(`form 0x${form.toString(16)}`);
    }
  }
}
