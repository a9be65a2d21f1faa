import type { Bytes } from '../base/units.ts';
import type { CType, Enumerator, Member, MemberPlace, TypeKind } from './c-type.ts';
import { parsePath } from './member-path.ts';

/** Typedefs and qualifiers that lie one in the other at most. */
const MAX_CHAIN = 64;
/** Anonymous structs inside each other at most, and members looked at in one search. */
const MAX_NESTING = 32;
const MAX_VISITS = 100_000;

/** What every kind of type answers the same way; a debug format fills in what it knows. */
export abstract class BaseType implements CType {
  abstract readonly kind: TypeKind;
  abstract readonly name: string;
  abstract readonly size: Bytes;
  readonly #places = new Map<string, MemberPlace | undefined>();

  get signed(): boolean {
    return false;
  }

  get target(): CType | undefined {
    return undefined;
  }

  get length(): number {
    return 0;
  }

  get members(): readonly Member[] {
    return [];
  }

  get enumerators(): readonly Enumerator[] {
    return [];
  }

  get parameters(): readonly { readonly name: string; readonly type: CType }[] {
    return [];
  }

  resolve(): CType {
    let type: CType = this;
    for (let i = 0; i < MAX_CHAIN && isAlias(type); i++) {
      if (!type.target) break;
      type = type.target;
    }
    return type;
  }

  findMember(path: string): MemberPlace | undefined {
    let place = this.#places.get(path);
    if (place === undefined && !this.#places.has(path)) {
      place = this.#walk(path);
      this.#places.set(path, place);
    }
    return place;
  }

  #walk(path: string): MemberPlace | undefined {
    const steps = parsePath(path);
    if (!steps) return undefined;
    let type: CType = this;
    let bits = 0;
    let bitSize = 0;
    for (const step of steps) {
      const inside = type.resolve();
      if (typeof step === 'number') {
        if (inside.kind !== 'array' || !inside.target) return undefined;
        type = inside.target;
        bits += step * type.size * 8;
        continue;
      }
      const member = memberOf(inside, step, 0, { left: MAX_VISITS });
      if (!member) return undefined;
      type = member.type;
      bits += member.bitOffset;
      bitSize = member.bitSize;
    }
    return { type, offset: Math.floor(bits / 8), bit: bitSize > 0 ? bits % 8 : 0, bitSize };
  }

  /** The member declared with this name in this struct itself; formats override it to decode only that one. */
  ownMember(name: string): Member | undefined {
    return this.members.find((m) => m.name === name);
  }

  /** The anonymous structs and unions among the members. */
  anonymousMembers(): readonly Member[] {
    return this.members.filter((m) => m.name === '');
  }
}

function isAlias(type: CType): boolean {
  const { kind } = type;
  return kind === 'typedef' || kind === 'const' || kind === 'volatile' || kind === 'restrict';
}

/** A member by name, also inside anonymous members, with its offset from the outermost struct. */
function memberOf(type: CType, name: string, depth: number, visits: { left: number }): Member | undefined {
  if ((type.kind !== 'struct' && type.kind !== 'union') || depth > MAX_NESTING) return undefined;
  const own = type instanceof BaseType ? type.ownMember(name) : type.members.find((m) => m.name === name);
  if (own) return own;
  const anonymous = type instanceof BaseType ? type.anonymousMembers() : type.members.filter((m) => m.name === '');
  for (const outer of anonymous) {
    if (visits.left-- <= 0) return undefined;
    const inner = memberOf(outer.type.resolve(), name, depth + 1, visits);
    if (inner) return { ...inner, bitOffset: outer.bitOffset + inner.bitOffset };
  }
  return undefined;
}
