import type { ByteSource } from '../../base/byte-source.ts';
import { AnalysisError, NotFoundError } from '../../base/errors.ts';
import { hex } from '../../base/hex.ts';
import { Lazy } from '../../base/lazy.ts';
import type { Bytes } from '../../base/units.ts';
import type { ElfFile } from '../../elf/elf-file.ts';
import { Dwarf } from './dwarf.ts';
import { SplitPlaces } from './split-places.ts';
import type { Unit } from './unit.ts';

/** Opens a file by path; undefined when it is not there. */
export type OpenPath = (path: string) => ByteSource | undefined;

/** Files that are opened at most: a kernel has some thousand units. */
const MAX_FILES = 20_000;

/** The units that a compiler wrote into files of their own (DWARF 5, 7.3.2): a `.dwo` for each, or one `.dwp`. */
export class SplitFiles {
  readonly #whole: Dwarf;
  readonly #open: OpenPath;
  readonly #elf: (source: ByteSource) => ElfFile;
  readonly #problem: (error: AnalysisError) => void;
  readonly #units = new Map<Bytes, Unit | undefined>();
  readonly #files = new Map<string, Dwarf | undefined>();
  readonly #package: Lazy<Dwarf | undefined>;
  readonly #all = new Lazy(() => this.#findAll());
  readonly #skeletons = new Map<bigint, Bytes>();
  #knowsAll = false;

  /** @param problem is told of files that are missing or do not belong to the whole one */
  constructor(
    whole: Dwarf,
    open: OpenPath,
    elf: (source: ByteSource) => ElfFile,
    problem: (error: AnalysisError) => void,
  ) {
    this.#whole = whole;
    this.#open = open;
    this.#elf = elf;
    this.#problem = problem;
    this.#package = new Lazy(() => this.#openPackage());
  }

  /** What was split off a unit; undefined when nothing was, or when it cannot be had. */
  unitOf(unit: Unit): Unit | undefined {
    const { kind, version } = unit.header;
    if (kind !== 'skeleton' && (kind !== 'compile' || version >= 5)) return undefined;
    if (!this.#units.has(unit.offset)) {
      let found: Unit | undefined;
      try {
        found = this.#find(unit);
      } catch (e) {
        if (!(e instanceof AnalysisError)) throw e;
        this.#problem(e);
      }
      this.#units.set(unit.offset, found);
    }
    return this.#units.get(unit.offset);
  }

  #find(unit: Unit): Unit | undefined {
    const name = unit.splitName;
    const id = unit.splitId;
    if (name === undefined || id === undefined) return undefined;
    this.#skeletons.set(id, unit.offset);
    const pack = this.#package.get();
    const at = pack?.split?.byId(id)?.get('info');
    if (pack && at !== undefined) return pack.unit(at);
    const file = this.#file(name, unit.directory);
    if (!file) throw new NotFoundError('split file', name, `${this.#whole.elf.source.name} needs it`);
    for (const start of file.unitTable.starts) {
      const found = file.unit(start);
      if (found.header.kind !== 'type' && found.splitId === id) return found;
    }
    throw new NotFoundError('unit', `${hex(id)} in ${file.elf.source.name}`, 'it was built for another file');
  }

  /** Of a path as the compiler wrote it: there, beside the whole file, and beside it without the path's folders. */
  #file(name: string, directory: string): Dwarf | undefined {
    const own = this.#whole.elf.source.name;
    const beside = own.slice(0, own.lastIndexOf('/') + 1);
    const paths = name.startsWith('/') ? [name] : [`${directory}/${name}`, beside + name];
    paths.push(beside + name.slice(name.lastIndexOf('/') + 1));
    for (const path of paths) {
      const file = this.#openOnce(path);
      if (file) return file;
    }
    return undefined;
  }

  #openOnce(path: string): Dwarf | undefined {
    if (!this.#files.has(path) && this.#files.size < MAX_FILES) {
      const source = this.#open(path);
      this.#files.set(path, source && this.#split(source));
    }
    return this.#files.get(path);
  }

  #openPackage(): Dwarf | undefined {
    const { name } = this.#whole.elf.source;
    const other = name.replace(/\.(?:debug|ko)$/, '.dwp');
    const source = this.#open(`${name}.dwp`) ?? (other === name ? undefined : this.#open(other));
    try {
      return source && this.#split(source);
    } catch (e) {
      if (!(e instanceof AnalysisError)) throw e;
      this.#problem(e);
      return undefined;
    }
  }

  #split(source: ByteSource): Dwarf {
    const elf = this.#elf(source);
    return new Dwarf(elf, new SplitPlaces(this.#whole, elf, (id) => this.#skeleton(id)));
  }

  /** The unit of the whole file with an id. */
  #skeleton(id: bigint): Unit | undefined {
    if (!this.#skeletons.has(id)) this.#readSkeletons();
    const start = this.#skeletons.get(id);
    return start === undefined ? undefined : this.#whole.unit(start);
  }

  #readSkeletons(): void {
    if (this.#knowsAll) return;
    this.#knowsAll = true;
    for (const start of this.#whole.unitTable.starts) {
      try {
        const id = this.#whole.unitStart(start).splitId;
        if (id !== undefined && !this.#skeletons.has(id)) this.#skeletons.set(id, start);
      } catch (e) {
        if (!(e instanceof AnalysisError)) throw e; // what asks for this one will say so
      }
    }
  }

  /** All files that units were split into, each once; the units are looked through when it is first asked for. */
  all(): readonly Dwarf[] {
    return this.#all.get();
  }

  #findAll(): readonly Dwarf[] {
    const found = new Set<Dwarf>();
    for (const start of this.#whole.unitTable.starts) {
      try {
        const split = this.unitOf(this.#whole.unitStart(start));
        if (split) found.add(split.dwarf);
      } catch (e) {
        if (!(e instanceof AnalysisError)) throw e;
      }
    }
    return [...found];
  }
}
