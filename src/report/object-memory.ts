import { BadDataError, UnsupportedError, UsageError } from '../base/errors.ts';
import { hex } from '../base/hex.ts';
import type { Addr, Bytes } from '../base/units.ts';
import { userSpaceOf } from '../kernel/user-space.ts';
import type { Args } from './args.ts';
import type { CommandContext } from './command.ts';

/** Where objects are read from. */
export interface ObjectMemory {
  /** It is not the kernel's memory. */
  readonly own: boolean;
  /** @throws AnalysisError naming the place */
  bytes(at: Addr, size: Bytes): Uint8Array;
}

/** The kernel's memory; with `-u` the user space of the current task, with `-f` the dump file itself. */
export function objectMemory({ prog, task }: CommandContext, args: Args): ObjectMemory {
  if (args.has('u') && args.has('f')) throw new UsageError('-u and -f are two different places');
  if (args.has('u')) {
    const user = userSpaceOf(prog, task);
    return { own: true, bytes: (at, size) => user.bytes(at, size) };
  }
  if (!args.has('f')) return { own: false, bytes: (at, size) => prog.memory.bytes(at, size) };
  const [file, ...more] = prog.image.files ?? [];
  if (!file || more.length > 0) throw new UnsupportedError('offsets are those of one dump file');
  return {
    own: true,
    bytes(at, size) {
      const bytes = new Uint8Array(size);
      const got = at <= BigInt(file.size) ? file.read(Number(at), bytes) : 0;
      if (got < size)
        throw new BadDataError(
          file.name,
          Number(at),
          `${size} bytes are wanted where the file ends at ${hex(file.size)}`,
        );
      return bytes;
    },
  };
}
