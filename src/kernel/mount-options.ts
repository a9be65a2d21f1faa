import { addrAdd } from '../base/u64.ts';
import type { Addr } from '../base/units.ts';
import type { Program } from '../program/program.ts';

// include/linux/mount.h; an enum without a name since v6.16, the same values
const MNT_READONLY = 0x40;
const MOUNT_FLAGS: readonly (readonly [number, string])[] = [
  [0x01, 'nosuid'],
  [0x02, 'nodev'],
  [0x04, 'noexec'],
  [0x08, 'noatime'],
  [0x10, 'nodiratime'],
  [0x20, 'relatime'],
  [0x80, 'nosymfollow'], // commit dab741e0e02b ("Add a \"nosymfollow\" mount option.", v5.10)
];

// include/linux/fs.h
const SB_RDONLY = 0x1;
const SUPERBLOCK_FLAGS: readonly (readonly [number, string])[] = [
  [0x10, 'sync'],
  [0x80, 'dirsync'],
  [0x40, 'mand'], // until commit f7e33bdbd6d1 ("fs: remove mandatory file locking support", v5.15)
  [0x2000000, 'lazytime'],
];

/**
 * The options of a mount that /proc/mounts prints before those of the filesystem, in its order.
 * @param flags `vfsmount.mnt_flags` @throws MemoryFault NotFoundError
 */
export function mountOptions(prog: Program, superblock: Addr, flags: number): string {
  const state = Number(
    BigInt.asUintN(32, prog.memory.ulong(addrAdd(superblock, prog.offset('super_block', 's_flags')))),
  );
  const readOnly = (flags & MNT_READONLY) !== 0 || (state & SB_RDONLY) !== 0;
  const options = [readOnly ? 'ro' : 'rw'];
  for (const [bit, name] of SUPERBLOCK_FLAGS) if ((state & bit) !== 0) options.push(name);
  for (const [bit, name] of MOUNT_FLAGS) if ((flags & bit) !== 0) options.push(name);
  return options.join();
}
