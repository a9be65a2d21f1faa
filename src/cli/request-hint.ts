import { existsSync } from 'node:fs';
import { UnsupportedError, UsageError } from '../base/errors.ts';
import type { Request } from './arguments.ts';

/**
 * The error, with the right form added where it is clear what was meant: a command of the session where the dump's file
 * belongs (`inquest ps vmcore`), a log where a dump is asked for.
 */
export async function withRequestHint(error: unknown, request: Request): Promise<unknown> {
  if (!('files' in request)) return error;
  const [word = '', file = '<dump>'] = request.files;
  if (error instanceof UnsupportedError && error.message.endsWith('but a text file')) {
    return new UnsupportedError(`${error.message}; if it is a kernel log: inquest oops ${word}`);
  }
  if (error instanceof UsageError && (await isCommand(word))) {
    return new UsageError(`${error.message}; it is a command for a dump: inquest ${file} -c ${word}`);
  }
  return error;
}

async function isCommand(word: string): Promise<boolean> {
  if (!/^[a-z]+$/.test(word) || existsSync(word)) return false;
  const { commands } = await import('../commands/index.ts');
  return commands.some((c) => c.name === word || c.aliases?.includes(word));
}
