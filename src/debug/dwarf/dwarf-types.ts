import type { Bytes } from '../../base/units.ts';
import type { CType } from '../../types/c-type.ts';
import { arrayOf, emptyArrayOf, voidType } from '../../types/simple-type.ts';
import type { DieCursor } from './die-cursor.ts';
import { DW_AT } from './dw-at.ts';
import { DW_TAG } from './dw-tag.ts';
import type { Dwarf } from './dwarf.ts';
import { DwarfType } from './dwarf-type.ts';

const MAX_DIMENSIONS = 16;
/** Arrays of arrays of arrays, each an entry of its own. */
const MAX_NESTING = 64;
const MAX_LENGTH = 0x7fffffff;

/** Finds the definition of a struct or union that a unit only declares. */
export type Completes = (kind: 'struct' | 'union', name: string) => CType | undefined;

/** The types of a DWARF file by their entries; each is made once. */
export class DwarfTypes {
  readonly dwarf: Dwarf;
  readonly pointerSize: Bytes;
  readonly complete: Completes;
  readonly #cache = new Map<Bytes, CType>();
  readonly #void = voidType();
  /** Those of the dwz file, and of files that units were split into. */
  readonly #others: Map<Dwarf, DwarfTypes>;
  #nesting = 0;

  constructor(dwarf: Dwarf, pointerSize: Bytes, complete: Completes, others = new Map<Dwarf, DwarfTypes>()) {
    this.#others = others.set(dwarf, this);
    this.dwarf = dwarf;
    this.pointerSize = pointerSize;
    this.complete = complete;
  }

  /** The type that DW_AT_type of an entry leads to; void when it has none. */
  typeOf(die: DieCursor): CType {
    const target = die.follow(DW_AT.type);
    return target ? this.type(target) : this.#void;
  }

  /** The type that an entry describes; of a declaration that names a type unit, the type there. */
  type(declared: DieCursor): CType {
    const die = declared.has(DW_AT.signature) ? (declared.follow(DW_AT.signature) ?? declared) : declared;
    if (die.unit.dwarf !== this.dwarf) return this.of(die.unit.dwarf).type(die);
    const { offset } = die;
    let type = this.#cache.get(offset);
    if (!type) {
      type = die.tag === DW_TAG.array_type ? this.#array(die) : this.#plain(die);
      this.#cache.set(offset, type);
    }
    return type;
  }

  #plain(die: DieCursor): CType {
    return die.tag === DW_TAG.unspecified_type ? this.#void : new DwarfType(this, die);
  }

  /** Types of another file that belongs to this one. */
  of(dwarf: Dwarf): DwarfTypes {
    return this.#others.get(dwarf) ?? new DwarfTypes(dwarf, this.pointerSize, this.complete, this.#others);
  }

  /** An array is one entry with a child for each dimension; here each is an array of its own. */
  #array(die: DieCursor): CType {
    const lengths: number[] = [];
    const child = die.child();
    while (child && lengths.length < MAX_DIMENSIONS) {
      if (child.tag === DW_TAG.subrange_type) lengths.push(lengthOf(child));
      if (!child.sibling()) break;
    }
    // An array of itself comes only from damaged data; void breaks the circle.
    this.#cache.set(die.offset, this.#void);
    if (this.#nesting >= MAX_NESTING) return this.#void;
    this.#nesting++;
    let type: CType;
    try {
      type = this.typeOf(die);
    } finally {
      this.#nesting--;
    }
    if (lengths.length === 0) lengths.push(UNKNOWN);
    for (let i = lengths.length - 1; i >= 0; i--) {
      const length = lengths[i] as number;
      type = length === 0 ? emptyArrayOf(type) : arrayOf(type, Math.max(length, 0));
    }
    return type;
  }
}

const UNKNOWN = -1;

/** Elements of a dimension; `UNKNOWN` when it is not stated, as in flexible arrays. */
function lengthOf(die: DieCursor): number {
  const count = die.number(DW_AT.count);
  if (count !== undefined) return count >= 0 && count <= MAX_LENGTH ? count : UNKNOWN;
  const upper = die.number(DW_AT.upper_bound);
  // An array of no elements has the bound -1, of 4 or 8 bytes.
  if (upper === undefined || upper >= MAX_LENGTH) return UNKNOWN;
  return upper < 0 ? 0 : upper + 1;
}
