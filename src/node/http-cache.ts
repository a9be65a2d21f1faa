import { createHash } from 'node:crypto';
import {
  closeSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  readSync,
  rmSync,
  statSync,
  utimesSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { BadDataError } from '../base/errors.ts';
import type { Bytes } from '../base/units.ts';
import { SpillFile } from './archive/spill.ts';

/** Blocks of a file, as far as they are there. */
export interface BlockStore {
  has(block: number): boolean;
  put(block: number, bytes: Uint8Array): void;
  /** Only of blocks that are there. */
  read(offset: Bytes, into: Uint8Array): Bytes;
  close(): void;
}

/** Bytes of all cached files together; the disk holds only blocks that were fetched. */
const MAX_TOTAL = 0x200000000;
const DATA = '.blocks';
/** A byte for each block that is whole. */
const MAP = '.map';

/** Where fetched blocks are kept between runs: XDG Base Directory Specification, XDG_CACHE_HOME. */
export function httpCacheFolder(env: NodeJS.ProcessEnv = process.env): string | undefined {
  if (env.INQUEST_NO_CACHE) return undefined;
  const base = env.XDG_CACHE_HOME?.startsWith('/')
    ? env.XDG_CACHE_HOME
    : env.HOME
      ? join(env.HOME, '.cache')
      : undefined;
  return base === undefined ? undefined : join(base, 'inquest', 'http');
}

/**
 * The store of one state of a file: another size or validator (ETag, Last-Modified) is another store. Without a validator
 * nothing is kept.
 */
export function httpBlockStore(
  url: string,
  size: Bytes,
  validator: string,
  block: Bytes,
  folder: string | undefined,
): BlockStore {
  const count = Math.ceil(size / block);
  if (folder !== undefined && validator !== '') {
    try {
      return diskStore(folder, `${url}\n${size}\n${validator}\n${block}`, count, block);
    } catch {
      // A folder that cannot be written: as without one.
    }
  }
  const spill = new SpillFile(url);
  const there = new Uint8Array(count);
  return {
    has: (i) => there[i] === 1,
    put(i, bytes) {
      spill.write(bytes, i * block);
      there[i] = 1;
    },
    read: (offset, into) => spill.read(offset, into),
    close: () => spill.close(),
  };
}

function diskStore(folder: string, key: string, count: number, block: Bytes): BlockStore {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const path = join(folder, createHash('sha256').update(key).digest('hex').slice(0, 40));
  evict(folder, path);
  const data = openSync(path + DATA, statSync(path + DATA, { throwIfNoEntry: false }) ? 'r+' : 'w+', 0o600);
  const map = openSync(path + MAP, statSync(path + MAP, { throwIfNoEntry: false }) ? 'r+' : 'w+', 0o600);
  const there = new Uint8Array(count);
  there.set(readFileSync(map).subarray(0, count));
  const now = new Date();
  utimesSync(path + DATA, now, now);
  return {
    has: (i) => there[i] === 1,
    put(i, bytes) {
      for (let done = 0; done < bytes.length; ) {
        done += writeSync(data, bytes, done, bytes.length - done, i * block + done);
      }
      there[i] = 1;
      writeSync(map, there, i, 1, i); // after the block, so that a killed process leaves none that is not whole
    },
    read(offset, into) {
      let done = 0;
      while (done < into.length) {
        const n = readSync(data, into, done, into.length - done, offset + done);
        if (n === 0) throw new BadDataError(path + DATA, offset + done, 'the cache was cut; remove it');
        done += n;
      }
      return done;
    },
    close() {
      closeSync(data);
      closeSync(map);
    },
  };
}

/** Removes files that were used longest ago until the rest fits; what is on the disk counts, not what the sizes say. */
function evict(folder: string, keep: string): void {
  const files = readdirSync(folder)
    .filter((name) => name.endsWith(DATA))
    .map((name) => {
      const path = join(folder, name);
      const stat = statSync(path, { throwIfNoEntry: false });
      return { path, bytes: (stat?.blocks ?? 0) * 512, used: stat?.mtimeMs ?? 0 };
    })
    .sort((a, b) => a.used - b.used);
  let total = files.reduce((sum, f) => sum + f.bytes, 0);
  for (const { path, bytes } of files) {
    if (total <= MAX_TOTAL) return;
    if (path === keep + DATA) continue;
    rmSync(path, { force: true });
    rmSync(path.slice(0, -DATA.length) + MAP, { force: true });
    total -= bytes;
  }
}
