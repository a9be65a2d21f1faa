import type { CType } from '../../types/c-type.ts';
import { pointerTo, voidType } from '../../types/simple-type.ts';
import { spellings } from '../type-spelling.ts';
import { DebugNames } from './debug-names.ts';
import type { DieCursor } from './die-cursor.ts';
import { DW_AT } from './dw-at.ts';
import { DW_TAG } from './dw-tag.ts';
import type { Dwarf } from './dwarf.ts';
import { type Completes, DwarfTypes } from './dwarf-types.ts';
import { NameIndex } from './name-index.ts';
import { DECLARED_VARIABLE } from './name-kinds.ts';

const TAGGED: Readonly<Record<string, readonly number[]>> = {
  struct: [DW_TAG.structure_type, DW_TAG.class_type],
  union: [DW_TAG.union_type],
  enum: [DW_TAG.enumeration_type],
  typedef: [DW_TAG.typedef],
};
/** A bare name means the first of these that there is. */
const PREFERENCE: readonly number[] = [
  DW_TAG.structure_type,
  DW_TAG.class_type,
  DW_TAG.union_type,
  DW_TAG.typedef,
  DW_TAG.base_type,
  DW_TAG.enumeration_type,
];
const VARIABLE: readonly number[] = [DW_TAG.variable];
const DECLARED: readonly number[] = [DECLARED_VARIABLE];

/** Types of a file by name, and those of its global variables. */
export class FileTypes {
  readonly types: DwarfTypes;
  readonly #dwarf: Dwarf;
  readonly #names = new Map<Dwarf, { readonly listed: DebugNames | undefined; readonly all: NameIndex }>();
  readonly #void = voidType();

  /** @param complete finds definitions that this file may lack; those of its own go first */
  constructor(dwarf: Dwarf, pointerSize: number, complete: Completes) {
    this.#dwarf = dwarf;
    this.types = new DwarfTypes(dwarf, pointerSize, (kind, name) => complete(kind, name) ?? this.#own(kind, [name]));
  }

  /** See `DebugInfo.findType`; also `struct page *`. */
  find(name: string): CType | undefined {
    const pointers = /\s*((?:\*\s*)+)$/.exec(name);
    if (pointers) {
      let type = this.find(name.slice(0, pointers.index));
      for (const c of pointers[1] as string) if (c === '*' && type) type = pointerTo(type, this.types.pointerSize);
      return type;
    }
    if (name === 'void') return this.#void;
    const tagged = /^(struct|union|enum|typedef)\s+(\S+)$/.exec(name);
    if (tagged) return this.#own(tagged[1] as string, [tagged[2] as string]);
    return this.#own('', spellings(name));
  }

  /** Type of a global variable of this file; the linker and assembly define some that C only declares. */
  findVariable(name: string): CType | undefined {
    const die = this.#find(VARIABLE, [name]) ?? this.#find(DECLARED, [name]);
    if (!die) return undefined;
    const typed = die.has(DW_AT.type) ? die : (die.follow(DW_AT.specification) ?? die.follow(DW_AT.abstract_origin));
    return typed && this.types.typeOf(typed);
  }

  #own(kind: string, names: readonly string[]): CType | undefined {
    const die = this.#find(TAGGED[kind] ?? PREFERENCE, names);
    return die && this.types.type(die);
  }

  /** In this file, in the dwz file and then in those that units were split into. */
  #find(tags: readonly number[], names: readonly string[]): DieCursor | undefined {
    const own = this.#in(this.#dwarf, tags, names);
    if (own) return own;
    const { alt, splitFiles } = this.#dwarf;
    const common = alt && this.#in(alt, tags, names);
    if (common) return common;
    for (const split of splitFiles?.all() ?? []) {
      const found = this.#in(split, tags, names);
      if (found) return found;
    }
    return undefined;
  }

  #in(dwarf: Dwarf, tags: readonly number[], names: readonly string[]): DieCursor | undefined {
    let index = this.#names.get(dwarf);
    if (!index) {
      index = { listed: DebugNames.of(dwarf), all: new NameIndex(dwarf) };
      this.#names.set(dwarf, index);
    }
    const offset = index.listed?.find(tags, names) ?? index.all.find(tags, names);
    return offset === undefined ? undefined : dwarf.die(offset);
  }
}
