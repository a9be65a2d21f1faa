import type { Bytes } from '../base/units.ts';
import type { CType, Member } from '../types/c-type.ts';

/** Structures inside each other, and members that are looked at for one place. */
const MAX_DEPTH = 12;
const MAX_FOUND = 32;

/** A member at an offset, by its path. */
export interface MemberAt {
  readonly path: string;
  readonly type: CType;
}

/**
 * The members of a struct at exactly `offset`, those of every union, outer ones before inner ones.
 * @param size of the member; undefined for any
 */
export function membersAt(type: CType, offset: Bytes, size?: Bytes): readonly MemberAt[] {
  const found: MemberAt[] = [];
  collect(type.resolve(), offset, size, '', found, 0);
  return found;
}

function collect(
  type: CType,
  offset: Bytes,
  size: Bytes | undefined,
  path: string,
  found: MemberAt[],
  depth: number,
): void {
  if (depth > MAX_DEPTH || found.length >= MAX_FOUND) return;
  if (type.kind === 'array') {
    const element = type.target?.resolve();
    if (!element || element.size <= 0) return;
    const i = Math.floor(offset / element.size);
    if (i >= type.length && type.length > 0) return;
    visit(element, offset - i * element.size, size, `${path}[${i}]`, found, depth);
    return;
  }
  if (type.kind !== 'struct' && type.kind !== 'union') return;
  for (const member of type.members) {
    const start = member.bitOffset >> 3;
    if (offset < start) continue;
    const inner = member.type.resolve();
    const name = member.name === '' ? path : path === '' ? member.name : `${path}.${member.name}`;
    if (member.bitSize > 0) {
      if (offset === start && isWhole(member, size)) found.push({ path: name, type: inner });
      continue;
    }
    if (offset >= start + Math.max(inner.size, 1) && !isOpen(inner, member === type.members.at(-1))) continue;
    visit(inner, offset - start, size, name, found, depth);
  }
}

/** An array without a length, at the end of a struct; one in the middle of it only marks a place. */
function isOpen(type: CType, last: boolean): boolean {
  return last && type.kind === 'array' && type.length === 0;
}

/** A bit-field that is read and written as whole bytes. */
function isWhole({ bitOffset, bitSize }: Member, size: Bytes | undefined): boolean {
  return bitOffset % 8 === 0 && bitSize % 8 === 0 && (size === undefined || bitSize === 8 * size);
}

function visit(
  type: CType,
  offset: Bytes,
  size: Bytes | undefined,
  path: string,
  found: MemberAt[],
  depth: number,
): void {
  if (offset === 0 && path !== '' && (size === undefined || type.size === size)) found.push({ path, type });
  collect(type, offset, size, path, found, depth + 1);
}

/** The struct or union that a pointer points to. */
export function pointedStruct(type: CType | undefined): CType | undefined {
  const pointer = type?.resolve();
  const target = pointer?.kind === 'pointer' ? pointer.target?.resolve() : undefined;
  return target && (target.kind === 'struct' || target.kind === 'union') ? target : undefined;
}

/** Whether two pointer types point to the same struct. */
export function pointsToSame(a: CType | undefined, b: CType | undefined): boolean {
  const [x, y] = [pointedStruct(a), pointedStruct(b)];
  return x !== undefined && y !== undefined && x.name !== '' && x.name === y.name;
}
