import { addrAdd } from '../base/u64.ts';
import type { Addr } from '../base/units.ts';
import type { LocalVariable } from '../program/ports.ts';
import type { Program } from '../program/program.ts';
import { baseTypes } from './base-types.ts';
import { ExprValue } from './expr-value.ts';
import type { Scope } from './scope.ts';

/**
 * The names of an expression about one object: the members of its structure, and under `name` its address; anything else
 * is looked for in `outer`.
 * @param type name of the structure @throws NotFoundError when there is no such structure
 */
export function memberScope(prog: Program, type: string, at: Addr, name: string, outer: Scope = {}): Scope {
  const whole = prog.type(type);
  const local = (member: string): LocalVariable | undefined => {
    const base = { name: member, function: '', parameter: false };
    if (member === name) {
      const pointer = baseTypes(prog).pointer(whole);
      return { ...base, type: pointer, bytes: ExprValue.ofInteger(prog, pointer, at).bytes() };
    }
    const place = whole.findMember(member);
    if (!place) return outer.local?.(member);
    const address = addrAdd(at, place.offset);
    if (place.bitSize === 0) return { ...base, type: place.type, address };
    const field = new ExprValue(prog, place.type, { address, bit: place.bit, bitSize: place.bitSize });
    return { ...base, type: place.type, bytes: ExprValue.ofInteger(prog, place.type, field.toBigInt()).bytes() };
  };
  return { ...outer, local };
}
