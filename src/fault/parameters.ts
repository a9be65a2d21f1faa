import type { KernelSymbol } from '../program/ports.ts';
import type { Program } from '../program/program.ts';
import type { CType } from '../types/c-type.ts';
import { prototypeOf } from './prototypes.ts';

/** A parameter of a function; the name is empty where the types do not tell it. */
export interface Parameter {
  readonly name: string;
  readonly type: CType;
}

const NONE: readonly Parameter[] = [];

/**
 * The parameters of a function in their order, by its type or by the variables that debug information lists at its
 * beginning. None where they are not known.
 */
export function parametersOf(prog: Program, symbol: KernelSymbol): readonly Parameter[] {
  const type = prototypeOf(prog, symbol);
  if (type?.parameters.some((p) => p.name !== '')) return type.parameters;
  if (!prog.has('locals') || /\.(?:isra|constprop)/.test(symbol.name)) return type?.parameters ?? NONE;
  const locals = prog.localsAt(symbol.address, { registers: [], callers: [] }) ?? [];
  const own = locals.filter((l) => l.parameter && l.function === symbol.name);
  const found: Parameter[] = [];
  for (const { name, type: known } of own) {
    if (!known) return type?.parameters ?? NONE;
    found.push({ name, type: known });
  }
  return found.length > 0 ? found : (type?.parameters ?? NONE);
}
