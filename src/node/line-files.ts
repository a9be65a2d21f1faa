import { architectures } from '../arch/index.ts';
import { AnalysisError } from '../base/errors.ts';
import type { Addr } from '../base/units.ts';
import { type DebugFile, openDebugFile } from '../debug/dwarf/debug-file.ts';
import { SourceLines } from '../debug/dwarf/source-lines.ts';
import type { SourceFrame } from '../program/ports.ts';
import type { CodeReader } from '../symbolize/code-text.ts';
import { elfLineObject, type LineObject } from '../symbolize/line-object.ts';
import type { ObjectOf } from '../symbolize/text-symbolizer.ts';
import { nodeCodecs } from './codecs.ts';
import type { DebugSearch, WantedFile } from './debug-search.ts';
import { nodeDisassembler } from './disassembler.ts';
import { type FileSource, openFileSource } from './file-source.ts';

/** Opens files with debug information for symbolizing text; keeps them open until `close`. */
export class LineFiles {
  readonly #codecs = nodeCodecs();
  readonly #open: FileSource[] = [];

  /** Decoders that packed sections may need. */
  async prepare(): Promise<void> {
    await this.#codecs.prepare(['zstd']);
  }

  /** @throws AnalysisError when it is no ELF file */
  file(path: string): DebugFile {
    const source = openFileSource(path);
    this.#open.push(source);
    return openDebugFile(source, this.#codecs, architectures);
  }

  object(path: string): LineObject {
    const file = this.file(path);
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
      if (found) return this.object(found.path);
    } catch (e) {
      if (!(e instanceof AnalysisError)) throw e;
      return { why: e.message };
    }
    const id = buildId === undefined ? '' : ` with build-id ${buildId}`;
    return { why: module === undefined ? 'no vmlinux was found' : `no file of module ${module}${id} was found` };
  }

  /** What disassembles the code of the machine that a file is for; undefined where nothing does. */
  codeReader(path: string): CodeReader | undefined {
    const { header } = this.file(path).elf;
    const set = architectures.find((a) => a.elfMachine === header.machine)?.instructionSet;
    return set && { disassembler: nodeDisassembler(), set, littleEndian: header.littleEndian };
  }

  close(): void {
    for (const file of this.#open) file.close();
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
