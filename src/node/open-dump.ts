import type { ByteSource } from '../base/byte-source.ts';
import { UsageError } from '../base/errors.ts';
import type { Bytes } from '../base/units.ts';
import { dumpFormats } from '../dump/index.ts';
import { openImage } from '../dump/open-image.ts';
import { openProgram } from '../open.ts';
import type { Program } from '../program/program.ts';
import { packingOf } from './archive/packing.ts';
import { type Breakable, nextTurn, unbroken } from './breakable.ts';
import { type NodeCodecs, nodeCodecs } from './codecs.ts';
import { nodeDisassembler } from './disassembler.ts';
import { type FileSource, openFileSource } from './file-source.ts';

export interface OpenDumpOptions {
  /** Called after every read from a file, with the bytes read; for progress. */
  readonly onRead?: (bytes: Bytes) => void;
  /** Runs work that may take long without leaving the event loop free; for hosts that can break it off. */
  readonly breakable?: Breakable;
}

/** A program and the files it reads from. */
export interface OpenedDump {
  readonly program: Program;
  close(): void;
}

/**
 * Opens a dump: one file, or the files of a split set in any order. A file may be packed or in an archive, `-` is standard
 * input, and an http or https address is read by ranges.
 * @throws AnalysisError that names the file and what is wrong with it
 */
export async function openDump(paths: readonly string[], options: OpenDumpOptions = {}): Promise<OpenedDump> {
  if (paths.length === 0) throw new UsageError('no dump was named');
  const files: FileSource[] = [];
  const close = (): void => {
    for (const file of files) file.close();
  };
  try {
    const codecs = nodeCodecs();
    const breakable = options.breakable ?? unbroken;
    for (const path of paths) files.push(...(await openParts(path, codecs, { ...options, breakable })));
    if (options.breakable) await nextTurn();
    const opened = breakable(() => openImage(watched(files, options.onRead), codecs));
    const cut = files.flatMap((f) => (f.problem === undefined ? [] : [`${f.name}: ${f.problem}`]));
    const image = cut.length > 0 ? { ...opened, problems: [...cut, ...opened.problems] } : opened;
    await codecs.prepare(image.codecs);
    const program = breakable(() => openProgram(image));
    program.disassembler = nodeDisassembler();
    program.codecs = codecs;
    return { program, close };
  } catch (e) {
    close();
    throw e;
  }
}

type OpenPartsOptions = OpenDumpOptions & { readonly breakable: Breakable };

/** The files that one name stands for; what is neither packed nor elsewhere costs nothing but a look at its first bytes. */
async function openParts(path: string, codecs: NodeCodecs, options: OpenPartsOptions): Promise<FileSource[]> {
  const { onRead, breakable } = options;
  const file = await openNamed(path, options);
  if (isElsewhere(path)) await nextTurn();
  if (packingOf(file) === undefined) return [file];
  try {
    const { openPacked } = await import('./archive/open-packed.ts');
    const isDump = (src: ByteSource): boolean => dumpFormats.some((format) => format.probe(src));
    return await openPacked(file, { codecs, isDump, breakable, ...(onRead && { onUnpack: onRead }) });
  } catch (e) {
    file.close();
    throw e;
  }
}

const isElsewhere = (path: string): boolean => /^https?:\/\//i.test(path);

async function openNamed(path: string, { onRead: onFetch, breakable }: OpenPartsOptions): Promise<FileSource> {
  if (path === '-') {
    const { openStdin } = await import('./stdin-source.ts');
    return breakable(() => openStdin(onFetch));
  }
  if (!isElsewhere(path)) return openFileSource(path);
  const { openHttp } = await import('./http-source.ts');
  const { httpCacheFolder } = await import('./http-cache.ts');
  const cacheFolder = httpCacheFolder();
  return openHttp(path, { breakable, ...(onFetch && { onFetch }), ...(cacheFolder !== undefined && { cacheFolder }) });
}

function watched(files: readonly ByteSource[], onRead: ((bytes: Bytes) => void) | undefined): readonly ByteSource[] {
  if (!onRead) return files;
  return files.map((file) => ({
    name: file.name,
    size: file.size,
    read(offset, into) {
      const got = file.read(offset, into);
      onRead(got);
      return got;
    },
  }));
}
