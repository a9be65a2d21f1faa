import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';

const MAX = 1000;

/** Where the prompt keeps what was typed: the state directory of the XDG base directory specification. */
export function historyPath(env: NodeJS.ProcessEnv = process.env): string {
  const state = env.XDG_STATE_HOME?.startsWith('/') ? env.XDG_STATE_HOME : join(homedir(), '.local', 'state');
  return join(state, 'inquest', 'history');
}

/** Lines typed before, newest first; empty when there are none or they cannot be read. */
export function loadHistory(path: string): string[] {
  try {
    return readFileSync(path, 'utf8').split('\n').filter(Boolean).reverse().slice(0, MAX);
  } catch {
    return [];
  }
}

/** @param lines newest first. A home directory that cannot be written to costs the history only. */
export function saveHistory(path: string, lines: readonly string[]): void {
  try {
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
    const text = lines.slice(0, MAX).reverse().join('\n');
    writeFileSync(path, `${text}\n`, { mode: 0o600 });
  } catch {
    // As said.
  }
}
