import type { Program } from '../program/program.ts';

/** An `int` variable of the kernel; undefined where no symbol tells its place. @throws MemoryFault */
export function intVariable(prog: Program, name: string): number | undefined {
  const symbol = prog.findSymbol(name);
  return symbol && prog.memory.i32(symbol.address);
}

/** A `long`, `unsigned long` or `atomic_long_t` variable that counts; undefined where no symbol tells its place. @throws MemoryFault */
export function longVariable(prog: Program, name: string): number | undefined {
  const symbol = prog.findSymbol(name);
  return symbol && Number(BigInt.asIntN(64, prog.memory.ulong(symbol.address)));
}
