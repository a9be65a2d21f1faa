import type { Addr, Bytes } from '../base/units.ts';
import type { ElfFile } from '../elf/elf-file.ts';
import type { SourceFrame } from '../program/ports.ts';
import { FunctionNames } from './function-names.ts';

/** A function of a file. */
export interface FunctionPlace {
  /** Link-time address. */
  readonly address: Addr;
  /** Up to the next symbol, as the kernel counts it in what it prints. */
  readonly size: Bytes;
}

/** A kernel or module file with symbols and lines; addresses are the file's own. */
export interface LineObject {
  /** The file, for people. */
  readonly name: string;
  /** Hexadecimal. */
  readonly buildId: string | undefined;
  /** Every function of this name. */
  functions(name: string): readonly FunctionPlace[];
  /** Source lines of an address, innermost first. */
  sourceAt(address: Addr): readonly SourceFrame[] | undefined;
}

/** A line object of an ELF file and a look-up of its line tables by link-time address. */
export function elfLineObject(
  elf: ElfFile,
  sourceAt: (address: Addr) => readonly SourceFrame[] | undefined,
): LineObject {
  let names: FunctionNames | undefined;
  return {
    name: elf.source.name,
    buildId: elf.buildId,
    functions(name) {
      names ??= new FunctionNames(elf);
      return names.find(name);
    },
    sourceAt,
  };
}
