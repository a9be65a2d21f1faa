import { readSync } from 'node:fs';
import { UsageError } from '../base/errors.ts';
import type { Bytes } from '../base/units.ts';
import { SpillFile } from './archive/spill.ts';
import { spillSource } from './archive/spill-source.ts';
import type { FileSource } from './file-source.ts';

const PIECE = 0x100000;
const WAIT_MS = 10;

/** Standard input as a file: it is copied to a temporary one. @throws UsageError when it is a terminal or cannot be read */
export function openStdin(onRead?: (bytes: Bytes) => void): FileSource {
  if (process.stdin.isTTY) throw new UsageError('-: standard input is a terminal; pipe a dump into it');
  const file = new SpillFile('(stdin)');
  const piece = new Uint8Array(PIECE);
  for (;;) {
    const got = readSome(piece);
    if (got === 0) break;
    file.write(piece.subarray(0, got));
    onRead?.(got);
  }
  return spillSource('(stdin)', file);
}

function readSome(into: Uint8Array): number {
  for (;;) {
    try {
      return readSync(0, into, 0, into.length, null);
    } catch (e) {
      const { code } = e as NodeJS.ErrnoException;
      if (code === 'EOF') return 0;
      if (code !== 'EAGAIN') throw new UsageError(`(stdin): cannot be read: ${(e as Error).message}`);
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, WAIT_MS); // a pipe without data, set not to block
    }
  }
}
