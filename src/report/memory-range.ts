import { type FaultReason, MemoryFault, UnsupportedError } from '../base/errors.ts';
import type { Addr, Bytes } from '../base/units.ts';
import { userSpaceOf } from '../kernel/user-space.ts';
import type { Program } from '../program/program.ts';
import type { CommandContext } from './command.ts';
import { isPrintable } from './unit-lines.ts';

/** Memory is there or missing by pages. */
export const PIECE = 4096;

export type MemorySpace = 'kernel' | 'user' | 'physical' | 'file';

/** What is to be read. */
export interface MemoryRange {
  readonly at: Addr;
  readonly size: Bytes;
  readonly space: MemorySpace;
  /** The size is an upper limit. */
  readonly open: boolean;
}

/** What is there of a range, up to the first byte that is not. @throws MemoryFault when nothing is */
export function readRange(
  context: CommandContext,
  range: MemoryRange,
  unit: Bytes,
): { bytes: Uint8Array; fault?: MemoryFault } {
  const read = readerOf(context, range.space);
  const bytes = new Uint8Array(range.size);
  for (let done = 0; done < range.size; ) {
    const at = range.at + BigInt(done);
    const size = Math.min(range.size - done, PIECE - Number(at % BigInt(PIECE)));
    const part = bytes.subarray(done, done + size);
    const why = read(at, part);
    if (why) {
      if (done < unit) throw new MemoryFault(at, why);
      const kept = bytes.subarray(0, done - (done % unit));
      return range.open ? { bytes: kept } : { bytes: kept, fault: new MemoryFault(at, why) };
    }
    done += size;
    if (range.open && part.some((byte) => !isPrintable(byte))) return { bytes: bytes.subarray(0, done) };
  }
  return { bytes };
}

type Read = (at: Addr, into: Uint8Array) => FaultReason | undefined;

function readerOf({ prog, task }: CommandContext, space: MemorySpace): Read {
  if (space === 'file') return fileReader(prog);
  if (space === 'physical') return (at, into) => prog.physical.read(Number(at), into);
  const memory = space === 'user' ? userSpaceOf(prog, task) : prog.memory;
  return (at, into) => memory.tryRead(at, into);
}

/** The bytes of the dump's file, of several the first. @throws UnsupportedError */
function fileReader(prog: Program): Read {
  const file = prog.image.files?.[0];
  if (!file) throw new UnsupportedError('rd -f: the dump is in no file');
  return (at, into) => (file.read(Number(at), into) === into.length ? undefined : 'not-in-dump');
}
