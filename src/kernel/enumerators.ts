import type { Program } from '../program/program.ts';

/** The values of an enum's names; empty when this kernel has no such enum or no types. */
export function enumerators(prog: Program, name: string): ReadonlyMap<string, number> {
  const values = new Map<string, number>();
  for (const item of prog.findType(`enum ${name}`)?.resolve().enumerators ?? []) {
    values.set(item.name, Number(item.value));
  }
  return values;
}
