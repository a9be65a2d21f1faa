import { bt } from '../commands/bt.ts';
import { log } from '../commands/log.ts';
import { mod } from '../commands/mod.ts';
import { ps } from '../commands/ps.ts';
import { sys } from '../commands/sys.ts';
import type { Command } from '../report/command.ts';
import { startFiles } from './start-files.ts';

/** What is asked of a dump first. */
const first: readonly Command[] = [bt, log, mod, ps, sys];

/**
 * The commands that lines may need: the first ones when it is certain that they are enough, else all. Evaluating the others
 * would cost the first answer a tenth of its time.
 */
export async function commandsFor(lines: readonly string[]): Promise<readonly Command[]> {
  const names = first.flatMap((c) => [c.name, ...(c.aliases ?? [])]);
  const isEnough = startFiles().length === 0 && lines.every((line) => names.includes(PLAIN.exec(line)?.[1] ?? ''));
  return isEnough ? first : (await import('../commands/index.ts')).commands;
}

/** A line without pipes, redirection, expressions and the like. */
const PLAIN = /^\s*([a-z]+)(?:\s+[-\w]+)*\s*$/;
