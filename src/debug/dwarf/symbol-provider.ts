import { Lazy } from '../../base/lazy.ts';
import type { Addr } from '../../base/units.ts';
import type { DebugInfo, DebugProvider, KernelSymbol } from '../../program/ports.ts';
import type { Program } from '../../program/program.ts';
import type { DebugFile } from './debug-file.ts';
import { FileSymbols, orNone } from './file-symbols.ts';
import { placementOf } from './placement.ts';

const NAME = 'symbols of debug files';
/** A variable of every kernel's image (the kernel's BSS_SECTION macro): its own table has it when it lists variables. */
const VARIABLE = '__bss_stop';

/**
 * Symbols from the symbol table of a vmlinux or module file, for what the dump's own tables lack: variables where the
 * kernel was built without CONFIG_KALLSYMS_ALL, everything where the tables are damaged. Ask it after those. Where the
 * kernel's own are complete, the files are not read.
 */
export function symbolProvider(files: readonly DebugFile[]): DebugProvider {
  return {
    name: NAME,
    offers: ['symbols'],
    open: (prog) => new DebugSymbols(prog, files),
  };
}

class DebugSymbols implements DebugInfo {
  readonly #prog: Program;
  readonly #kernels: readonly Lazy<FileSymbols | undefined>[];
  readonly #modules: readonly Lazy<FileSymbols | undefined>[];
  #asking = false;
  #complete: boolean | undefined;

  constructor(prog: Program, files: readonly DebugFile[]) {
    this.#prog = prog;
    const of = (file: DebugFile): Lazy<FileSymbols | undefined> =>
      new Lazy(() => {
        const placement = this.#try(() => placementOf(prog, file));
        return placement && new FileSymbols(file, placement);
      });
    this.#kernels = files.filter((f) => !f.elf.relocatable).map(of);
    this.#modules = files.filter((f) => f.elf.relocatable).map(of);
  }

  findSymbol(name: string): KernelSymbol | undefined {
    if (this.#kernels.length === 0 || this.#isComplete()) return undefined;
    return this.#find(this.#kernels, name);
  }

  findModuleSymbol(name: string): KernelSymbol | undefined {
    return this.#find(this.#modules, name);
  }

  symbolAt(at: Addr): KernelSymbol | undefined {
    if (this.#modules.length > 0) return this.#at(this.#modules, at);
    return this.#kernels.length === 0 || this.#isComplete() ? undefined : this.#at(this.#kernels, at);
  }

  symbolHolding(at: Addr): KernelSymbol | null | undefined {
    for (const file of this.#kernels) {
      const found = this.#try(() => file.get()?.holding(at));
      if (found !== undefined) return found;
    }
    return undefined;
  }

  *symbols(): Iterable<KernelSymbol> {
    if (this.#kernels.length === 0 || this.#isComplete()) return;
    // What the kernel's own table has is not repeated: without variables it has all of the code.
    const data = this.#byOthers('_stext') !== undefined;
    for (const file of this.#kernels) {
      const symbols = file.get();
      if (symbols) yield* symbols.all(data);
    }
  }

  *fileSymbols(): Iterable<KernelSymbol> {
    for (const file of this.#kernels) {
      const symbols = file.get();
      if (symbols) yield* symbols.listed();
    }
  }

  /** Whether the dump's own tables have what these files have. */
  #isComplete(): boolean {
    if (this.#asking) return true; // a question to the others came back
    this.#complete ??= this.#byOthers(VARIABLE) !== undefined;
    return this.#complete;
  }

  #byOthers(name: string): KernelSymbol | undefined {
    this.#asking = true;
    try {
      return this.#prog.findSymbol(name);
    } finally {
      this.#asking = false;
    }
  }

  #find(files: readonly Lazy<FileSymbols | undefined>[], name: string): KernelSymbol | undefined {
    for (const file of files) {
      const found = this.#try(() => file.get()?.find(name));
      if (found) return found;
    }
    return undefined;
  }

  #at(files: readonly Lazy<FileSymbols | undefined>[], at: Addr): KernelSymbol | undefined {
    for (const file of files) {
      const found = this.#try(() => file.get()?.at(at));
      if (found) return found;
    }
    return undefined;
  }

  #try<T>(ask: () => T | undefined): T | undefined {
    return orNone(ask, (error) => this.#prog.noteProblem(NAME, error));
  }
}
