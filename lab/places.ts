import { mkdirSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';

const base = process.env.XDG_CACHE_HOME || join(homedir(), '.cache');

/** Where everything the lab makes is kept: `INQUEST_LAB`, by default under the user's cache directory. */
export const labDir: string = process.env.INQUEST_LAB || join(base, 'inquest', 'lab');

/** The repository, this folder and the guest's sources. */
export const repoDir: string = join(import.meta.dirname, '..');
export const guestDir: string = join(import.meta.dirname, 'guest');

/** A path inside the lab's cache; `place` creates the directory it names. */
export function place(...parts: readonly string[]): string {
  const path = join(labDir, ...parts);
  mkdirSync(path, { recursive: true });
  return path;
}

export function dumpDir(name: string): string {
  return join(labDir, 'dumps', name);
}
