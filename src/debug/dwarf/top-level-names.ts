import { AnalysisError } from '../../base/errors.ts';
import type { Bytes } from '../../base/units.ts';
import type { DieCursor } from './die-cursor.ts';
import { DW_AT } from './dw-at.ts';
import { DW_TAG } from './dw-tag.ts';
import type { Dwarf } from './dwarf.ts';

/** What a name stands for. */
export type NameKind = 'struct' | 'union' | 'enum' | 'typedef' | 'base' | 'variable';

const KINDS: Readonly<Record<number, NameKind>> = {
  [DW_TAG.structure_type]: 'struct',
  [DW_TAG.class_type]: 'struct',
  [DW_TAG.union_type]: 'union',
  [DW_TAG.enumeration_type]: 'enum',
  [DW_TAG.typedef]: 'typedef',
  [DW_TAG.base_type]: 'base',
  [DW_TAG.variable]: 'variable',
};
const NUMBERS: Readonly<Record<NameKind, number>> = { struct: 0, union: 1, enum: 2, typedef: 3, base: 4, variable: 5 };
const MAX_NAMES = 4_000_000;

/**
 * Types and global variables by name. The units are gone through in their order only as far as it takes to find what was
 * asked for: the first ones have most of what a kernel's code uses.
 */
export class TopLevelNames {
  readonly #dwarf: Dwarf;
  readonly #found = new Map<string, Bytes>();
  /** What was seen already: kind and offset of the name in .debug_str in one number. */
  readonly #seen = new Set<number>();
  #next = 0;

  constructor(dwarf: Dwarf) {
    this.#dwarf = dwarf;
  }

  /** Offset of the first definition. */
  find(kind: NameKind, name: string): Bytes | undefined {
    return this.findAny([kind], name);
  }

  /** Offset of the first definition of the first of `kinds` that there is; a unit's own are all considered together. */
  findAny(kinds: readonly NameKind[], name: string): Bytes | undefined {
    for (;;) {
      for (const kind of kinds) {
        const offset = this.#found.get(`${kind} ${name}`);
        if (offset !== undefined) return offset;
      }
      if (!this.#indexUnit()) return undefined;
    }
  }

  /** Goes through one more unit; false when there are none. */
  #indexUnit(): boolean {
    const start = this.#dwarf.unitTable.starts[this.#next];
    if (start === undefined || this.#found.size > MAX_NAMES) return false;
    this.#next++;
    try {
      const die = this.#dwarf.unit(start).root().child();
      for (let more = die !== undefined; die && more; more = die.sibling()) this.#add(die);
    } catch (e) {
      if (!(e instanceof AnalysisError)) throw e; // the rest of a damaged unit is not there
    }
    return true;
  }

  #add(die: DieCursor): void {
    const kind = KINDS[die.tag];
    if (!kind) return;
    const stringOffset = die.stringOffset(DW_AT.name);
    const key = stringOffset === undefined ? -1 : stringOffset * 8 + NUMBERS[kind];
    if (this.#seen.has(key) || die.flag(DW_AT.declaration)) return;
    const name = kind === 'variable' ? variableName(die) : die.string(DW_AT.name);
    if (!name) return;
    if (key >= 0) this.#seen.add(key);
    const id = `${kind} ${name}`;
    if (!this.#found.has(id)) this.#found.set(id, die.offset);
  }
}

/** Of a variable that is defined here; its name may stand at its declaration. */
function variableName(die: DieCursor): string | undefined {
  if (!die.has(DW_AT.location) && !die.has(DW_AT.const_value)) return undefined;
  return die.string(DW_AT.name) ?? die.follow(DW_AT.specification)?.string(DW_AT.name);
}
