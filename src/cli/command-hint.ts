import { existsSync } from 'node:fs';
import { UsageError } from '../base/errors.ts';
import type { Request } from './arguments.ts';

/**
 * What was meant when a command of the session was written where the dump's file belongs (`inquest ps vmcore`): the error
 * with the right form added; any other error as it is.
 */
export async function withCommandHint(error: unknown, request: Request): Promise<unknown> {
  if (!(error instanceof UsageError) || !('files' in request)) return error;
  const [word = '', file = '<dump>'] = request.files;
  if (!/^[a-z]+$/.test(word) || existsSync(word)) return error;
  const { commands } = await import('../commands/index.ts');
  const isCommand = commands.some((c) => c.name === word || c.aliases?.includes(word));
  if (!isCommand) return error;
  return new UsageError(`${error.message}; it is a command for a dump: inquest ${file} -c ${word}`);
}
