import { fstatSync } from 'node:fs';

/**
 * Whether a file descriptor is a terminal. Node's module for that brings its network with it (5 ms of a process that writes
 * to a file or a pipe), so that it is asked only about character devices.
 */
export function isTerminal(fd: number): boolean {
  try {
    if (!fstatSync(fd).isCharacterDevice()) return false;
  } catch {
    return false; // it is closed
  }
  return process.getBuiltinModule('node:tty').isatty(fd);
}
