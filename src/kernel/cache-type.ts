import { addrAdd } from '../base/u64.ts';
import type { Bytes } from '../base/units.ts';
import type { Program } from '../program/program.ts';
import type { CType } from '../types/c-type.ts';
import { findStruct } from './module-struct.ts';
import type { SlabCache } from './slab-cache.ts';

/**
 * Types of objects by the name of their cache, where the name does not tell it: the calls of kmem_cache_create in the
 * kernel's sources. `of` is where the object proper lies in it.
 */
const TYPES: Readonly<Record<string, readonly string[]>> = {
  filp: ['file'],
  inode_cache: ['inode'],
  ext4_inode_cache: ['ext4_inode_info'],
  ext3_inode_cache: ['ext4_inode_info'],
  xfs_inode: ['xfs_inode'],
  btrfs_inode: ['btrfs_inode'],
  fat_inode_cache: ['msdos_inode_info'],
  f2fs_inode_cache: ['f2fs_inode_info'],
  ovl_inode: ['ovl_inode'],
  fuse_inode: ['fuse_inode'],
  nfs_inode_cache: ['nfs_inode'],
  cifs_inode_cache: ['cifsInodeInfo'],
  shmem_inode_cache: ['shmem_inode_info'],
  proc_inode_cache: ['proc_inode'],
  sock_inode_cache: ['socket_alloc'],
  hugetlbfs_inode_cache: ['hugetlbfs_inode_info'],
  bdev_cache: ['bdev_inode'],
  mqueue_inode_cache: ['mqueue_inode_info'],
  rpc_inode_cache: ['rpc_inode'],
  squashfs_inode_cache: ['squashfs_inode_info'],
  isofs_inode_cache: ['iso_inode_info'],
  mnt_cache: ['mount'],
  skbuff_head_cache: ['sk_buff'],
  skbuff_fclone_cache: ['sk_buff_fclones'],
  signal_cache: ['signal_struct'],
  sighand_cache: ['sighand_struct'],
  files_cache: ['files_struct'],
  fs_cache: ['fs_struct'],
  cred_jar: ['cred'],
  kernfs_node_cache: ['kernfs_node'],
  jbd2_journal_head: ['journal_head'],
  jbd2_journal_handle: ['jbd2_journal_handle'],
  bio_crypt_ctx: ['bio_crypt_ctx'],
  request_queue: ['request_queue'],
  blkdev_ioc: ['io_context'],
  names_cache: [],
  dma_buf: [],
  TCP: ['tcp_sock'],
  TCPv6: ['tcp6_sock'],
  UDP: ['udp_sock'],
  UDPv6: ['udp6_sock'],
  RAW: ['raw_sock'],
  UNIX: ['unix_sock'],
  'UNIX-STREAM': ['unix_sock'],
  PING: ['inet_sock'],
};

/** Caches of no particular type. */
const GENERAL = /^(?:kmalloc|dma-kmalloc|names_cache|ip6?-frags|skbuff_small|pool_workqueue_)/;

/**
 * C type of the objects of a cache, where this kernel or a loaded module has a type of that name that fits into them: file
 * systems and drivers are often modules. Undefined for caches of
 * no particular type, for unknown ones, and for caches that the kernel merged with others: they hold objects of several types.
 */
export function cacheType(prog: Program, cache: SlabCache): CType | undefined {
  if (isMerged(prog, cache)) return undefined;
  const { name } = cache;
  const listed = TYPES[name];
  if (!listed && GENERAL.test(name)) return undefined;
  const bare = name.replace(/^bio-\d+$/, 'bio').replace(/\(\d+:.*\)$/, '');
  const guesses = listed ?? [bare, bare.replace(/s$/, ''), bare.replace(/_(?:cachep?|slab|pool|struct)$/, '')];
  for (const guess of guesses) {
    if (!/^[A-Za-z_]\w*$/.test(guess)) continue;
    const type = findStruct(prog, guess)?.resolve();
    if (type && (type.kind === 'struct' || type.kind === 'union') && fits(type.size, cache, guess)) return type;
  }
  return undefined;
}

/** `kmem_cache.refcount` counts the users of a cache; it is negative where merging is not allowed (mm/slab_common.c). */
function isMerged(prog: Program, cache: SlabCache): boolean {
  const place = prog.findMember('kmem_cache', 'refcount');
  return place !== undefined && prog.memory.i32(addrAdd(cache.address, place.offset)) > 1;
}

/**
 * Whether an object may be of a type. The last member of `task_struct` and of `kmem_cache` is as long as this machine needs it,
 * so that their objects are smaller than the type.
 */
function fits(size: Bytes, cache: SlabCache, type: string): boolean {
  return size > 8 && (size <= cache.objectSize || (type === cache.name && OPEN_ENDED.has(type)));
}

const OPEN_ENDED = new Set(['task_struct', 'kmem_cache']);
