import type { ByteSource } from '../../base/byte-source.ts';
import { type AnalysisError, NotFoundError } from '../../base/errors.ts';
import { Lazy } from '../../base/lazy.ts';
import { ElfFile } from '../../elf/elf-file.ts';
import { readElfHeader } from '../../elf/elf-header.ts';
import type { Architecture, Codecs } from '../../program/ports.ts';
import type { DebugCache } from './debug-cache.ts';
import { Dwarf } from './dwarf.ts';
import { MacroTable } from './macro-table.ts';
import { type OpenPath, SplitFiles } from './split-files.ts';

/** What a file's relocations are read with. */
export type RelocationsOfMachine = Pick<Architecture, 'elfMachine' | 'relocations'>;

/** What the host does for a debug file. */
export interface DebugFileOptions {
  /** Opens the files that this one names (`.dwo`, `.dwp`). Absent: units that were split off are not read. */
  readonly open?: OpenPath;
  /** Keeps what is worked out of the file between runs. */
  readonly cache?: DebugCache;
}

/** A vmlinux or module file with symbols and, mostly, debugging information. */
export class DebugFile {
  readonly elf: ElfFile;
  readonly #dwarf: Lazy<Dwarf>;
  readonly #macros = new Lazy(() => new MacroTable(this.dwarf));
  readonly #problems = new Map<string, AnalysisError>();
  /** Told of a problem when it is first met. */
  onProblem: ((error: AnalysisError) => void) | undefined;

  /** @param elfOf opens the files that belong to it as this one was opened */
  constructor(elf: ElfFile, elfOf?: (source: ByteSource) => ElfFile, options: DebugFileOptions = {}) {
    this.elf = elf;
    this.#dwarf = new Lazy(() => {
      if (!elf.section('.debug_info')) throw new NotFoundError('section', '.debug_info', `${this.name} has none`);
      const dwarf = new Dwarf(elf);
      const { open, cache } = options;
      dwarf.cache = cache;
      if (open && elfOf) dwarf.splitFiles = new SplitFiles(dwarf, open, elfOf, (e) => this.#note(e));
      return dwarf;
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

  /** Macros by name. @throws NotFoundError when the file has no debugging information */
  get macros(): MacroTable {
    return this.#macros.get();
  }

  /** Gives it the file that `elf.altLink` names. */
  attachAlt(alt: DebugFile): void {
    this.dwarf.alt = alt.dwarf;
  }

  /** What was missing so far: files that units were split into. */
  get problems(): readonly AnalysisError[] {
    return [...this.#problems.values()];
  }

  #note(error: AnalysisError): void {
    if (this.#problems.has(error.message)) return;
    this.#problems.set(error.message, error);
    this.onProblem?.(error);
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
  options: DebugFileOptions = {},
): DebugFile {
  const inflate = (codec: 'zlib' | 'zstd', packed: Uint8Array, size: number): Uint8Array => {
    const into = new Uint8Array(size);
    return into.subarray(0, codecs.decoder(codec)(packed, into));
  };
  const elfOf = (from: ByteSource): ElfFile => {
    const { machine } = readElfHeader(from);
    const relocations = machines.find((m) => m.elfMachine === machine)?.relocations;
    return new ElfFile(from, { inflate, ...(relocations ? { relocations } : {}) });
  };
  return new DebugFile(elfOf(source), elfOf, options);
}
