import { MemoryFault } from '../base/errors.ts';
import type { Addr } from '../base/units.ts';
import type { DataReference } from '../program/ports.ts';
import type { Program } from '../program/program.ts';

/** No function that is asked here is longer. */
const MAX_CODE = 0x4000;

/** Data addresses that the function `name` names; empty when there is no such function or its code cannot be read. */
export function referencesOf(prog: Program, name: string): readonly DataReference[] {
  const decode = prog.arch.dataReferences;
  const fn = decode && prog.findSymbol(name);
  if (!fn || fn.size === 0 || fn.size > MAX_CODE) return [];
  try {
    return decode(prog.memory.bytes(fn.address, fn.size), fn.address);
  } catch (e) {
    if (e instanceof MemoryFault) return [];
    throw e;
  }
}

/** Whether `check` accepts `address`; memory that cannot be read is no acceptance. */
export function accepts(check: (address: Addr) => boolean, address: Addr): boolean {
  try {
    return check(address);
  } catch (e) {
    if (e instanceof MemoryFault) return false;
    throw e;
  }
}
