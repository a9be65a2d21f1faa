import type { Addr } from '../base/units.ts';
import type { Program } from '../program/program.ts';

/**
 * Address of a kernel variable that VMCOREINFO usually states, so that reading it needs no symbol table.
 * @returns undefined when neither VMCOREINFO nor a symbol table has it
 */
export function globalAddress(prog: Program, name: string): Addr | undefined {
  return prog.vmcoreinfo.symbol(name) ?? prog.findSymbol(name)?.address;
}
