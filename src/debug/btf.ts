import type { DebugInfo, DebugProvider } from '../program/ports.ts';
import type { Program } from '../program/program.ts';
import type { CType } from '../types/c-type.ts';
import { kernelBtf } from './btf-kernel.ts';
import { findIn, moduleTypes } from './btf-modules.ts';
import type { BtfTypes } from './btf-types.ts';

/** Types from the kernel's own .BTF section in memory, and those of modules from theirs. */
export const btf: DebugProvider = {
  name: 'types from BTF',
  offers: ['types'],
  open: (prog) => new Btf(prog),
};

class Btf implements DebugInfo {
  readonly #prog: Program;
  readonly #types: BtfTypes;
  #modules: readonly BtfTypes[] | undefined;

  constructor(prog: Program) {
    this.#prog = prog;
    this.#types = kernelBtf(prog);
  }

  findType(name: string): CType | undefined {
    return this.#types.find(name);
  }

  findModuleType(name: string): CType | undefined {
    this.#modules ??= moduleTypes(this.#prog);
    return findIn(this.#modules, name);
  }
}
