import { hex } from '../base/hex.ts';
import { addrAdd } from '../base/u64.ts';
import type { Addr, Bytes } from '../base/units.ts';
import type { Problem } from '../program/ports.ts';
import type { Program } from '../program/program.ts';
import { dentries } from './dentry-path.ts';
import { filePaths } from './fs-path.ts';
import { inodeBlockDevice } from './inode-place.ts';
import { isKernelPointer } from './kernel-struct.ts';
import { attempt, noteProblem } from './note-problem.ts';
import { CacheSearch, type FoundFile, type PageCacheLimits } from './page-cache-search.ts';
import { rbtreeEntries } from './rbtree.ts';
import { type TaskRecord, taskTable } from './task.ts';

/** A file that has pages in memory. */
export interface CachedFile {
  /** `struct inode *` */
  readonly inode: Addr;
  readonly number: bigint;
  readonly pages: number;
  /** Of the file itself, in bytes. */
  readonly size: bigint;
  /** `struct super_block *` */
  readonly superblock: Addr;
  /** Type of its filesystem: `ext4`, `tmpfs`, `bdev`. */
  readonly filesystem: string;
  /** Undefined when no directory entry leads to it any more. */
  readonly path: string | undefined;
  /** Processes that map it; of a file that very many map, the first. */
  readonly mappedBy: readonly TaskRecord[];
}

/** The page cache by file. */
export interface PageCacheFiles {
  /** The files with the most pages first. */
  readonly files: readonly CachedFile[];
  /** Files with pages. */
  readonly fileCount: number;
  /** Pages of all files that were looked at. */
  readonly pages: number;
  /** Pages by type of filesystem, the most first. */
  readonly byFilesystem: readonly { readonly filesystem: string; readonly pages: number }[];
  /** Inodes that were looked at. */
  readonly inodes: number;
  /** The limit was reached: there are more inodes, and files with more pages may be among them. */
  readonly cut: boolean;
  readonly problems: readonly Problem[];
}

const MAX_MAPPINGS = 4096;
const MAX_PROCESSES = 16;

/** Walks the inodes of every superblock (`s_inodes`). Never throws for damage. */
export function pageCacheFiles(prog: Program, limits: PageCacheLimits): PageCacheFiles {
  const problems: Problem[] = [];
  const search = attempt(problems, 'page cache', () => new CacheSearch(prog, limits, problems));
  if (!search) return { files: [], fileCount: 0, pages: 0, byFilesystem: [], inodes: 0, cut: false, problems };
  search.run();
  const mappers = attempt(problems, 'processes that map files', () => new Mappers(prog, problems));
  const files = search.top.map(
    (file): CachedFile => ({
      inode: file.inode,
      number: file.number,
      pages: file.pages,
      size: file.size,
      superblock: file.superblock,
      filesystem: file.filesystem,
      path: attempt(problems, `name of inode ${hex(file.inode)}`, () => pathOf(prog, file)),
      mappedBy: mappers?.of(file.mapping) ?? [],
    }),
  );
  const byFilesystem = [...search.byType].map(([filesystem, pages]) => ({ filesystem, pages }));
  byFilesystem.sort((a, b) => b.pages - a.pages);
  const { fileCount, pages, inodes, cut } = search;
  return { files, fileCount, pages, byFilesystem, inodes, cut, problems };
}

/** The path of one of its directory entries, or the name of the block device that it stands for. */
function pathOf(prog: Program, file: FoundFile): string | undefined {
  const device = file.filesystem === 'bdev' ? inodeBlockDevice(prog, file.inode) : undefined;
  if (device !== undefined) return `/dev/${device}`;
  if (!isKernelPointer(prog, file.alias)) return undefined;
  const dentry = addrAdd(file.alias, -prog.offset('dentry', 'd_alias', 'd_u.d_alias', 'd_u'));
  const { path, deleted } = filePaths(prog).ofDentry(dentry);
  return deleted && path === ' (deleted)' ? dentries(prog).nameOf(dentry) : path;
}

/** Finds the processes behind the mappings of a file (`i_mmap`, a tree of areas). */
class Mappers {
  readonly #prog: Program;
  readonly #problems: Problem[];
  readonly #owners = new Map<Addr, TaskRecord>();
  readonly #node: Bytes;
  readonly #mm: Bytes;
  readonly #tree: Bytes;

  constructor(prog: Program, problems: Problem[]) {
    this.#prog = prog;
    this.#problems = problems;
    this.#node = prog.offset('vm_area_struct', 'shared.rb', 'shared');
    this.#mm = prog.offset('vm_area_struct', 'vm_mm');
    this.#tree = prog.offset('address_space', 'i_mmap');
    for (const task of taskTable(prog).tasks) {
      if (task.kernelThread || task.mm === 0n) continue;
      if (task.threadGroupLeader || !this.#owners.has(task.mm)) this.#owners.set(task.mm, task);
    }
  }

  of(mapping: Addr): TaskRecord[] {
    const found = new Set<TaskRecord>();
    let areas = 0;
    try {
      for (const node of rbtreeEntries(this.#prog, addrAdd(mapping, this.#tree), 'mappings of a file')) {
        if (++areas > MAX_MAPPINGS || found.size >= MAX_PROCESSES) break;
        const owner = this.#owners.get(this.#prog.memory.ulong(addrAdd(node, this.#mm - this.#node)));
        if (owner) found.add(owner);
      }
    } catch (e) {
      noteProblem(this.#problems, 'mappings of a file', e);
    }
    return [...found].sort((a, b) => a.pid - b.pid);
  }
}
