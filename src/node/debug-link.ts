import { basename, dirname, isAbsolute, join } from 'node:path';
import { AnalysisError } from '../base/errors.ts';
import type { DebugLink } from '../elf/elf-file.ts';
import { buildIdPath } from './debug-places.ts';
import { openFileSource } from './file-source.ts';
import { lazyZlib } from './lazy-zlib.ts';

const PIECE = 0x400000;

/**
 * Where the file may be that `.gnu_debuglink` of the file at `path` names, in the order in which gdb looks (GDB manual,
 * "Debugging Information in Separate Files"): beside it, in `.debug` beside it, and under the global folder.
 */
export function debugLinkPlaces(path: string, link: DebugLink, root: string): string[] {
  const name = plainName(link.name);
  if (name === undefined) return [];
  const folder = dirname(path);
  const places = [join(folder, name), join(folder, '.debug', name)];
  if (isAbsolute(folder)) {
    const inside = root !== '/' && folder.startsWith(root) ? folder.slice(root.length) : folder;
    places.push(join(root, 'usr/lib/debug', inside, name));
  }
  return places.filter((place) => place !== path);
}

/**
 * Where the file may be that `.gnu_debugaltlink` of the file at `path` names: by build-id, under its own name in dwz's
 * folder, and where the link itself leads.
 */
export function altLinkPlaces(path: string, link: DebugLink, root: string, folders: readonly string[]): string[] {
  const id = link.buildId === undefined ? undefined : buildIdPath(link.buildId);
  const name = plainName(basename(link.name));
  const places: string[] = [];
  for (const folder of folders) {
    if (id !== undefined) places.push(join(folder, '.build-id', id), join(folder, 'usr/lib/debug/.build-id', id));
    if (name !== undefined) places.push(join(folder, '.dwz', name), join(folder, 'usr/lib/debug/.dwz', name));
  }
  if (id !== undefined) places.push(join(root, 'usr/lib/debug/.build-id', id));
  if (name !== undefined) places.push(join(root, 'usr/lib/debug/.dwz', name), join(dirname(path), name));
  if (!link.name.includes('\0') && link.name !== '') {
    places.push(isAbsolute(link.name) ? join(root, link.name) : join(dirname(path), link.name));
  }
  return places;
}

/** A name from a file that leads nowhere else. */
function plainName(name: string): string | undefined {
  return name === '' || name === '.' || name === '..' || /[/\0]/.test(name) ? undefined : name;
}

/** Whether the file's CRC-32 is the one that the link states; false when it cannot be read. */
export function hasCrc(path: string, crc: number): boolean {
  try {
    const file = openFileSource(path);
    try {
      const piece = new Uint8Array(Math.min(PIECE, file.size));
      let sum = 0;
      for (let at = 0; at < file.size; at += piece.length) {
        sum = lazyZlib().crc32(piece.subarray(0, file.read(at, piece)), sum);
      }
      return sum === crc;
    } finally {
      file.close();
    }
  } catch (e) {
    if (e instanceof AnalysisError) return false;
    throw e;
  }
}
