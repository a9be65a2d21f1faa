import { UsageError } from '../base/errors.ts';
import { parsePidOrAddress } from './args.ts';

/** What tasks are selected by. */
export interface Selectable {
  readonly pid: number;
  readonly address: bigint;
  readonly comm: string;
}

/**
 * The tasks that the words mean, in the order of the words: a pid, a task address, a command name, or a regular
 * expression that is searched in names. A backslash before a number makes it a name.
 */
export function selectTasks<T extends Selectable>(
  tasks: readonly T[],
  words: readonly string[],
): { found: T[]; missing: string[] } {
  const found: T[] = [];
  const missing: string[] = [];
  for (const word of words) {
    const matches = tasks.filter(matcher(word));
    if (matches.length === 0) missing.push(word);
    found.push(...matches);
  }
  return { found, missing };
}

function matcher(word: string): (t: Selectable) => boolean {
  const key = parsePidOrAddress(word);
  if (typeof key === 'number') return (t) => t.pid === key;
  const name = word.replace(/^\\(?=\d+$)/, '');
  if (!/[\^$*+?()[\]|]/.test(name)) return (t) => t.comm === name || (key !== undefined && t.address === key);
  let pattern: RegExp;
  try {
    pattern = new RegExp(name);
  } catch {
    throw new UsageError(`'${name}' is no regular expression`);
  }
  return (t) => t.comm === name || pattern.test(t.comm);
}
