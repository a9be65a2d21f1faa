import { closeSync, openSync, readSync, statSync } from 'node:fs';
import type { DumpRequest } from './arguments.ts';

/** The files of a dump apart from those with debug information. */
export interface SplitFiles {
  readonly dump: readonly string[];
  readonly debug: readonly string[];
}

/** ELF's `e_type` of objects (modules), executables and shared objects: no dump is one. */
const DEBUG_TYPES = [1, 2, 3];

/** Tells by content, never by name, which of the files named are the dump. A dump alone is not looked at. */
export function splitFiles({ files, debug }: DumpRequest): SplitFiles {
  const given = debug?.given ?? [];
  if (files.length < 2) return { dump: files, debug: given };
  const isDebug = files.map(holdsDebugInfo);
  const dump = files.filter((_, i) => !isDebug[i]);
  if (dump.length === 0) return { dump: files, debug: given }; // so that the message is about the first
  return { dump, debug: [...files.filter((_, i) => isDebug[i]), ...given] };
}

function holdsDebugInfo(path: string): boolean {
  let fd: number | undefined;
  try {
    const stat = statSync(path);
    if (stat.isDirectory()) return true;
    if (!stat.isFile()) return false;
    fd = openSync(path, 'r');
    const head = new Uint8Array(18);
    if (readSync(fd, head, 0, 18, 0) < 18) return false;
    if (head[0] !== 0x7f || head[1] !== 0x45 || head[2] !== 0x4c || head[3] !== 0x46) return false;
    return DEBUG_TYPES.includes(new DataView(head.buffer).getUint16(16, head[5] === 1));
  } catch {
    return false; // opening it as a dump will say why
  } finally {
    if (fd !== undefined) closeSync(fd);
  }
}
