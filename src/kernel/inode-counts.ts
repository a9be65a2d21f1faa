import { attempt } from '../base/attempt.ts';
import { perOwner } from '../base/lazy.ts';
import { addrAdd } from '../base/u64.ts';
import type { Addr } from '../base/units.ts';
import type { Program } from '../program/program.ts';
import { listEntries } from './list.ts';
import { type MountRecord, mounts } from './mount.ts';

/** A file system and how many inodes of it are in memory. */
export interface InodeCount {
  readonly mount: MountRecord;
  readonly inodes: number;
}

const MOST = 5_000_000;

/**
 * Inodes in memory of each file system of these types that the first process sees, the most first (`super_block.s_inodes`): of tmpfs
 * they are its files. A list that breaks counts as far as it goes. @throws NotFoundError when the types are unknown
 */
export function inodeCounts(prog: Program, types: RegExp): readonly InodeCount[] {
  const known = counted(prog);
  const counts = known.get(types.source) ?? countInodes(prog, types);
  known.set(types.source, counts);
  return counts;
}

/** Some million links are not followed twice. */
const counted = perOwner((_: Program) => new Map<string, readonly InodeCount[]>());

function countInodes(prog: Program, types: RegExp): InodeCount[] {
  const list = prog.offset('super_block', 's_inodes');
  const seen = new Set<Addr>();
  let left = MOST;
  const found: InodeCount[] = [];
  for (const mount of mounts(prog).mounts) {
    if (!types.test(mount.type) || seen.has(mount.superblock)) continue;
    seen.add(mount.superblock);
    let inodes = 0;
    attempt(() => {
      for (const _ of listEntries(prog, addrAdd(mount.superblock, list), 'inodes', left)) inodes++;
    });
    left -= inodes;
    found.push({ mount, inodes });
  }
  return found.sort((a, b) => b.inodes - a.inodes);
}
