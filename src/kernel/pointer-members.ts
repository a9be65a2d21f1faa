import type { CType, Member } from '../types/c-type.ts';

/** What of a struct may hold the address of an object, the likeliest first. */
export type PointerFit =
  /** A pointer to the object's type. */
  | 'typed'
  /** A pointer to the object's type, in a struct that is one or has one inside: most point to their own. */
  | 'embedding'
  /** A pointer that does not tell what it leads to. */
  | 'untyped';

/** Structs inside structs, and members that are looked at. */
const MAX_DEPTH = 8;
const MAX_MEMBERS = 10_000;

/**
 * Whether objects of a type have a pointer to another object; undefined when they have none that may.
 * @param names of the structs that begin where the pointer leads; where none is known, any pointer may
 */
export function pointerFit(type: CType, names: ReadonlySet<string>): PointerFit | undefined {
  const search = new MemberSearch(names);
  search.walk(type, 0);
  if (search.typed) return search.embeds ? 'embedding' : 'typed';
  return search.untyped ? 'untyped' : undefined;
}

class MemberSearch {
  typed = false;
  untyped = false;
  embeds = false;
  readonly #names: ReadonlySet<string>;
  readonly #seen = new Set<string>();
  #left = MAX_MEMBERS;

  constructor(names: ReadonlySet<string>) {
    this.#names = names;
  }

  walk(type: CType, depth: number): void {
    const inner = type.resolve();
    if (inner.kind === 'array') {
      if (inner.target && depth < MAX_DEPTH) this.walk(inner.target, depth + 1);
    } else if (inner.kind === 'pointer') this.#pointer(inner);
    else if (inner.kind === 'struct' || inner.kind === 'union') this.#struct(inner, depth);
  }

  #pointer(type: CType): void {
    const target = type.target?.resolve();
    if (!target || target.kind === 'void' || this.#names.size === 0) this.untyped = true;
    else if (this.#names.has(target.name)) this.typed = true;
  }

  #struct(type: CType, depth: number): void {
    const { name } = type;
    if (this.#names.has(name)) this.embeds = true;
    if (depth > MAX_DEPTH || this.#seen.has(name)) return;
    if (name !== '') this.#seen.add(name);
    for (const member of type.members) {
      if (--this.#left < 0) return;
      this.walk(member.type, depth + 1);
    }
  }
}

/** Names of the structs that begin at an offset of a type: itself, and those in it. */
export function structsAt(type: CType, offset: number): string[] {
  const names: string[] = [];
  let current: CType | undefined = type.resolve();
  let left = offset;
  for (let depth = 0; current && depth < MAX_DEPTH; depth++) {
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
