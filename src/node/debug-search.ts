import { existsSync } from 'node:fs';
import { basename, join } from 'node:path';
import { AnalysisError, UsageError } from '../base/errors.ts';
import type { DebugLink } from '../elf/elf-file.ts';
import type { Codecs } from '../program/ports.ts';
import { DebugFolder, isDirectory, moduleFileKey, moduleKey } from './debug-folder.ts';
import { altLinkPlaces, debugLinkPlaces, hasCrc } from './debug-link.ts';
import { buildIdPath, buildIdPlaces, debuginfodCache, kernelPlaces, moduleFolders } from './debug-places.ts';
import { type ElfIdentity, elfIdentity } from './elf-identity.ts';

/** Where to look for debug information. */
export interface DebugSearchOptions {
  /** Files and folders that a user named. */
  readonly given?: readonly string[];
  /** Whether to look in the places where distributions put it; true when absent. */
  readonly usual?: boolean;
  /** Uses a given file whose build-id is another kernel's. */
  readonly force?: boolean;
  /** Folder that stands for `/`. */
  readonly root?: string;
  /** Cache of the debuginfod client. */
  readonly cache?: string;
  /** For packed files; absent: what needs no preparation. */
  readonly codecs?: Codecs;
}

/** The kernel or module that is looked for. */
export interface WantedFile {
  /** Build-id in hexadecimal, where the dump or the log tells it. */
  readonly buildId?: string;
  /** `uname -r` of the kernel. */
  readonly release?: string;
}

/** A file with debug information. */
export interface DebugFilePath {
  readonly path: string;
  readonly buildId?: string;
  /** Its build-id is not the wanted one, or cannot be compared: why, in one sentence. */
  readonly doubt?: string;
}

/** A file that was named for a kernel is another's. */
export class WrongDebugInfoError extends AnalysisError {
  constructor(path: string, has: string | undefined, wanted: string) {
    super(
      'wrong-debug-info',
      `${path}: build-id ${has ?? '(none)'}, but the kernel that crashed has ${wanted}; ` +
        'give the vmlinux of exactly that build, or --force to use it all the same (then lines may be wrong)',
    );
  }
}

/** Finds files with debug information: by build-id, never by name alone. Looks at nothing before it is asked. */
export class DebugSearch {
  readonly #options: DebugSearchOptions;
  readonly #files: ElfIdentity[] = [];
  readonly #folders: DebugFolder[] = [];
  readonly #usual = new Map<string, DebugFolder[]>();
  readonly #known = new Map<string, ElfIdentity>();

  /** @throws UsageError for a given file that is neither a folder nor ELF with sections */
  constructor(options: DebugSearchOptions = {}) {
    this.#options = options;
    for (const path of options.given ?? []) {
      if (isDirectory(path)) this.#folders.push(new DebugFolder(path));
      else this.#files.push(this.#given(path));
    }
  }

  /** Whether a user named anything. */
  get explicit(): boolean {
    return this.#files.length + this.#folders.length > 0;
  }

  #given(path: string): ElfIdentity {
    let why: AnalysisError | undefined;
    const identity = elfIdentity(path, this.#options.codecs, (error) => {
      why = error;
    });
    if (identity) return identity;
    if (why && existsSync(path)) throw why;
    throw new UsageError(
      existsSync(path)
        ? `${path}: holds no debug information (it is no ELF executable or module)`
        : `${path}: no such file or directory`,
    );
  }

  /**
   * The kernel's file with debug information; undefined when there is none.
   * @throws WrongDebugInfoError when one was named that is of another build
   */
  kernel(wanted: WantedFile): DebugFilePath | undefined {
    const given = this.#files.filter((f) => f.kind === 'kernel');
    const right = given.find((f) => f.buildId !== undefined && f.buildId === wanted.buildId);
    if (right) return this.#withLines(right, wanted);
    const other = given[0];
    if (other) return this.#doubtful(other, wanted);
    for (const folder of this.#folders) {
      const found = this.#byId(folder.path, wanted.buildId) ?? this.#first(folder.kernels(), wanted, 'kernel');
      if (found) return found;
    }
    if (this.#options.usual === false) return undefined;
    const places = kernelPlaces(this.#options.root ?? '/', wanted.release, wanted.buildId);
    return this.#first([...this.#cached(wanted.buildId), ...places], wanted, 'kernel');
  }

  /** The file of a module; undefined when there is none of its build. @param name as the kernel calls it */
  module(name: string, wanted: WantedFile): DebugFilePath | undefined {
    const named = this.#files.filter((f) => f.kind === 'module');
    const right = named.find((f) => f.buildId !== undefined && f.buildId === wanted.buildId);
    if (right) return this.#withLines(right, wanted);
    const mine = named.filter((f) => moduleFileKey(basename(f.path)) === moduleKey(name));
    for (const file of mine) {
      if (wanted.buildId === undefined || this.#options.force) return this.#withLines(file, wanted);
    }
    for (const folder of this.#folders) {
      const found = this.#byId(folder.path, wanted.buildId) ?? this.#first(folder.modulesNamed(name), wanted, 'module');
      if (found) return found;
    }
    if (this.#options.usual === false) return undefined;
    const root = this.#options.root ?? '/';
    const direct = this.#first(
      [...this.#cached(wanted.buildId), ...buildIdPlaces(root, wanted.buildId)],
      wanted,
      'module',
    );
    if (direct) return direct;
    for (const folder of this.#usualFolders(root, wanted.release)) {
      const found = this.#first(folder.modulesNamed(name), wanted, 'module');
      if (found) return found;
    }
    return undefined;
  }

  /** A file that a compiler split off and wrote to `path`, in a folder that was named. */
  split(path: string): string | undefined {
    for (const folder of this.#folders) {
      const found = folder.split(path);
      if (found !== undefined) return found;
    }
    return undefined;
  }

  /** A file of any kind by its build-id alone. */
  byBuildId(buildId: string): string | undefined {
    const root = this.#options.root ?? '/';
    const name = buildIdPath(buildId);
    if (name === undefined) return undefined;
    const places = this.#folders.flatMap((f) => [join(f.path, '.build-id', name), join(f.path, name)]);
    if (this.#options.usual !== false) places.push(...this.#cached(buildId), ...buildIdPlaces(root, buildId));
    return places.find((path) => this.#identity(path)?.buildId === buildId);
  }

  #doubtful(file: ElfIdentity, wanted: WantedFile): DebugFilePath {
    if (wanted.buildId !== undefined && !this.#options.force) {
      throw new WrongDebugInfoError(file.path, file.buildId, wanted.buildId);
    }
    return this.#withLines(file, wanted);
  }

  /** A file that was named, or the one with its lines where it has been stripped of them. */
  #withLines(file: ElfIdentity, wanted: WantedFile): DebugFilePath {
    const linked = file.hasLines ? undefined : this.#linked(file);
    return { path: linked ?? file.path, ...doubtOf(file, wanted) };
  }

  /** The file with the debug information of a stripped one: by build-id where it has one, else by `.gnu_debuglink`. */
  #linked(file: ElfIdentity): string | undefined {
    const root = this.#options.root ?? '/';
    const byId = file.buildId === undefined ? undefined : this.byBuildId(file.buildId);
    if (byId !== undefined && this.#identity(byId)?.hasLines) return byId;
    if (!file.link) return undefined;
    const { link } = file;
    const places = [
      ...debugLinkPlaces(file.path, link, root),
      ...this.#folders.map((folder) => join(folder.path, basename(link.name))),
    ];
    return places.find((path) => {
      const other = this.#identity(path);
      if (!other?.hasLines || other.kind !== file.kind) return false;
      if (file.buildId !== undefined && other.buildId !== undefined) return file.buildId === other.buildId;
      return link.crc !== undefined && hasCrc(path, link.crc);
    });
  }

  /** The file that dwz moved common parts of the file at `path` to; undefined when there is none of its build. */
  alt(path: string, link: DebugLink): string | undefined {
    const folders = this.#folders.map((folder) => folder.path);
    const places = altLinkPlaces(path, link, this.#options.root ?? '/', folders);
    if (link.buildId !== undefined && buildIdPath(link.buildId) !== undefined) {
      places.unshift(...this.#files.filter((f) => f.buildId === link.buildId).map((f) => f.path));
      places.push(...this.#cached(link.buildId));
    }
    return places.find((place) => {
      const identity = this.#identity(place);
      return identity !== undefined && identity.buildId === link.buildId;
    });
  }

  /** In a tree as a distribution lays it out, or a build-id folder itself. */
  #byId(folder: string, buildId: string | undefined): DebugFilePath | undefined {
    const name = buildId === undefined ? undefined : buildIdPath(buildId);
    if (name === undefined) return undefined;
    for (const base of ['.build-id', 'usr/lib/debug/.build-id', '']) {
      const path = join(folder, base, name);
      const identity = this.#identity(path);
      if (identity?.buildId === buildId && identity?.hasLines) return { path, buildId: buildId as string };
    }
    return undefined;
  }

  /** The first with the wanted build-id and lines; only where the build-id is not known does the name decide. */
  #first(paths: readonly string[], wanted: WantedFile, kind: ElfIdentity['kind']): DebugFilePath | undefined {
    for (const path of paths) {
      const identity = this.#identity(path);
      if (!identity || identity.kind !== kind) continue;
      if (wanted.buildId !== undefined && identity.buildId !== wanted.buildId) continue;
      const lines = identity.hasLines ? path : this.#linked(identity);
      if (lines !== undefined) return { path: lines, ...doubtOf(identity, wanted) };
    }
    return undefined;
  }

  #identity(path: string): ElfIdentity | undefined {
    const known = this.#known.get(path);
    if (known) return known;
    const identity = elfIdentity(path, this.#options.codecs);
    if (identity) this.#known.set(path, identity); // what is not there yet may be fetched later
    return identity;
  }

  #cached(buildId: string | undefined): string[] {
    if (buildId === undefined || buildIdPath(buildId) === undefined) return [];
    return [join(this.#options.cache ?? debuginfodCache(), buildId, 'debuginfo')];
  }

  #usualFolders(root: string, release: string | undefined): DebugFolder[] {
    const key = release ?? '';
    let folders = this.#usual.get(key);
    if (!folders) {
      folders = moduleFolders(root, release).map((path) => new DebugFolder(path));
      this.#usual.set(key, folders);
    }
    return folders;
  }
}

function doubtOf(file: ElfIdentity, wanted: WantedFile): Pick<DebugFilePath, 'buildId' | 'doubt'> {
  const has = file.buildId === undefined ? {} : { buildId: file.buildId };
  if (wanted.buildId !== undefined && wanted.buildId === file.buildId) return has;
  const doubt =
    wanted.buildId === undefined
      ? 'its build-id cannot be compared, for the other side has none'
      : `its build-id ${file.buildId ?? '(none)'} is not ${wanted.buildId}`;
  return { ...has, doubt };
}
