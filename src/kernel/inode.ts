import { perOwner } from '../base/lazy.ts';
import type { Addr } from '../base/units.ts';
import type { Program } from '../program/program.ts';
import { KernelStruct } from './kernel-struct.ts';

/** The upper four bits of `i_mode` (S_IFMT and its values, include/uapi/linux/stat.h). */
const KINDS: Readonly<Record<number, InodeKind>> = {
  1: 'FIFO',
  2: 'CHR',
  4: 'DIR',
  6: 'BLK',
  8: 'REG',
  10: 'LNK',
  12: 'SOCK',
};

/** Kind of a file as crash prints it; an anonymous inode (epoll, eventfd ...) has none: UNKN. */
export type InodeKind = 'REG' | 'DIR' | 'CHR' | 'BLK' | 'FIFO' | 'SOCK' | 'LNK' | 'UNKN';

/** What an inode says of itself. */
export interface InodeRecord {
  /** `struct inode *` */
  readonly address: Addr;
  /** `i_mode`, with the kind. */
  readonly mode: number;
  readonly kind: InodeKind;
  readonly number: bigint;
  /** `struct super_block *` */
  readonly superblock: Addr;
  /** `i_mapping`, `struct address_space *`; of a block device another inode's. */
  readonly mapping: Addr;
  /** Bytes. */
  readonly size: bigint;
}

/** A reader of inodes; each is read once in whole. @throws NotFoundError when the types are unknown */
export const inodes = perOwner((prog: Program): ((inode: Addr) => InodeRecord) => {
  const mode = prog.offset('inode', 'i_mode');
  const number = prog.offset('inode', 'i_ino');
  const superblock = prog.offset('inode', 'i_sb');
  const mapping = prog.offset('inode', 'i_mapping');
  const size = prog.offset('inode', 'i_size');
  const raw = new KernelStruct(prog, Math.max(mode, number, superblock, mapping, size) + 8);
  return (address) => {
    prog.memory.read(address, raw.bytes);
    const bits = raw.u16(mode);
    return {
      address,
      mode: bits,
      kind: KINDS[bits >> 12] ?? 'UNKN',
      number: raw.pointer(number),
      superblock: raw.pointer(superblock),
      mapping: raw.pointer(mapping),
      size: raw.u64(size),
    };
  };
});

/** Pages of a mapping that are in memory. @param mapping `struct address_space *` @throws MemoryFault */
export function mappingPages(prog: Program, mapping: Addr): bigint {
  return prog.memory.ulong(mapping + BigInt(prog.offset('address_space', 'nrpages')));
}
