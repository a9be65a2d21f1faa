import { asciiBytes } from '../base/text.ts';
import type { Bytes } from '../base/units.ts';
import { BaseType } from '../types/base-type.ts';
import type { CType, Enumerator, Member, TypeKind } from '../types/c-type.ts';
import { BTF_KIND } from './btf-kinds.ts';
import type { BtfTypes } from './btf-types.ts';

/** Arrays inside arrays, or typedefs of typedefs, that a size is looked for through. */
const MAX_DEPTH = 64;

const KINDS: Readonly<Record<number, TypeKind>> = {
  [BTF_KIND.INT]: 'int',
  [BTF_KIND.PTR]: 'pointer',
  [BTF_KIND.ARRAY]: 'array',
  [BTF_KIND.STRUCT]: 'struct',
  [BTF_KIND.UNION]: 'union',
  [BTF_KIND.ENUM]: 'enum',
  [BTF_KIND.ENUM64]: 'enum',
  [BTF_KIND.FWD]: 'forward',
  [BTF_KIND.TYPEDEF]: 'typedef',
  [BTF_KIND.VOLATILE]: 'volatile',
  [BTF_KIND.CONST]: 'const',
  [BTF_KIND.RESTRICT]: 'restrict',
  [BTF_KIND.FUNC]: 'function',
  [BTF_KIND.FUNC_PROTO]: 'function',
  [BTF_KIND.FLOAT]: 'float',
};

/** A type of a BTF section; everything is decoded when asked for. */
export class BtfType extends BaseType {
  readonly kind: TypeKind;
  readonly #types: BtfTypes;
  readonly #words: Uint32Array;
  /** Word at which the record starts. */
  readonly #at: number;
  #members: readonly Member[] | undefined;
  #anonymous: readonly Member[] | undefined;
  #name: string | undefined;
  #size = -1;

  constructor(types: BtfTypes, words: Uint32Array, at: number) {
    super();
    this.#types = types;
    this.#words = words;
    this.#at = at;
    this.kind = KINDS[this.#btfKind] ?? 'void';
  }

  get #info(): number {
    return this.#words[this.#at + 1] as number;
  }

  get #btfKind(): number {
    return (this.#info >>> 24) & 0x7f;
  }

  /** Elements of the record; hostile ones were refused when the section was indexed. */
  get #count(): number {
    return this.#info & 0xffffff;
  }

  get #flag(): boolean {
    return this.#info >>> 31 === 1;
  }

  #word(i: number): number {
    return this.#words[this.#at + i] as number;
  }

  get name(): string {
    this.#name ??= this.#types.section.text(this.#word(0));
    return this.#name;
  }

  /** Tag of what a forward declaration stands for. */
  get forwardKind(): 'struct' | 'union' {
    return this.#flag ? 'union' : 'struct';
  }

  get size(): Bytes {
    if (this.#size < 0) this.#size = this.#sizeOf();
    return this.#size;
  }

  #sizeOf(): Bytes {
    let elements = 1;
    let type: CType = this;
    for (let depth = 0; depth < MAX_DEPTH; depth++) {
      if (!(type instanceof BtfType)) return elements * type.size;
      switch (type.#btfKind) {
        case BTF_KIND.INT:
        case BTF_KIND.STRUCT:
        case BTF_KIND.UNION:
        case BTF_KIND.ENUM:
        case BTF_KIND.ENUM64:
        case BTF_KIND.FLOAT:
          return elements * type.#word(2);
        case BTF_KIND.PTR:
          return elements * this.#types.pointerSize;
        case BTF_KIND.ARRAY:
          elements *= type.#word(5);
          break;
        case BTF_KIND.FUNC:
        case BTF_KIND.FUNC_PROTO:
        case BTF_KIND.FWD:
          return 0;
      }
      const next: CType | undefined = type.target;
      if (!next) return 0;
      type = next;
    }
    return 0;
  }

  override get signed(): boolean {
    if (this.#btfKind === BTF_KIND.INT) return (this.#word(3) & (1 << 24)) !== 0;
    if (this.#btfKind === BTF_KIND.ENUM) return this.#flag || this.#hasNegative();
    return this.kind === 'enum' && this.#flag;
  }

  /** Before the flag for signed enumerations (Linux commit 6089fb325cf7, v6.0) negative values had none. */
  #hasNegative(): boolean {
    for (let i = 0; i < this.#count; i++) {
      if (this.#word(4 + i * 2) >= 0x80000000) return !this.#types.marksSignedEnums();
    }
    return false;
  }

  override get target(): CType | undefined {
    switch (this.kind) {
      case 'array':
        return this.#types.type(this.#word(3));
      case 'function':
        return this.#btfKind === BTF_KIND.FUNC
          ? this.#types.type(this.#word(2)).target
          : this.#types.type(this.#word(2));
      case 'pointer':
      case 'typedef':
      case 'const':
      case 'volatile':
      case 'restrict':
        return this.#types.type(this.#word(2));
      default:
        return undefined;
    }
  }

  override get length(): number {
    return this.kind === 'array' ? this.#word(5) : 0;
  }

  override get members(): readonly Member[] {
    this.#members ??= this.#isStruct ? this.#intact(3).map((i) => this.#member(i)) : [];
    return this.#members;
  }

  /** Numbers of the elements, of `size` words each, that are not in a hole of the section. */
  #intact(size: number): number[] {
    const { lost } = this.#types.section;
    const all = Array.from({ length: this.#count }, (_, i) => i);
    if (lost.empty) return all;
    return all.filter((i) => !lost.touches(this.#at + 3 + i * size, this.#at + 3 + (i + 1) * size));
  }

  get #isStruct(): boolean {
    return this.kind === 'struct' || this.kind === 'union';
  }

  override ownMember(name: string): Member | undefined {
    if (!this.#isStruct) return undefined;
    const wanted = asciiBytes(name);
    const { section } = this.#types;
    for (let i = 0; i < this.#count; i++) {
      const at = this.#word(3 + i * 3);
      if (at !== 0 && section.textIs(at, wanted)) return this.#member(i);
    }
    return undefined;
  }

  override anonymousMembers(): readonly Member[] {
    if (!this.#anonymous) {
      const found: Member[] = [];
      for (const i of this.#isStruct ? this.#intact(3) : [])
        if (this.#word(3 + i * 3) === 0) found.push(this.#member(i));
      this.#anonymous = found;
    }
    return this.#anonymous;
  }

  /** `struct btf_member` number `i`. */
  #member(i: number): Member {
    const at = 3 + i * 3;
    const type = this.#types.type(this.#word(at + 1));
    let bitOffset = this.#word(at + 2);
    let bitSize = 0;
    if (this.#flag) {
      bitSize = bitOffset >>> 24;
      bitOffset &= 0xffffff;
    } else {
      // Without the flag a bit-field is an int with fewer bits than its size (Linux commit 9d5f9f701b18, v5.0).
      const narrow = type.resolve();
      const encoding = narrow instanceof BtfType && narrow.kind === 'int' ? narrow.#word(3) : 0;
      if (encoding !== 0 && ((encoding & 0xff) !== narrow.size * 8 || ((encoding >>> 16) & 0xff) !== 0)) {
        bitSize = encoding & 0xff;
        bitOffset += (encoding >>> 16) & 0xff;
      }
    }
    return { name: this.#types.section.text(this.#word(at)), type, bitOffset, bitSize };
  }

  override get enumerators(): readonly Enumerator[] {
    if (this.kind !== 'enum') return [];
    const wide = this.#btfKind === BTF_KIND.ENUM64;
    const { signed } = this;
    return this.#intact(wide ? 3 : 2).map((i) => {
      const at = 3 + i * (wide ? 3 : 2);
      const low = BigInt(this.#word(at + 1));
      const value = wide ? low | (BigInt(this.#word(at + 2)) << 32n) : low;
      return {
        name: this.#types.section.text(this.#word(at)),
        value: signed ? BigInt.asIntN(wide ? 64 : 32, value) : value,
      };
    });
  }

  override get parameters(): readonly { readonly name: string; readonly type: CType }[] {
    if (this.#btfKind === BTF_KIND.FUNC) return this.#types.type(this.#word(2)).parameters;
    if (this.kind !== 'function') return [];
    return Array.from({ length: this.#count }, (_, i) => ({
      name: this.#types.section.text(this.#word(3 + i * 2)),
      type: this.#types.type(this.#word(4 + i * 2)),
    }));
  }
}
