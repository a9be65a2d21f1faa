import type { Bytes } from '../../base/units.ts';
import { BaseType } from '../../types/base-type.ts';
import type { CType, Enumerator, Member, TypeKind } from '../../types/c-type.ts';
import { voidType } from '../../types/simple-type.ts';
import type { DieCursor } from './die-cursor.ts';
import { DW_AT } from './dw-at.ts';
import { DW_TAG } from './dw-tag.ts';
import type { DwarfTypes } from './dwarf-types.ts';
import { memberBits } from './member-bits.ts';

/** Types that a size is looked for through, and children of one type. */
const MAX_DEPTH = 64;
const MAX_CHILDREN = 100_000;

const KINDS: Readonly<Record<number, TypeKind>> = {
  [DW_TAG.base_type]: 'int',
  [DW_TAG.pointer_type]: 'pointer',
  [DW_TAG.reference_type]: 'pointer',
  [DW_TAG.rvalue_reference_type]: 'pointer',
  [DW_TAG.array_type]: 'array',
  [DW_TAG.structure_type]: 'struct',
  [DW_TAG.class_type]: 'struct',
  [DW_TAG.union_type]: 'union',
  [DW_TAG.enumeration_type]: 'enum',
  [DW_TAG.typedef]: 'typedef',
  [DW_TAG.const_type]: 'const',
  [DW_TAG.immutable_type]: 'const',
  [DW_TAG.volatile_type]: 'volatile',
  [DW_TAG.atomic_type]: 'volatile',
  [DW_TAG.restrict_type]: 'restrict',
  [DW_TAG.subroutine_type]: 'function',
  [DW_TAG.subprogram]: 'function',
};

/** `DW_ATE_*` of floating-point and signed types. Source: DWARF 5, 7.8. */
const ENCODING_FLOAT = 4;
const ENCODING_COMPLEX = 3;
const SIGNED = [5, 6];

/** Kind of the type that an entry describes. */
function kindOf(die: DieCursor): TypeKind {
  const kind = KINDS[die.tag] ?? 'void';
  if ((kind === 'struct' || kind === 'union') && die.flag(DW_AT.declaration)) return 'forward';
  if (kind !== 'int') return kind;
  const encoding = die.number(DW_AT.encoding);
  return encoding === ENCODING_FLOAT || encoding === ENCODING_COMPLEX ? 'float' : 'int';
}

/** A type of a DWARF file; everything is decoded when asked for. */
export class DwarfType extends BaseType {
  readonly kind: TypeKind;
  readonly #types: DwarfTypes;
  /** Entry of the type; a fresh cursor is made for every walk. */
  readonly #offset: Bytes;
  #name: string | undefined;
  #size = -1;
  #target: CType | undefined;
  #knowsTarget = false;
  #members: readonly Member[] | undefined;
  #complete: CType | undefined;

  constructor(types: DwarfTypes, die: DieCursor) {
    super();
    this.#types = types;
    this.#offset = die.offset;
    this.kind = kindOf(die);
  }

  #die(): DieCursor {
    return this.#types.dwarf.die(this.#offset);
  }

  get name(): string {
    this.#name ??= this.#die().string(DW_AT.name) ?? '';
    return this.#name;
  }

  /** Tag of what a forward declaration stands for. */
  get forwardKind(): 'struct' | 'union' {
    return this.#die().tag === DW_TAG.union_type ? 'union' : 'struct';
  }

  get size(): Bytes {
    if (this.#size < 0) {
      const stated = this.#statedSize();
      this.#size = stated ?? this.#sizeThroughTargets();
    }
    return this.#size;
  }

  /** DW_AT_byte_size; of a kind that has none of its own, 0; undefined when it is its target's. */
  #statedSize(): Bytes | undefined {
    const { kind } = this;
    if (kind === 'void' || kind === 'function' || kind === 'forward') return 0;
    if (kind === 'pointer') return this.#die().number(DW_AT.byte_size) ?? this.#types.pointerSize;
    const own = this.#die().number(DW_AT.byte_size);
    if (own !== undefined) return own;
    return kind === 'typedef' || kind === 'const' || kind === 'volatile' || kind === 'restrict' || kind === 'enum'
      ? undefined
      : 0;
  }

  #sizeThroughTargets(): Bytes {
    let type: CType | undefined = this;
    for (let depth = 0; depth < MAX_DEPTH && type; depth++) {
      if (!(type instanceof DwarfType)) return type.size;
      const stated: Bytes | undefined = type.#statedSize();
      if (stated !== undefined) return stated;
      type = type.#underlying();
    }
    return 0;
  }

  override resolve(): CType {
    const type = super.resolve();
    return type instanceof DwarfType && type.kind === 'forward' ? type.#completed() : type;
  }

  /** The definition that a declaration stands for, where there is one. */
  #completed(): CType {
    this.#complete ??= this.#types.complete(this.forwardKind, this.name) ?? this;
    return this.#complete;
  }

  override get signed(): boolean {
    if (this.kind === 'int') return SIGNED.includes(this.#die().number(DW_AT.encoding) ?? 0);
    if (this.kind !== 'enum') return false;
    const base = this.#underlying()?.resolve();
    return base ? base.signed : this.#hasNegative();
  }

  /** Without an underlying type: negative values are written in a signed form. */
  #hasNegative(): boolean {
    for (const child of this.#children(DW_TAG.enumerator)) {
      const value = child.big(DW_AT.const_value, false);
      if (value !== undefined && value < 0n) return true;
    }
    return false;
  }

  override get target(): CType | undefined {
    const { kind } = this;
    const leads =
      kind === 'pointer' ||
      kind === 'array' ||
      kind === 'typedef' ||
      kind === 'const' ||
      kind === 'volatile' ||
      kind === 'restrict' ||
      kind === 'function';
    return leads ? (this.#underlying() ?? voidType()) : undefined;
  }

  #underlying(): CType | undefined {
    if (!this.#knowsTarget) {
      this.#knowsTarget = true;
      const die = this.#die().follow(DW_AT.type);
      this.#target = die && this.#types.type(die);
    }
    return this.#target;
  }

  /** The children with a tag, each until the next is asked for. */
  *#children(tag: number): Generator<DieCursor> {
    const die = this.#die().child();
    if (!die) return;
    for (let n = 0; n < MAX_CHILDREN; n++) {
      if (die.tag === tag) yield die;
      if (!die.sibling()) return;
    }
  }

  override get members(): readonly Member[] {
    if (!this.#members) {
      const found: Member[] = [];
      if (this.kind === 'struct' || this.kind === 'union') {
        for (const die of this.#children(DW_TAG.member)) {
          // A static member of a C++ class has no place.
          if (!die.has(DW_AT.declaration)) found.push(this.#member(die));
        }
      }
      this.#members = found;
    }
    return this.#members;
  }

  #member(die: DieCursor): Member {
    const type = this.#types.typeOf(die);
    const { bitOffset, bitSize } = memberBits(die, type);
    return { name: die.string(DW_AT.name) ?? '', type, bitOffset, bitSize };
  }

  override get enumerators(): readonly Enumerator[] {
    if (this.kind !== 'enum') return [];
    const { signed } = this;
    const found: Enumerator[] = [];
    for (const die of this.#children(DW_TAG.enumerator)) {
      found.push({ name: die.string(DW_AT.name) ?? '', value: die.big(DW_AT.const_value, signed) ?? 0n });
    }
    return found;
  }

  override get parameters(): readonly { readonly name: string; readonly type: CType }[] {
    if (this.kind !== 'function') return [];
    const found: { name: string; type: CType }[] = [];
    const die = this.#die().child();
    for (let n = 0; die && n < MAX_CHILDREN; n++) {
      if (die.tag === DW_TAG.formal_parameter) {
        found.push({ name: die.string(DW_AT.name) ?? '', type: this.#types.typeOf(die) });
      } else if (die.tag === DW_TAG.unspecified_parameters) found.push({ name: '', type: voidType() });
      if (!die.sibling()) break;
    }
    return found;
  }
}
