import { architectures } from '../arch/index.ts';
import type { ByteSource } from '../base/byte-source.ts';
import { AnalysisError } from '../base/errors.ts';
import type { Addr } from '../base/units.ts';
import { type DebugFile, openDebugFile } from '../debug/dwarf/debug-file.ts';
import { SourceLines } from '../debug/dwarf/source-lines.ts';
import type { SourceFrame } from '../program/ports.ts';
import type { CodeReader } from '../symbolize/code-text.ts';
import { elfLineObject, type LineObject } from '../symbolize/line-object.ts';
import type { ObjectOf } from '../symbolize/text-symbolizer.ts';
import { type NodeCodecs, nodeCodecs } from './codecs.ts';
import { userDebugCache } from './debug-cache.ts';
import type { DebugSearch, WantedFile } from './debug-search.ts';
import { nodeDisassembler } from './disassembler.ts';
import { FilePool } from './file-pool.ts';
import type { FileSource } from './file-source.ts';
import { openKernelFile } from './packed-file.ts';

/** Opens files with debug information for symbolizing text; keeps them open until `close`. */
export class LineFiles {
  readonly codecs: NodeCodecs = nodeCodecs();
  readonly #open: FileSource[] = [];
  readonly #split = new FilePool();
  readonly #cache = userDebugCache();

  /** Decoders that packed files and sections may need. */
  async prepare(): Promise<void> {
    await this.codecs.prepare(['zstd']);
  }

  /**
   * Opens a file with what belongs to it: the file of common parts that dwz made, and units that were split off.
   * @throws AnalysisError when it is no ELF file
   */
  file(path: string, search: DebugSearch): DebugFile {
    const file = this.#debugFile(path, search);
    const link = file.hasDwarf ? attempt(() => file.elf.altLink) : undefined;
    const alt = link && search.alt(path, link);
    if (alt !== undefined) attempt(() => file.attachAlt(this.#debugFile(alt, search)));
    return file;
  }

  #debugFile(path: string, search: DebugSearch): DebugFile {
    const source = openKernelFile(path, this.codecs);
    this.#open.push(source);
    return openDebugFile(source, this.codecs, architectures, {
      open: (wanted) => this.#splitFile(wanted, search),
      ...(this.#cache && { cache: this.#cache }),
    });
  }

  #splitFile(path: string, search: DebugSearch): ByteSource | undefined {
    const there = this.#split.source(path);
    if (there) return there;
    const found = search.split(path);
    return found === undefined ? undefined : this.#split.source(found);
  }

  object(path: string, search: DebugSearch): LineObject {
    const file = this.file(path, search);
    return elfLineObject(file.elf, sourceLookup(file));
  }

  /** The objects that a log needs, each opened on the first question. */
  objects(search: DebugSearch, kernel: WantedFile): ObjectOf {
    const known = new Map<string, LineObject | { why: string }>();
    return (module, buildId) => {
      const key = `${module ?? ''} ${buildId ?? ''}`;
      let object = known.get(key);
      if (!object) {
        object = this.#find(search, kernel, module, buildId);
        known.set(key, object);
      }
      return object;
    };
  }

  #find(
    search: DebugSearch,
    kernel: WantedFile,
    module: string | undefined,
    buildId: string | undefined,
  ): LineObject | { why: string } {
    const wanted = { ...(kernel.release !== undefined && { release: kernel.release }), ...(buildId && { buildId }) };
    try {
      const found = module === undefined ? search.kernel(kernel) : search.module(module, wanted);
      if (found) return this.object(found.path, search);
    } catch (e) {
      if (!(e instanceof AnalysisError)) throw e;
      return { why: e.message };
    }
    const id = buildId === undefined ? '' : ` with build-id ${buildId}`;
    return { why: module === undefined ? 'no vmlinux was found' : `no file of module ${module}${id} was found` };
  }

  /** What disassembles the code of the machine that a file is for; undefined where nothing does. */
  codeReader(path: string, search: DebugSearch): CodeReader | undefined {
    const { header } = this.#debugFile(path, search).elf;
    const set = architectures.find((a) => a.elfMachine === header.machine)?.instructionSet;
    return set && { disassembler: nodeDisassembler(), set, littleEndian: header.littleEndian };
  }

  close(): void {
    for (const file of this.#open) file.close();
    this.#split.close();
  }
}

/** A look-up of source lines by link-time address; damage of a unit leaves its addresses without an answer. */
function sourceLookup(file: DebugFile): (address: Addr) => readonly SourceFrame[] | undefined {
  if (!file.hasDwarf) return () => undefined;
  const { dwarf } = file;
  const lines = new SourceLines(dwarf);
  return (address) => {
    try {
      return lines.at(dwarf.place(address));
    } catch (e) {
      if (e instanceof AnalysisError) return undefined;
      throw e;
    }
  };
}

/** What belongs to a file and cannot be read is as good as absent: then what needs it says so. */
function attempt<T>(run: () => T): T | undefined {
  try {
    return run();
  } catch (e) {
    if (e instanceof AnalysisError) return undefined;
    throw e;
  }
}
