import type { ByteSource } from '../base/byte-source.ts';
import { UsageError } from '../base/errors.ts';
import type { Bytes } from '../base/units.ts';
import { openImage } from '../dump/open-image.ts';
import { openProgram } from '../open.ts';
import type { Program } from '../program/program.ts';
import { nodeCodecs } from './codecs.ts';
import { nodeDisassembler } from './disassembler.ts';
import { type FileSource, openFileSource } from './file-source.ts';

export interface OpenDumpOptions {
  /** Called after every read from a file, with the bytes read; for progress. */
  readonly onRead?: (bytes: Bytes) => void;
}

/** A program and the files it reads from. */
export interface OpenedDump {
  readonly program: Program;
  close(): void;
}

/**
 * Opens a dump by path: one file, or the files of a split set in any order.
 * @throws AnalysisError that names the file and what is wrong with it
 */
export async function openDump(paths: readonly string[], options: OpenDumpOptions = {}): Promise<OpenedDump> {
  if (paths.length === 0) throw new UsageError('no dump was named');
  const files: FileSource[] = [];
  const close = (): void => {
    for (const file of files) file.close();
  };
  try {
    for (const path of paths) files.push(openFileSource(path));
    const codecs = nodeCodecs();
    const image = openImage(watched(files, options.onRead), codecs);
    await codecs.prepare(image.codecs);
    const program = openProgram(image);
    program.disassembler = nodeDisassembler();
    program.codecs = codecs;
    return { program, close };
  } catch (e) {
    close();
    throw e;
  }
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
