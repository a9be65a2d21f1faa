import { NotFoundError } from '../base/errors.ts';
import type { Addr, Bytes } from '../base/units.ts';
import type { Program } from '../program/program.ts';
import type { Value } from '../program/value.ts';
import type { CType } from '../types/c-type.ts';

/** A structure of the kernel, or of a driver that may be a module; undefined when no type information has it. */
export function findStruct(prog: Program, name: string): CType | undefined {
  const own = prog.findType(name);
  if (own && own.kind !== 'forward') return own;
  return prog.findModuleType(`struct ${name}`) ?? own; // a kernel may declare what only the module has
}

/** @throws NotFoundError when no type information has it: a module without BTF needs its debug information */
export function structAt(prog: Program, name: string, address: Addr): Value {
  const type = findStruct(prog, name);
  if (!type) throw new NotFoundError('type', name, 'neither the kernel nor a loaded module has type information of it');
  return prog.at(type, address);
}

/**
 * Where a member of a structure of the kernel or of a module lies, the newest name first.
 * @throws NotFoundError when no type information has the structure or the member
 */
export function structOffset(prog: Program, name: string, ...members: readonly string[]): Bytes {
  const type = findStruct(prog, name);
  for (const member of members) {
    const place = type?.findMember(member);
    if (place) return place.offset;
  }
  throw new NotFoundError(type ? 'member' : 'type', type ? `${name}.${members.join(' or ')}` : name);
}
