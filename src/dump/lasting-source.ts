import type { ByteSource } from '../base/byte-source.ts';
import { BadDataError } from '../base/errors.ts';
import { steadyRead } from '../base/steady-read.ts';

/** A source that can be told to go on when a part of it cannot be read. */
export interface LastingSource extends ByteSource {
  /** From now on what cannot be read is missing, as if the file ended there. @param note told once why */
  last(note: (problem: string) => void): void;
}

/**
 * A file whose headers must be readable, and whose data need not: a page on a bad sector or behind a broken connection is
 * missing, and everything else is still there. A read that fails is tried again, a short one goes on.
 */
export function lastingSource(src: ByteSource): LastingSource {
  let note: ((problem: string) => void) | undefined;
  let noted = false;
  return {
    name: src.name,
    size: src.size,
    read(offset, into) {
      try {
        return steadyRead(src, offset, into);
      } catch (e) {
        if (!note || !(e instanceof BadDataError)) throw e;
        if (!noted) note(e.message);
        noted = true;
        return 0;
      }
    },
    last(onProblem) {
      note = onProblem;
    },
  };
}
