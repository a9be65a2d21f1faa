import { fstatSync, readSync } from 'node:fs';
import { UsageError } from '../base/errors.ts';
import type { Bytes } from '../base/units.ts';
import { SpillFile } from './archive/spill.ts';
import { spillSource } from './archive/spill-source.ts';
import type { FileSource } from './file-source.ts';
import { isTerminal } from './is-terminal.ts';

const PIECE = 0x100000;
/** Milliseconds between two looks at a pipe without data: at first and in the end. */
const FIRST_WAIT = 0.2;
const LAST_WAIT = 10;

/** Standard input as a file: it is copied to a temporary one. @throws UsageError when it is a terminal or cannot be read */
export function openStdin(onRead?: (bytes: Bytes) => void): FileSource {
  if (isTerminal(0)) throw new UsageError('-: standard input is a terminal; pipe a dump into it');
  const file = new SpillFile('(stdin)');
  const piece = new Uint8Array(PIECE);
  doNotBlock();
  for (;;) {
    const got = readSome(piece);
    if (got === 0) break;
    file.write(piece.subarray(0, got));
    onRead?.(got);
  }
  return spillSource('(stdin)', file);
}

/**
 * A read that waits in the system cannot be broken off, a sleep can: a pipe or a socket is set not to block. Node does that
 * with what it opens as a stream, which is kept here so that it closes nothing.
 */
const kept: object[] = [];

function doNotBlock(): void {
  const stat = fstatSync(0);
  if (!stat.isFIFO() && !stat.isSocket()) return;
  const { Socket } = process.getBuiltinModule('node:net');
  try {
    const socket = new Socket({ fd: 0, readable: false, writable: false, allowHalfOpen: true });
    socket.unref();
    kept.push(socket);
  } catch {
    // then it blocks
  }
}

function readSome(into: Uint8Array): number {
  for (let wait = FIRST_WAIT; ; wait = Math.min(LAST_WAIT, wait * 1.5)) {
    try {
      return readSync(0, into, 0, into.length, null);
    } catch (e) {
      const { code } = e as NodeJS.ErrnoException;
      if (code === 'EOF') return 0;
      if (code === 'EINTR') continue;
      if (code !== 'EAGAIN') throw new UsageError(`(stdin): cannot be read: ${(e as Error).message}`);
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, wait);
    }
  }
}
