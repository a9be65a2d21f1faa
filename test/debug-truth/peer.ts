import { spawn } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';

/** A program with what goes before its arguments, such as `chroot /sid pahole`. */
export type PeerCommand = readonly string[];

/** A peer is missing: what it is for and where it comes from. */
export class MissingPeerError extends Error {}

/** The first of these programs that is there; a path, or a name to look for. */
export function findPeer(names: readonly string[], source: string): PeerCommand {
  for (const name of names) {
    const places = name.includes('/')
      ? [name]
      : (process.env.PATH ?? '').split(delimiter).map((dir) => join(dir, name));
    const found = places.find(isProgram);
    if (found !== undefined) return [found];
  }
  throw new MissingPeerError(`none of ${names.join(', ')} is here: ${source}`);
}

function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** What a peer prints, whatever its exit status is. @param onLine gets each line instead */
export async function askPeer(
  command: PeerCommand,
  args: readonly string[],
  input = '',
  onLine?: (line: string) => void,
): Promise<string> {
  const [program = '', ...before] = command;
  const child = spawn(program, [...before, ...args], { stdio: ['pipe', 'pipe', 'ignore'] });
  const ended = new Promise<void>((resolve, reject) => child.on('error', reject).on('close', () => resolve()));
  child.stdin.on('error', () => {}); // it may end before it has read everything
  child.stdin.end(input);
  child.stdout.setEncoding('utf8');
  let text = '';
  child.stdout.on('data', (part: string) => {
    text += part;
    if (!onLine) return;
    const lines = text.split('\n');
    text = lines.pop() as string;
    for (const line of lines) onLine(line);
  });
  await ended;
  if (onLine && text !== '') onLine(text);
  return onLine ? '' : text;
}
