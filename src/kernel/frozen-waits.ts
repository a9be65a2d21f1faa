import type { Bytes } from '../base/units.ts';
import type { FilesystemState } from './filesystem-state.ts';
import type { TaskWait } from './wait-graph.ts';

/** A file system that is frozen, and who waits to write to it. */
export interface FrozenWaits {
  readonly filesystem: FilesystemState;
  /** The longest first. */
  readonly waits: readonly TaskWait[];
}

/**
 * Frozen file systems with the tasks that wait for them to be thawed: writers wait for a semaphore, or a queue, that is part of
 * the superblock (`s_writers`, sb_start_write()). @param size of a `struct super_block`
 */
export function frozenWaits(
  filesystems: readonly FilesystemState[],
  waits: readonly TaskWait[],
  size: Bytes,
): FrozenWaits[] {
  return filesystems
    .filter((f) => f.frozen > 0)
    .map((filesystem) => {
      const end = filesystem.superblock + BigInt(size);
      const own = waits.filter(({ resource }) => {
        return resource !== undefined && resource.address >= filesystem.superblock && resource.address < end;
      });
      return { filesystem, waits: own.sort((a, b) => (b.seconds ?? 0) - (a.seconds ?? 0)) };
    });
}
