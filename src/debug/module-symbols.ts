import { AnalysisError } from '../base/errors.ts';
import type { Addr } from '../base/units.ts';
import type { DebugInfo, DebugProvider, KernelSymbol } from '../program/ports.ts';
import type { Program } from '../program/program.ts';
import { type LoadedModule, loadedModules } from './module-list.ts';
import { ModuleSymbolTable } from './module-symbol-table.ts';

/** Symbols of loaded modules, from the tables that the kernel keeps for its own traces. */
export const moduleSymbols: DebugProvider = {
  name: 'symbols of modules',
  offers: ['symbols'],
  open: (prog) => new ModuleSymbols(prog),
};

class ModuleSymbols implements DebugInfo {
  readonly #prog: Program;
  readonly #tables = new Map<LoadedModule, ModuleSymbolTable | undefined>();

  constructor(prog: Program) {
    this.#prog = prog;
  }

  symbolAt(at: Addr): KernelSymbol | undefined {
    const module = loadedModules(this.#prog).find((m) => m.parts.some((part) => at >= part.start && at < part.end));
    return module && this.#table(module)?.at(at);
  }

  findModuleSymbol(name: string): KernelSymbol | undefined {
    for (const module of loadedModules(this.#prog)) {
      const symbol = this.#table(module)?.find(name);
      if (symbol) return symbol;
    }
    return undefined;
  }

  *symbols(): Iterable<KernelSymbol> {
    for (const module of loadedModules(this.#prog)) yield* this.#table(module)?.all() ?? [];
  }

  #table(module: LoadedModule): ModuleSymbolTable | undefined {
    if (!this.#tables.has(module)) {
      let table: ModuleSymbolTable | undefined;
      try {
        table = new ModuleSymbolTable(this.#prog, module);
      } catch (e) {
        if (!(e instanceof AnalysisError)) throw e;
        this.#prog.noteProblem(`symbols of module ${module.name}`, e);
      }
      this.#tables.set(module, table);
    }
    return this.#tables.get(module);
  }
}
