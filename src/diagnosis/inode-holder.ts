import { attempt } from '../base/attempt.ts';
import type { Phrase } from '../base/phrase.ts';
import { type InodeCount, inodeCounts } from '../kernel/inode-counts.ts';
import type { Program } from '../program/program.ts';
import type { Evidence } from '../report/finding.ts';
import type { SlabShareData } from '../report/memory-judgement-schema.ts';

/** Caches of inodes, and the file systems that have them: names of kmem_cache_create() in their init functions. */
const CACHES: readonly (readonly [cache: RegExp, types: RegExp])[] = [
  [/^shmem_inode_cache/, /^(?:tmpfs|devtmpfs|rootfs)$/],
  [/^ext4_inode_cache/, /^ext[234]$/],
  [/^xfs_inode/, /^xfs$/],
  [/^btrfs_inode/, /^btrfs$/],
  [/^(?:proc_inode_cache)/, /^proc$/],
  [/^fuse_inode/, /^fuse/],
  [/^nfs_inode_cache/, /^nfs/],
];
/** Part of the objects from which on files explain the cache. */
const MOST = 0.5;

/** What a cache of inodes is: the files of a file system. */
export interface Inodes extends InodeCount {
  readonly words: Phrase;
  readonly evidence: Evidence;
  readonly settle: Phrase;
}

/** The file system whose inodes most objects of a cache are; undefined for other caches, or where they are in none. */
export function inodesOf(prog: Program, { cache, objects }: SlabShareData): Inodes | undefined {
  const types = CACHES.find(([name]) => name.test(cache))?.[1];
  const [top] = (types && attempt(() => inodeCounts(prog, types))) ?? [];
  if (!top || top.inodes < objects * MOST) return undefined;
  const { mount, inodes } = top;
  const tmpfs = /tmpfs|rootfs/.test(mount.type);
  return {
    ...top,
    words: {
      en: `inodes of ${inodes} files and directories of ${mount.type} ${mount.path}`,
      zh: `${mount.type} ${mount.path} 的 ${inodes} 个文件和目录的 inode`,
    },
    evidence: { what: { en: 'the mount', zh: '挂载' }, value: mount.path, command: 'mount' },
    settle: tmpfs
      ? {
          en: `what makes so many files in ${mount.path}: each takes memory of the kernel even when it is empty, and only removing it gives it back; the mount option nr_inodes= limits them`,
          zh: `是什么在 ${mount.path} 中创建了这么多文件：即使为空，每个文件也占用内核内存，只有删除才能收回；挂载选项 nr_inodes= 可加以限制`,
        }
      : {
          en: `what keeps so many files of ${mount.path} in use: open files, watches (inotify), or a scan that runs`,
          zh: `是什么使 ${mount.path} 的这么多文件保持使用：打开的文件、inotify 监视，或正在进行的扫描`,
        },
  };
}
