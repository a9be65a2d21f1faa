import type { ByteSource } from '../../base/byte-source.ts';
import { NotFoundError } from '../../base/errors.ts';
import { Lazy } from '../../base/lazy.ts';
import { ElfFile } from '../../elf/elf-file.ts';
import { readElfHeader } from '../../elf/elf-header.ts';
import type { Architecture, Codecs } from '../../program/ports.ts';
import { Dwarf } from './dwarf.ts';

/** What a file's relocations are read with. */
export type RelocationsOfMachine = Pick<Architecture, 'elfMachine' | 'relocations'>;

/** A vmlinux or module file with symbols and, mostly, debugging information. */
export class DebugFile {
  readonly elf: ElfFile;
  readonly #dwarf: Lazy<Dwarf>;

  constructor(elf: ElfFile) {
    this.elf = elf;
    this.#dwarf = new Lazy(() => {
      if (!elf.section('.debug_info')) throw new NotFoundError('section', '.debug_info', `${this.name} has none`);
      return new Dwarf(elf);
    });
  }

  get name(): string {
    return this.elf.source.name;
  }

  /** Hexadecimal. */
  get buildId(): string | undefined {
    return this.elf.buildId;
  }

  /** Whether it holds debugging information; symbols alone need none. */
  get hasDwarf(): boolean {
    return this.elf.sectionIndex('.debug_info') >= 0 || this.elf.sectionIndex('.zdebug_info') >= 0;
  }

  /** @throws NotFoundError when the file has no debugging information */
  get dwarf(): Dwarf {
    return this.#dwarf.get();
  }

  /** Gives it the file that `elf.altLink` names. */
  attachAlt(alt: DebugFile): void {
    this.dwarf.alt = alt.dwarf;
  }
}

/**
 * Opens a vmlinux, a module or the debug file of one; reads only headers.
 * @param machines the CPUs whose relocations are known, for modules
 * @throws AnalysisError when it is not ELF or damaged
 */
export function openDebugFile(
  source: ByteSource,
  codecs: Codecs,
  machines: readonly RelocationsOfMachine[],
): DebugFile {
  const inflate = (codec: 'zlib' | 'zstd', packed: Uint8Array, size: number): Uint8Array => {
    const into = new Uint8Array(size);
    return into.subarray(0, codecs.decoder(codec)(packed, into));
  };
  const { machine } = readElfHeader(source);
  const relocations = machines.find((m) => m.elfMachine === machine)?.relocations;
  return new DebugFile(new ElfFile(source, { inflate, ...(relocations ? { relocations } : {}) }));
}
