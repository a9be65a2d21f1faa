import { attempt } from '../base/attempt.ts';
import { cString } from '../base/text.ts';
import { addrAdd } from '../base/u64.ts';
import type { Addr } from '../base/units.ts';
import type { Program } from '../program/program.ts';
import { filePaths } from './fs-path.ts';
import { inodes } from './inode.ts';
import { isKernelPointer } from './kernel-struct.ts';
import { mounts } from './mount.ts';

/** Longest name of a block device: BDEVNAME_SIZE, include/linux/blkdev.h. */
const MAX_NAME = 64;

/** A path to an inode, by the first of its directory entries. @param inode `struct inode *` @throws NotFoundError MemoryFault */
export function inodePath(prog: Program, inode: Addr): string | undefined {
  const first = prog.memory.ulong(addrAdd(inode, prog.offset('inode', 'i_dentry.first')));
  if (!isKernelPointer(prog, first)) return undefined;
  const dentry = addrAdd(first, -prog.offset('dentry', 'd_alias', 'd_u.d_alias'));
  const back = prog.memory.ulong(addrAdd(dentry, prog.offset('dentry', 'd_inode')));
  return back === inode ? filePaths(prog).ofDentry(dentry).path : undefined;
}

/** The type of a filesystem and the device that it is on, as /proc/mounts names it. */
export interface SuperblockPlace {
  readonly type: string;
  /** `vda`, `/dev/mapper/root`. */
  readonly device: string;
}

/** @param at `struct super_block *` @throws NotFoundError MemoryFault */
export function superblockPlace(prog: Program, at: Addr): SuperblockPlace | undefined {
  const id = prog.findMember('super_block', 's_id');
  if (!isKernelPointer(prog, at) || !id) return undefined;
  const own = cString(prog.memory.bytes(addrAdd(at, id.offset), id.type.size));
  const type = prog.memory.ulong(addrAdd(at, prog.offset('super_block', 's_type')));
  const name = prog.memory.cString(prog.memory.ulong(addrAdd(type, prog.offset('file_system_type', 'name'))), 32);
  const mount = mounts(prog).mounts.find((m) => m.superblock === at);
  return { type: name, device: mount?.device ?? own };
}

/**
 * Name of the device that an inode stands for: a block device stands before its inode in `struct bdev_inode`, or, since v6.10,
 * in one allocation with it. @param inode of the filesystem `bdev`
 */
export function inodeBlockDevice(prog: Program, inode: Addr): string | undefined {
  const whole = prog.findMember('bdev_inode', 'vfs_inode');
  if (!whole) return undefined;
  return blockDeviceName(prog, addrAdd(inode, -whole.offset + prog.offset('bdev_inode', 'bdev')));
}

/** `vda1`. @param device `struct block_device *` @throws NotFoundError MemoryFault */
export function blockDeviceName(prog: Program, device: Addr): string | undefined {
  const name = prog.findMember('block_device', 'bd_device.kobj.name');
  if (name) return prog.memory.cString(prog.memory.ulong(addrAdd(device, name.offset)), MAX_NAME);
  // a partition was a structure of its own before v5.11
  const part = prog.findMember('hd_struct', '__dev.kobj.name');
  const at = part && prog.memory.ulong(addrAdd(device, prog.offset('block_device', 'bd_part')));
  if (!part || at === undefined || at === 0n) return undefined;
  return prog.memory.cString(prog.memory.ulong(addrAdd(at, part.offset)), MAX_NAME);
}

/** What an inode is: its number, a path of it, and the device that its filesystem is on or that it stands for. */
export interface InodePlace {
  readonly number: bigint;
  readonly path?: string;
  readonly device?: string;
}

/** As far as it can be read. @param inode `struct inode *` */
export function inodePlace(prog: Program, inode: Addr): InodePlace | undefined {
  const found = attempt(() => inodes(prog)(inode));
  if (!found) return undefined;
  const where = attempt(() => superblockPlace(prog, found.superblock));
  const path = attempt(() => inodePath(prog, inode));
  const device = where?.type === 'bdev' ? attempt(() => inodeBlockDevice(prog, inode)) : where?.device;
  return { number: found.number, ...(path !== undefined && { path }), ...(device !== undefined && { device }) };
}
