import { closeSync, constants, openSync, readSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { BadDataError, UsageError } from '../../base/errors.ts';
import type { Bytes } from '../../base/units.ts';

/** Random bytes of a name that nobody can foresee. */
const NAME_BYTES = 12;

/** A temporary file without a name: the system takes it away when it is closed, also when the process is killed. */
export class SpillFile {
  readonly #fd: number;
  readonly #name: string;
  #open = true;
  #size: Bytes = 0;

  /** @param name what messages call it @throws UsageError when no file can be made */
  constructor(name: string) {
    this.#name = name;
    try {
      this.#fd = namelessFile(tmpdir()) ?? unlinkedFile(tmpdir());
    } catch (e) {
      throw new UsageError(`${name}: no temporary file in ${tmpdir()} (TMPDIR): ${(e as Error).message}`);
    }
  }

  /** Bytes from the start to the end of what was written last. */
  get size(): Bytes {
    return this.#size;
  }

  /** @throws UsageError when the disk is full */
  write(bytes: Uint8Array, at: Bytes = this.#size): void {
    try {
      for (let done = 0; done < bytes.length; ) {
        done += writeSync(this.#fd, bytes, done, bytes.length - done, at + done);
      }
    } catch (e) {
      throw new UsageError(`${this.#name}: cannot be unpacked to ${tmpdir()} (TMPDIR): ${(e as Error).message}`);
    }
    this.#size = Math.max(this.#size, at + bytes.length);
  }

  read(offset: Bytes, into: Uint8Array): Bytes {
    if (!this.#open) throw new BadDataError(this.#name, offset, 'cannot be read: the file has been closed');
    let done = 0;
    while (done < into.length) {
      const n = readSync(this.#fd, into, done, into.length - done, offset + done);
      if (n === 0) break;
      done += n;
    }
    return done;
  }

  close(): void {
    if (this.#open) closeSync(this.#fd);
    this.#open = false;
  }
}

/** `O_TMPFILE` without the flag for directories that it comes with: include/uapi/asm-generic/fcntl.h. */
const NAMELESS = 0o20000000;

/** A file that never has a name, so that nothing is left at whatever moment the process ends; where the system makes some. */
function namelessFile(folder: string): number | undefined {
  if (process.platform !== 'linux') return undefined;
  try {
    return openSync(folder, constants.O_RDWR | constants.O_DIRECTORY | NAMELESS, 0o600);
  } catch {
    return undefined; // not every file system does
  }
}

function unlinkedFile(folder: string): number {
  const random = Array.from(globalThis.crypto.getRandomValues(new Uint8Array(NAME_BYTES)), (b) => b.toString(36));
  const path = join(folder, `inquest-${process.pid}-${random.join('')}`);
  const fd = openSync(path, 'wx+', 0o600);
  rmSync(path, { force: true });
  return fd;
}
