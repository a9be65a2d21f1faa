import type { ByteSource } from '../../base/byte-source.ts';
import type { Bytes } from '../../base/units.ts';
import type { FileSource } from '../file-source.ts';

/** A file inside of an archive. */
export interface Member {
  readonly name: string;
  readonly size: Bytes;
  /** Its bytes: in place where they are stored as they are. @throws AnalysisError */
  open(onUnpack?: (bytes: Bytes) => void): Promise<FileSource>;
}

/** Files that an archive may list. */
export const MAX_MEMBERS = 100_000;

/** A part of a source, as a source; closing it closes nothing. */
export function partOf(src: ByteSource, name: string, from: Bytes, size: Bytes): FileSource {
  const there = Math.max(0, Math.min(size, src.size - from));
  return {
    name,
    size: there,
    read(offset, into) {
      const length = Math.max(0, Math.min(into.length, there - offset));
      return length === 0 ? 0 : src.read(from + offset, into.subarray(0, length));
    },
    close: () => undefined,
  };
}

/** The same source, with a problem more. */
export function withProblem(source: FileSource, problem: string | undefined): FileSource {
  if (problem === undefined) return source;
  const all = source.problem === undefined ? problem : `${problem}; ${source.problem}`;
  return {
    name: source.name,
    size: source.size,
    problem: all,
    read: (offset, into) => source.read(offset, into),
    close: () => source.close(),
  };
}
