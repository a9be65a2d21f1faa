import type { CType } from './c-type.ts';

/** Structures inside each other at most; deeper ones come from damaged data. */
const MAX_DEPTH = 16;

/**
 * Whether a struct or union has a member whose type has `text` in its name: the member itself, an array of such or a
 * pointer to one, also inside the structures and unions that it embeds. Parameters of function pointers do not count.
 */
export function hasMemberOf(type: CType, text: string, depth = 0): boolean {
  if (depth > MAX_DEPTH) return false;
  for (const member of type.resolve().members) {
    if (named(member.type, text)) return true;
    const inner = embedded(member.type);
    if (inner && hasMemberOf(inner, text, depth + 1)) return true;
  }
  return false;
}

/** Looks through arrays, pointers and qualifiers, and at each typedef on the way. */
function named(type: CType, text: string): boolean {
  let at: CType | undefined = type;
  for (let i = 0; i < MAX_DEPTH && at; i++) {
    if (at.name.includes(text)) return true;
    if (at.kind === 'function' || at.kind === 'int' || at.kind === 'struct' || at.kind === 'union') return false;
    at = at.target;
  }
  return false;
}

/** The struct or union that lies inside, not behind a pointer. */
function embedded(type: CType): CType | undefined {
  let at = type.resolve();
  for (let i = 0; i < MAX_DEPTH && at.kind === 'array' && at.target; i++) at = at.target.resolve();
  return at.kind === 'struct' || at.kind === 'union' ? at : undefined;
}
