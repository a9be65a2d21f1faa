import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs';
import type { ByteSource } from '../base/byte-source.ts';
import { BadDataError, UsageError } from '../base/errors.ts';

/** A file that is open for random access. */
export interface FileSource extends ByteSource {
  /** Why it is shorter than it should be; absent when it is whole. */
  readonly problem?: string;
  close(): void;
}

/** What the operating system's refusal means to a user. */
const REASONS: Readonly<Record<string, string>> = {
  ENOENT: 'no such file',
  ENOTDIR: 'no such file: a part of the path is not a directory',
  EACCES: 'no permission to read it',
  EPERM: 'no permission to read it',
  EISDIR: 'is a directory, not a dump',
  ELOOP: 'too many symbolic links',
  ENAMETOOLONG: 'the path is too long',
  EMFILE: 'too many open files',
  EIO: 'input/output error',
};

/**
 * Opens a file by path; its size is taken once.
 * @throws UsageError when it is missing, not readable, a directory or anything else without random access
 */
export function openFileSource(path: string): FileSource {
  let fd: number | undefined;
  try {
    // A FIFO without a writer would block the open for ever; of files and devices the flag changes nothing.
    fd = openSync(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0));
    const stat = fstatSync(fd);
    if (stat.isDirectory()) throw new UsageError(`${path}: ${REASONS.EISDIR}`);
    if (!stat.isFile() && !stat.isBlockDevice()) {
      throw new UsageError(`${path}: not a regular file; copy the dump to one first`);
    }
    return source(path, fd, stat.isFile() ? stat.size : blockDeviceSize(fd));
  } catch (e) {
    if (fd !== undefined) closeSync(fd);
    if (e instanceof UsageError) throw e;
    throw new UsageError(`${path}: ${reason(e)}`);
  }
}

function source(name: string, fd: number, size: number): FileSource {
  let open = true;
  return {
    name,
    size,
    read(offset, into) {
      if (!open) throw new BadDataError(name, offset, 'cannot be read: the file has been closed');
      let done = 0;
      try {
        while (done < into.length) {
          const n = readSync(fd, into, done, into.length - done, offset + done);
          if (n === 0) break;
          done += n;
        }
      } catch (e) {
        throw new BadDataError(name, offset + done, `cannot be read: ${reason(e)}`, { cause: e });
      }
      return done;
    },
    close() {
      if (open) closeSync(fd);
      open = false;
    },
  };
}

/** A block device states no size: the end is found by reading, doubling first and then halving. */
function blockDeviceSize(fd: number): number {
  const byte = new Uint8Array(1);
  const has = (at: number): boolean => readSync(fd, byte, 0, 1, at) === 1;
  if (!has(0)) return 0;
  let low = 0;
  let high = 1;
  while (high < 2 ** 52 && has(high)) {
    low = high;
    high *= 2;
  }
  while (high - low > 1) {
    const middle = low + Math.floor((high - low) / 2);
    if (has(middle)) low = middle;
    else high = middle;
  }
  return high;
}

function reason(e: unknown): string {
  const code = (e as { code?: unknown }).code;
  return typeof code === 'string' ? (REASONS[code] ?? `cannot be read (${code})`) : String(e);
}
