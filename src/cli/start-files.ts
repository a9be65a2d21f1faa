import { existsSync, readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import type { Interpreter } from './interpreter.ts';

/** The start-up files that are there, and whether every line of one is run. */
export function startFiles(home = homedir(), folder = '.'): { readonly file: string; readonly whole: boolean }[] {
  const found: { file: string; whole: boolean }[] = [];
  for (const dir of new Set([resolve(home), resolve(folder)])) {
    for (const name of ['.crashrc', '.inquestrc']) {
      const file = join(dir, name);
      if (existsSync(file)) found.push({ file, whole: dir === resolve(home) && name === '.inquestrc' });
    }
  }
  return found;
}

/**
 * Runs the start-up files: `.inquestrc` of the home directory whole; of the working directory, and of crash's `.crashrc` in
 * both, only `alias` and `set`, since a dump may have been unpacked there with files of somebody else's.
 */
export async function runStartFiles(interpreter: Interpreter, home?: string, folder?: string): Promise<void> {
  const session = interpreter.session;
  session.origin = 'rc';
  try {
    for (const { file, whole } of startFiles(home, folder)) {
      for (const line of startLines(file)) {
        if (whole || /^\s*(?:alias|set)\s/.test(line)) await runQuietly(interpreter, line, whole);
      }
    }
  } finally {
    session.origin = 'runtime';
  }
}

function startLines(file: string): string[] {
  try {
    return readFileSync(file, 'utf8').split('\n');
  } catch {
    return []; // a start-up file that cannot be read is none
  }
}

/** What crash's own files set and we have no use for is no error of the user's. */
async function runQuietly(interpreter: Interpreter, line: string, whole: boolean): Promise<void> {
  if (whole && !/^\s*(?:alias|set)\s/.test(line)) await interpreter.run(line);
  else {
    try {
      interpreter.session.run(line);
    } catch (e) {
      if (whole) throw e;
    }
  }
}
