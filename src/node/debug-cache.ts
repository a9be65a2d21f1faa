import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { asciiBytes } from '../base/text.ts';
import type { DebugCache } from '../debug/dwarf/debug-cache.ts';

/** Bytes of all files together, and of one. */
const MAX_TOTAL = 0x8000000;
const MAX_FILE = 0x4000000;
/** A name that no other program and no later layout uses. */
const SUFFIX = '.inq1';
const MAGIC = 0x31514e49;
/** Magic, length of the key with its padding, length of the content, checksum of both. */
const HEADER = 16;
/** A file being written is left behind when its process is killed. */
const STALE_MS = 3_600_000;

/** The folder for what is worked out of debug files: XDG Base Directory Specification, XDG_CACHE_HOME. */
export function cacheFolder(env: NodeJS.ProcessEnv = process.env): string {
  const base = env.XDG_CACHE_HOME?.startsWith('/') ? env.XDG_CACHE_HOME : join(env.HOME || homedir(), '.cache');
  return join(base, 'inquest', 'debug');
}

/** The cache of this user; undefined where the environment switches it off with INQUEST_NO_CACHE. */
export function userDebugCache(env: NodeJS.ProcessEnv = process.env): DebugCache | undefined {
  return env.INQUEST_NO_CACHE ? undefined : fileCache(cacheFolder(env));
}

/**
 * A cache of files in a folder, which need not exist. A file is written under a name of its own and renamed, so that
 * readers see all of it or nothing; what does not verify is as good as absent. The files used last are kept, up to
 * `maxTotal` bytes.
 */
export function fileCache(folder: string, maxTotal: number = MAX_TOTAL): DebugCache {
  return {
    load(key) {
      try {
        const path = pathOf(folder, key);
        if (path === undefined || statSync(path, { throwIfNoEntry: false }) === undefined) return undefined;
        const content = verified(path, asciiBytes(key));
        if (content) touch(path);
        return content;
      } catch {
        return undefined; // a cache that cannot be read is none
      }
    },
    save(key, bytes) {
      if (bytes.length > MAX_FILE || bytes.length > maxTotal) return;
      const path = pathOf(folder, key);
      if (path === undefined) return;
      const part = `${path}.${process.pid}`;
      try {
        mkdirSync(folder, { recursive: true, mode: 0o700 });
        writeFileSync(part, packed(bytes, asciiBytes(key)), { flag: 'wx', mode: 0o600 });
        renameSync(part, path);
        evict(folder, maxTotal, path);
      } catch {
        rmQuietly(part); // a folder that cannot be written, a full disk: the next run works it out again
      }
    },
  };
}

/** Keys come from files: only what cannot leave the folder becomes a name. */
function pathOf(folder: string, key: string): string | undefined {
  return /^[\w-]{1,200}$/.test(key) ? join(folder, key + SUFFIX) : undefined;
}

function packed(content: Uint8Array, key: Uint8Array): Uint8Array {
  const keySize = Math.ceil(key.length / 4) * 4;
  const out = new Uint8Array(HEADER + keySize + Math.ceil(content.length / 4) * 4);
  out.set(key, HEADER);
  out.set(content, HEADER + keySize);
  new Uint32Array(out.buffer).set([MAGIC, keySize, content.length, checksum(out.subarray(HEADER))]);
  return out;
}

/** The content of a file that is whole, undamaged and of this key. */
function verified(path: string, key: Uint8Array): Uint8Array | undefined {
  const file = Uint8Array.from(readFileSync(path));
  if (file.length < HEADER || file.length % 4 !== 0) return undefined;
  const [magic, keySize = 0, size = 0, sum] = new Uint32Array(file.buffer, 0, HEADER / 4);
  if (magic !== MAGIC || keySize !== Math.ceil(key.length / 4) * 4) return undefined;
  if (file.length !== HEADER + keySize + Math.ceil(size / 4) * 4) return undefined;
  for (let i = 0; i < key.length; i++) if (file[HEADER + i] !== key[i]) return undefined;
  if (checksum(file.subarray(HEADER)) !== sum) return undefined;
  return file.subarray(HEADER + keySize, HEADER + keySize + size);
}

/** Of whole words, FNV-1a: no word can change without it. (Node's CRC-32 is in a module that takes longer to load.) */
function checksum(bytes: Uint8Array): number {
  const words = new Uint32Array(bytes.buffer, bytes.byteOffset, bytes.length / 4);
  let sum = 0x811c9dc5;
  for (let i = 0; i < words.length; i++) {
    sum = Math.imul(sum ^ (words[i] as number), 0x01000193);
    sum ^= sum >>> 15;
  }
  return sum >>> 0;
}

/** Removes what was used longest ago until the rest fits. */
function evict(folder: string, maxTotal: number, keep: string): void {
  const now = Date.now();
  const files: { path: string; size: number; used: number }[] = [];
  for (const name of readdirSync(folder)) {
    const path = join(folder, name);
    const stat = statSync(path, { throwIfNoEntry: false });
    if (!stat?.isFile()) continue;
    if (name.endsWith(SUFFIX)) files.push({ path, size: stat.size, used: stat.mtimeMs });
    else if (/\.inq\d+(?:\.\d+)?$/.test(name) && now - stat.mtimeMs > STALE_MS) rmQuietly(path);
  }
  let total = files.reduce((sum, file) => sum + file.size, 0);
  for (const file of files.sort((a, b) => a.used - b.used)) {
    if (total <= maxTotal) return;
    if (file.path === keep) continue;
    rmQuietly(file.path);
    total -= file.size;
  }
}

function touch(path: string): void {
  try {
    const now = new Date();
    utimesSync(path, now, now);
  } catch {
    // A folder of someone else's: it is evicted by when it was written.
  }
}

function rmQuietly(path: string): void {
  try {
    rmSync(path, { force: true });
  } catch {
    // What cannot be removed stays.
  }
}
