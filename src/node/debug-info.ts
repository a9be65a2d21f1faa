import { AnalysisError } from '../base/errors.ts';
import type { Addr } from '../base/units.ts';
import { dwarfProvider } from '../debug/dwarf/dwarf-provider.ts';
import { symbolProvider } from '../debug/dwarf/symbol-provider.ts';
import { loadedModules } from '../debug/module-list.ts';
import { initUtsname } from '../kernel/utsname.ts';
import { kernelBuildId } from '../program/kernel-build-id.ts';
import { moduleBuildId } from '../program/module-build-id.ts';
import type { Program } from '../program/program.ts';
import { DEBUG_FILES } from '../report/debug-doubts.ts';
import type { SourceFinder } from '../report/source-text.ts';
import { debugPackageHint } from '../session/debug-package-hint.ts';
import { type DebugFilePath, DebugSearch, type WantedFile } from './debug-search.ts';
import { type DebuginfodOptions, debuginfodFromEnvironment, fetchDebuginfo } from './debuginfod.ts';
import type { SourceOf } from './kernel-revision.ts';
import { LineFiles } from './line-files.ts';
import { installedSource, sourceTree } from './source-tree.ts';

export interface HostDebugInfoOptions {
  /** Files and folders that were named. */
  readonly given: readonly string[];
  /** Whether to look in the usual places. */
  readonly usual: boolean;
  readonly force: boolean;
}

/** Debug information of an opened dump from files of this machine, and from servers where they are configured. */
export class HostDebugInfo {
  readonly #prog: Program;
  readonly #servers: DebuginfodOptions | undefined;
  /** Build-ids that files are missing of. */
  readonly #missing = new Set<string>();
  readonly #tried = new Set<string>();
  readonly #files = new LineFiles();
  readonly #options: HostDebugInfoOptions;
  #found: DebugSearch | undefined;
  readonly #askedModules = new Set<Addr>();
  #kernel: string | undefined;

  constructor(prog: Program, options: HostDebugInfoOptions) {
    this.#prog = prog;
    this.#options = options;
    this.#servers = options.usual ? debuginfodFromEnvironment() : undefined;
  }

  get #search(): DebugSearch {
    this.#found ??= new DebugSearch({ ...this.#options, codecs: this.#files.codecs });
    return this.#found;
  }

  /**
   * Finds the kernel's file and adds what it tells to the program; those of modules follow when they are asked for.
   * @throws UsageError for a named file that is not there or holds no debug information
   */
  async start(): Promise<void> {
    await this.#files.prepare();
    this.#findKernel();
    if (!this.#servers) this.#tellMissing([]);
    const ask = (pc: Addr): undefined => {
      this.#findModuleAt(pc);
      return undefined; // what was found is a further source behind this one
    };
    this.#prog.add({
      name: 'debug information of modules',
      offers: ['lines', 'locals', 'cfi', 'file-text'],
      open: () => ({ sourceAt: ask, localsAt: ask, callerRegisters: ask, fileText: ask }),
    });
  }

  /** Asks the servers for what was missed; whether anything was got. */
  async fetchMissing(onProgress: NonNullable<DebuginfodOptions['onProgress']>): Promise<boolean> {
    if (!this.#servers) return false;
    let got = false;
    const errors: string[] = [];
    for (const buildId of this.#missing) {
      if (this.#tried.has(buildId)) continue;
      this.#tried.add(buildId);
      const result = await fetchDebuginfo(buildId, { ...this.#servers, onProgress });
      if ('path' in result) got = true;
      else errors.push(result.error);
    }
    if (got && this.#kernel === undefined) this.#findKernel();
    if (got) this.#askedModules.clear();
    this.#tellMissing(errors);
    return got;
  }

  close(): void {
    this.#files.close();
  }

  #findKernel(): void {
    const wanted = wantedKernel(this.#prog);
    const found = this.#search.kernel(wanted);
    if (found?.doubt !== undefined) this.#note(new AnalysisError('doubt', `${found.path}: ${found.doubt}`));
    if (found) {
      this.#kernel = found.path;
      this.#add(found);
      return;
    }
    if (wanted.buildId !== undefined) this.#missing.add(wanted.buildId);
  }

  /** Notes that there is no debug information of the kernel. @param errors what the servers answered */
  #tellMissing(errors: readonly string[]): void {
    if (this.#kernel !== undefined) return;
    const text = notFoundText(this.#prog, wantedKernel(this.#prog));
    this.#note(new AnalysisError('not-found', [text, ...errors].join('; ')));
  }

  /** Adds the file of the module that an address lies in. */
  #findModuleAt(pc: Addr): void {
    const module = loadedModules(this.#prog).find((m) => m.parts.some((part) => pc >= part.start && pc < part.end));
    if (!module || this.#askedModules.has(module.address)) return;
    this.#askedModules.add(module.address);
    const buildId = moduleBuildId(this.#prog, module.address);
    const { release } = sourceKernel(this.#prog);
    const found = this.#search.module(module.name, {
      ...(buildId !== undefined && { buildId }),
      ...(release !== undefined && { release }),
    });
    if (found?.doubt !== undefined)
      this.#note(new AnalysisError('doubt', `${found.path}: ${found.doubt}`), module.name);
    if (found) this.#add(found);
    else if (buildId !== undefined && this.#servers) this.#missing.add(buildId);
    else this.#note(new AnalysisError('not-found', `none was found (build-id ${buildId ?? 'unknown'})`), module.name);
  }

  #add({ path, doubt }: DebugFilePath): void {
    const file = this.#files.file(path, this.#search);
    this.#prog.add(dwarfProvider([file], doubt));
    // Symbols of another build would be taken for the dump's own.
    if (doubt === undefined) this.#prog.add(symbolProvider([file]));
  }

  #note(error: AnalysisError, module?: string): void {
    this.#prog.noteProblem(module === undefined ? DEBUG_FILES : `${DEBUG_FILES} of ${module}`, error);
  }
}

function wantedKernel(prog: Program): WantedFile {
  const buildId = kernelBuildId(prog);
  const release = sourceKernel(prog).release;
  return { ...(buildId !== undefined && { buildId }), ...(release !== undefined && { release }) };
}

/** What is known of the kernel's release and version, from the little that has to be read for it. */
function sourceKernel(prog: Program): SourceOf {
  let uts: SourceOf | undefined;
  try {
    uts = initUtsname(prog);
  } catch (e) {
    if (!(e instanceof AnalysisError)) throw e;
  }
  const release = prog.vmcoreinfo.release ?? uts?.release ?? prog.image.header.utsname?.release;
  const version = uts?.version ?? prog.image.header.utsname?.version;
  return { ...(release !== undefined && { release }), ...(version !== undefined && { version }) };
}

function notFoundText(prog: Program, wanted: WantedFile): string {
  const names = sourceKernel(prog);
  const hint = debugPackageHint(names);
  const id = wanted.buildId === undefined ? '' : ` (build-id ${wanted.buildId})`;
  const how = hint ? `; on ${hint.distribution}: ${hint.command}` : '';
  return `none was found of ${wanted.release ?? 'this kernel'}${id}${how}`;
}

/** Source text for a dump: from a folder, or where debug packages install it. @throws UsageError when it is no folder */
export function sourceOf(prog: Program, folder: string | undefined): SourceFinder {
  return folder === undefined ? installedSource() : sourceTree(folder, sourceKernel(prog));
}
