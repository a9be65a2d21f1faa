import { perOwner } from '../base/lazy.ts';
import type { KernelSymbol } from '../program/ports.ts';
import type { Program } from '../program/program.ts';
import type { CType } from '../types/c-type.ts';

const cache = perOwner((_prog: Program) => new Map<string, CType | undefined>());

/** The type of a function by its name; a compiler's copy with other parameters (`.isra`, `.constprop`) has none. */
export function prototypeOf(prog: Program, symbol: KernelSymbol | undefined): CType | undefined {
  if (!symbol) return undefined;
  const name = symbol.name.replace(/\.(?:cold|part)(?:\.\d+)?$/, '');
  const types = cache(prog);
  if (!types.has(name)) {
    const type = prog.findVariableType(name) ?? (symbol.module === undefined ? undefined : moduleFunction(prog, name));
    types.set(name, type?.kind === 'function' ? type : undefined);
  }
  return types.get(name);
}

function moduleFunction(prog: Program, name: string): CType | undefined {
  return prog.findModuleVariableType(name);
}
