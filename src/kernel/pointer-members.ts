import type { CType, Member } from '../types/c-type.ts';

/** What of a struct may hold the address of an object, the likeliest first. */
export type PointerFit =
  /** A pointer to the object's type. */
  | 'typed'
  /** A pointer to the object's type, in a struct that is one or has one inside: most point to their own. */
  | 'embedding'
  /** A pointer that does not tell what it leads to. */
  | 'untyped';

/** Structs inside structs. */
const MAX_DEPTH = 12;

/** Bits of what a type has. */
const TYPED = 1;
const UNTYPED = 2;
const EMBEDS = 4;

/** Whether objects of types have a pointer to another object; a struct that many types contain is looked at once. */
export class PointerFits {
  readonly #names: ReadonlySet<string>;
  readonly #known = new Map<CType, number>();

  /** @param names of the structs that begin where the pointer leads; where none is known, any pointer may */
  constructor(names: ReadonlySet<string>) {
    this.#names = names;
  }

  /** Undefined when objects of the type have no pointer that may lead there. */
  of(type: CType): PointerFit | undefined {
    const has = this.#has(type, 0);
    if ((has & TYPED) !== 0) return (has & EMBEDS) !== 0 ? 'embedding' : 'typed';
    return (has & UNTYPED) !== 0 ? 'untyped' : undefined;
  }

  #has(type: CType, depth: number): number {
    const inner = type.resolve();
    if (depth > MAX_DEPTH) return 0;
    if (inner.kind === 'array') return inner.target ? this.#has(inner.target, depth + 1) : 0;
    if (inner.kind === 'pointer') return this.#pointer(inner);
    return inner.kind === 'struct' || inner.kind === 'union' ? this.#struct(inner, depth) : 0;
  }

  #pointer(type: CType): number {
    const target = type.target?.resolve();
    if (!target || target.kind === 'void' || this.#names.size === 0) return UNTYPED;
    return this.#names.has(target.name) ? TYPED : 0;
  }

  #struct(type: CType, depth: number): number {
    const known = this.#known.get(type);
    if (known !== undefined) return known;
    this.#known.set(type, 0); // in a damaged description it may contain itself
    let has = this.#names.has(type.name) ? EMBEDS : 0;
    for (const member of type.members) has |= this.#has(member.type, depth + 1);
    this.#known.set(type, has);
    return has;
  }
}

/** Names of the structs that begin at an offset of a type: itself, and those in it. */
export function structsAt(type: CType, offset: number): string[] {
  const names: string[] = [];
  let current: CType | undefined = type.resolve();
  let left = offset;
  for (let depth = 0; current && depth <= MAX_DEPTH; depth++) {
    if (left === 0 && current.name !== '' && current.kind === 'struct') names.push(current.name);
    const inside: Member | undefined = current.members.find((m) => holds(m.bitOffset / 8, m.type.size, left));
    if (!inside) break;
    left -= inside.bitOffset / 8;
    current = inside.type.resolve();
  }
  return names;
}

function holds(start: number, size: number, offset: number): boolean {
  return offset >= start && offset < start + size;
}
