import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { guestDir } from './places.ts';

/** `mode_nbd() { ... }` on one line or to a brace at the beginning of a line. */
const MODE = /^mode_(\w+)\(\) \{(?:.*\}|[\s\S]*?^\})$/gm;
/** `static int nbd_server(char **argv)` to a brace at the beginning of a line. */
const PART = /^static int (\w+)\(char \*\*argv\)\n\{[\s\S]*?^\}$/gm;
/** The program's table: what the script calls a part. */
const ENTRY = /\{ "([\w-]+)", (\w+) \}/g;

/**
 * Hash of what one mode of the ops guest is made of: its function of the script, the parts of the program that it calls, and what
 * all have in common. Another death can be added without making every dump anew.
 */
export function opsHash(mode: string): string {
  const [script, program] = ['init-ops', 'labops.c'].map((f) => readFileSync(join(guestDir, f), 'utf8')) as [
    string,
    string,
  ];
  const own = [...script.matchAll(MODE)].find((m) => m[1] === mode)?.[0] ?? '';
  const entries = [...program.matchAll(ENTRY)].filter(([, word]) => own.includes(`${word}`));
  const names = new Set(entries.map(([, , name]) => name));
  const parts = [...program.matchAll(PART)].filter((m) => names.has(m[1])).map((m) => m[0]);
  const common = [script.replaceAll(MODE, ''), program.replaceAll(PART, '').replaceAll(ENTRY, '')];
  const hash = createHash('sha256');
  for (const text of [own, ...parts, ...common]) hash.update(text.replaceAll(/\s+/g, ' ')).update('\0');
  return hash.digest('hex').slice(0, 16);
}
