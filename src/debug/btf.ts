import type { Bytes } from '../base/units.ts';
import type { DebugInfo, DebugProvider } from '../program/ports.ts';
import type { Program } from '../program/program.ts';
import type { CType } from '../types/c-type.ts';
import { functionsTaking } from './btf-functions.ts';
import { findEnumeration, findGlobal } from './btf-globals.ts';
import { kernelBtf } from './btf-kernel.ts';
import { findIn, moduleTypes } from './btf-modules.ts';
import type { BtfTypes } from './btf-types.ts';

/** Types from the kernel's own .BTF section in memory, and those of modules from theirs. */
export const btf: DebugProvider = {
  name: 'types from BTF',
  offers: ['types'],
  open: (prog) => new Btf(prog),
};

const NAMED = new Set(['struct', 'union', 'enum', 'typedef']);

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

  findVariableType(name: string): CType | undefined {
    const id = findGlobal(this.#types.section, name);
    return id === undefined ? undefined : this.#types.global(id);
  }

  findModuleVariableType(name: string): CType | undefined {
    this.#modules ??= moduleTypes(this.#prog);
    for (const types of this.#modules) {
      const id = findGlobal(types.section, name);
      if (id !== undefined) return types.global(id);
    }
    return undefined;
  }

  findEnumerator(name: string): { readonly type: CType; readonly value: bigint } | undefined {
    const found = this.#enumerator(this.#types, name);
    if (found) return found;
    this.#modules ??= moduleTypes(this.#prog);
    for (const types of this.#modules) {
      const inModule = this.#enumerator(types, name);
      if (inModule) return inModule;
    }
    return undefined;
  }

  #enumerator(types: BtfTypes, name: string): { readonly type: CType; readonly value: bigint } | undefined {
    const id = findEnumeration(types.section, name);
    const type = id === undefined ? undefined : types.type(id);
    const value = type?.enumerators.find((e) => e.name === name)?.value;
    return type && value !== undefined ? { type, value } : undefined;
  }

  *functionsTaking(struct: string): Iterable<string> {
    this.#modules ??= moduleTypes(this.#prog);
    for (const types of [this.#types, ...this.#modules]) yield* functionsTaking(types, struct);
  }

  *structsOfSize(least: Bytes, most: Bytes): Iterable<CType> {
    this.#modules ??= moduleTypes(this.#prog);
    for (const types of [this.#types, ...this.#modules]) yield* types.structsOfSize(least, most);
  }

  *namedTypes(): Iterable<CType> {
    const { section } = this.#types;
    for (let id = section.firstId; id < section.endId; id++) {
      const type = this.#types.type(id);
      if (NAMED.has(type.kind) && type.name !== '') yield type;
    }
  }

  findModuleType(name: string): CType | undefined {
    this.#modules ??= moduleTypes(this.#prog);
    return findIn(this.#modules, name);
  }
}
