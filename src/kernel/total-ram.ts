import type { Program } from '../program/program.ts';

/** Pages that the kernel manages (MemTotal); `undefined` when the variable is not there. @throws MemoryFault */
export function totalRamPages(prog: Program): number | undefined {
  // commit ca79b0c211af ("mm: convert totalram_pages and totalhigh_pages variables to atomic", v5.0)
  const symbol = prog.findSymbol('_totalram_pages') ?? prog.findSymbol('totalram_pages');
  return symbol && Number(prog.memory.ulong(symbol.address));
}
