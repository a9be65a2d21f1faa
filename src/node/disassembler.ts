import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { UnsupportedError } from '../base/errors.ts';
import { capstoneDisassembler } from '../disasm/capstone.ts';
import type { CapstoneExports, CapstoneImports } from '../disasm/capstone-module.ts';
import type { Disassembler } from '../program/instruction.ts';

/** Where the module lies: beside the bundled program, beside the library's folders, or in the package in a source tree. */
const PLACES = [
  'capstone.wasm',
  '../capstone.wasm',
  '../../node_modules/@alexaltea/capstone-js/dist/capstone.wasm',
] as const;

/** What Node's types leave out: compiling on the calling thread. */
interface SyncWebAssembly {
  readonly Module: new (code: Uint8Array) => object;
  readonly Instance: new (module: object, imports: object) => { readonly exports: unknown };
}

/** A disassembler whose module is read and compiled on the first question. */
export function nodeDisassembler(): Disassembler {
  return capstoneDisassembler(instantiate);
}

function instantiate(imports: CapstoneImports): CapstoneExports {
  const file = PLACES.map((place) => join(import.meta.dirname, place)).find((path) => existsSync(path));
  if (file === undefined) throw new UnsupportedError(`disassembler: no capstone.wasm at ${import.meta.dirname}`);
  const { WebAssembly } = globalThis as unknown as { WebAssembly: SyncWebAssembly };
  return new WebAssembly.Instance(new WebAssembly.Module(readFileSync(file)), imports).exports as CapstoneExports;
}
