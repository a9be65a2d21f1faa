import type { Addr, Bytes } from '../base/units.ts';
import type { Program } from '../program/program.ts';
import type { Machine } from './machine.ts';

/** A linker's veneer may lead to one of a module. */
const MAX_VENEERS = 2;
const MAX_SIZE: Bytes = 32;
/** Linkers name theirs after where they lead; those of modules have no name. */
const NAMED = /veneer$/;

/** Where a call or jump to `target` ends up: behind the veneers there, if there are any. */
export function throughVeneers(prog: Program, machine: Machine, target: Addr): Addr {
  let at = target;
  for (let n = 0; n < MAX_VENEERS; n++) {
    const symbol = prog.symbolAt(at);
    if (!machine.veneer || (symbol?.address === at && !NAMED.test(symbol.name))) return at;
    const next = machine.veneer(codeAt(prog, at), at);
    if (next === undefined) return at;
    at = next;
  }
  return at;
}

/** As much as can be read. */
function codeAt(prog: Program, at: Addr): Uint8Array {
  for (let size = MAX_SIZE; size >= 8; size /= 2) {
    const code = new Uint8Array(size);
    if (prog.memory.tryRead(at, code) === undefined) return code;
  }
  return new Uint8Array(0);
}
