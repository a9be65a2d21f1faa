import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { AnalysisError, UsageError } from '../base/errors.ts';
import type { Command } from '../report/command.ts';
import type { Session } from '../session/session.ts';
import { splitLine } from '../session/split-line.ts';

/** For `extend a.ts b.ts`: loads the modules before the command lists what is there. Other lines are none of its business. */
export async function loadExtensions(session: Session, line: string): Promise<void> {
  if (!/^\s*extend\s/.test(line)) return;
  const files = splitLine(line).slice(1);
  if (files.some((f) => f.startsWith('-'))) return;
  for (const file of files) await loadExtension(session, file);
}

/**
 * Loads one module and adds its commands: everything it exports that is a `Command`, or a list of them. It is the user's
 * own code and may do what this program may.
 */
export async function loadExtension(session: Session, file: string): Promise<void> {
  const path = findModule(file);
  if (session.extensions.some((e) => e.name === path)) throw new UsageError(`${file}: loaded already`);
  let module: Record<string, unknown>;
  try {
    module = (await import(path)) as Record<string, unknown>;
  } catch (e) {
    throw new AnalysisError('usage', `${file}: the module cannot be loaded: ${(e as Error).message}${hint(path)}`);
  }
  const commands = [...new Set(Object.values(module).flat())].filter(isCommand);
  if (commands.length === 0) throw new UsageError(`${file}: the module exports no command`);
  session.extend(path, commands);
}

/** Where the name says, or in the folder of INQUEST_EXTENSIONS, or in ./extensions. */
function findModule(file: string): string {
  const folders = ['.', process.env.INQUEST_EXTENSIONS ?? '.', './extensions'];
  const path = folders.map((f) => resolve(join(f, file))).find((p) => existsSync(p));
  const absolute = file.startsWith('/') ? file : path;
  if (absolute === undefined || !existsSync(absolute)) throw new UsageError(`${file}: there is no such module`);
  return absolute;
}

function hint(path: string): string {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
  const strips = major > 22 || (major === 22 && minor >= 18);
  return path.endsWith('ts') && !strips
    ? ` (Node ${process.versions.node} runs no TypeScript; 22.18 and newer do)`
    : '';
}

function isCommand(value: unknown): value is Command {
  const c = value as Partial<Command> | null;
  return (
    typeof c === 'object' &&
    c !== null &&
    typeof c.name === 'string' &&
    typeof c.run === 'function' &&
    typeof c.blocks === 'function' &&
    typeof c.args === 'object'
  );
}
