import { hex } from '../base/hex.ts';
import { addrAdd } from '../base/u64.ts';
import type { Addr, Bytes } from '../base/units.ts';
import type { Problem } from '../program/ports.ts';
import type { Program } from '../program/program.ts';
import { dentries } from './dentry-path.ts';
import { filePaths } from './fs-path.ts';
import { isKernelPointer, KernelStruct } from './kernel-struct.ts';
import { listEntries } from './list.ts';
import { mounts } from './mount.ts';
import { presentPages } from './node-memory.ts';
import { attempt, noteProblem } from './note-problem.ts';
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

export interface PageCacheLimits {
  /** Files to list. */
  readonly files: number;
  /** Inodes to look at, of all filesystems. */
  readonly inodes: number;
}

/** Filesystems whose files are made when they are read: their inodes, often the most by far, hold no pages. */
const WITHOUT_PAGES: ReadonlySet<string> = new Set(
  (
    'proc sysfs cgroup cgroup2 devpts debugfs tracefs securityfs configfs sockfs pipefs anon_inodefs nsfs pidfs mqueue bpf ' +
    'pstore efivarfs selinuxfs smackfs fusectl binfmt_misc autofs rpc_pipefs nfsd'
  ).split(' '),
);
const MAX_SUPERBLOCKS = 100_000;
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

interface Found {
  readonly inode: Addr;
  readonly number: bigint;
  readonly pages: number;
  readonly size: bigint;
  readonly superblock: Addr;
  readonly filesystem: string;
  /** `struct address_space *` */
  readonly mapping: Addr;
  /** First of `i_dentry`, 0n for none. */
  readonly alias: Addr;
}

class CacheSearch {
  readonly top: Found[] = [];
  readonly byType = new Map<string, number>();
  fileCount = 0;
  pages = 0;
  inodes = 0;
  cut = false;
  readonly #prog: Program;
  readonly #limits: PageCacheLimits;
  readonly #problems: Problem[];
  readonly #at: Readonly<Record<'list' | 'number' | 'size' | 'mapping' | 'data' | 'alias' | 'pages', Bytes>>;
  readonly #inode: KernelStruct;
  /** Pages that the machine has. */
  readonly #most: number;

  /** @throws NotFoundError when the types are unknown */
  constructor(prog: Program, limits: PageCacheLimits, problems: Problem[]) {
    this.#prog = prog;
    this.#limits = limits;
    this.#problems = problems;
    const inode = (member: string): Bytes => prog.offset('inode', member);
    this.#at = {
      list: inode('i_sb_list'),
      number: inode('i_ino'),
      size: inode('i_size'),
      mapping: inode('i_mapping'),
      data: inode('i_data'),
      alias: inode('i_dentry'),
      pages: prog.offset('address_space', 'nrpages'),
    };
    const last = Math.max(...Object.values(this.#at), this.#at.data + this.#at.pages);
    this.#inode = new KernelStruct(prog, last + 8);
    this.#most = presentPages(prog);
  }

  run(): void {
    const prog = this.#prog;
    try {
      for (const superblock of superblocks(prog)) {
        if (this.cut) return;
        const name = attempt(this.#problems, `type of superblock ${hex(superblock)}`, () => typeOf(prog, superblock));
        if (name !== undefined && WITHOUT_PAGES.has(name)) continue;
        try {
          this.#superblock(superblock, name ?? '?');
        } catch (e) {
          noteProblem(this.#problems, `inodes of superblock ${hex(superblock)}`, e);
        }
      }
    } catch (e) {
      noteProblem(this.#problems, 'superblocks', e);
    }
  }

  /** Its own walk instead of `listEntries`: millions of nodes are not worth a set of their addresses. */
  #superblock(superblock: Addr, filesystem: string): void {
    const { memory } = this.#prog;
    const head = addrAdd(superblock, this.#prog.offset('super_block', 's_inodes'));
    const inode = this.#inode;
    const at = this.#at;
    let next = memory.ulong(head);
    while (next !== head) {
      if (this.inodes >= this.#limits.inodes) {
        this.cut = true;
        return;
      }
      const address = next - BigInt(at.list);
      memory.read(address, inode.bytes);
      this.inodes++;
      const mapping = inode.pointer(at.mapping);
      // Of a device's special file the pages are those of the device's own inode, and counted there.
      if (mapping === address + BigInt(at.data)) this.#count(address, mapping, superblock, filesystem);
      next = inode.pointer(at.list);
    }
  }

  #count(address: Addr, mapping: Addr, superblock: Addr, filesystem: string): void {
    const inode = this.#inode;
    const at = this.#at;
    const pages = inode.long(at.data + at.pages);
    if (pages === 0) return;
    if (pages < 0 || pages > this.#most) {
      this.#problems.push({ what: `inode ${hex(address)}`, why: `it counts ${pages} pages: it is damaged` });
      return;
    }
    this.fileCount++;
    this.pages += pages;
    this.byType.set(filesystem, (this.byType.get(filesystem) ?? 0) + pages);
    const { top } = this;
    const limit = this.#limits.files;
    if (top.length >= limit && pages <= (top.at(-1)?.pages ?? 0)) return;
    let i = top.length;
    while (i > 0 && (top[i - 1] as Found).pages < pages) i--;
    const found = {
      inode: address,
      number: inode.pointer(at.number),
      pages,
      size: inode.u64(at.size),
      superblock,
      filesystem,
      mapping,
      alias: inode.pointer(at.alias),
    };
    top.splice(i, 0, found);
    if (top.length > limit) top.pop();
  }
}

/** Every superblock: the list `super_blocks`, or, on a kernel that lists no variables, that list from a mounted one on. */
function* superblocks(prog: Program): Generator<Addr> {
  const link = prog.offset('super_block', 's_list');
  const symbol = prog.findSymbol('super_blocks');
  const first = symbol ? undefined : mounts(prog).mounts[0]?.superblock;
  if (first !== undefined) yield first;
  const head = first === undefined ? prog.symbol('super_blocks') : addrAdd(first, link);
  for (const node of listEntries(prog, head, 'superblocks', MAX_SUPERBLOCKS)) {
    const superblock = addrAdd(node, -link);
    // without its symbol the head of the list is met like an entry, but no directory says that it belongs to it
    if (symbol || isSuperblock(prog, superblock)) yield superblock;
  }
}

function isSuperblock(prog: Program, at: Addr): boolean {
  const word = new KernelStruct(prog, 8);
  if (word.load(addrAdd(at, prog.offset('super_block', 's_root')))) return false;
  const root = word.pointer(0);
  return isKernelPointer(root) && !word.load(addrAdd(root, prog.offset('dentry', 'd_sb'))) && word.pointer(0) === at;
}

function typeOf(prog: Program, superblock: Addr): string {
  const type = prog.memory.ulong(addrAdd(superblock, prog.offset('super_block', 's_type')));
  return prog.memory.cString(prog.memory.ulong(addrAdd(type, prog.offset('file_system_type', 'name'))), 64);
}

/** The path of one of its directory entries, or the name of the block device that it stands for. */
function pathOf(prog: Program, file: Found): string | undefined {
  const device = file.filesystem === 'bdev' ? deviceOf(prog, file.inode) : undefined;
  if (device !== undefined) return device;
  if (!isKernelPointer(file.alias)) return undefined;
  const dentry = addrAdd(file.alias, -prog.offset('dentry', 'd_alias', 'd_u.d_alias', 'd_u'));
  const { path, deleted } = filePaths(prog).ofDentry(dentry);
  return deleted && path === ' (deleted)' ? dentries(prog).nameOf(dentry) : path;
}

/** `/dev/vda1`: a block device stands before its inode in `struct bdev_inode`, or, since v6.10, in one allocation. */
function deviceOf(prog: Program, inode: Addr): string | undefined {
  const whole = prog.findMember('bdev_inode', 'vfs_inode');
  if (!whole) return undefined;
  return blockDeviceName(prog, addrAdd(inode, -whole.offset + prog.offset('bdev_inode', 'bdev')));
}

function blockDeviceName(prog: Program, device: Addr): string | undefined {
  const name = prog.findMember('block_device', 'bd_device.kobj.name');
  if (name) return `/dev/${prog.memory.cString(prog.memory.ulong(addrAdd(device, name.offset)), 64)}`;
  const part = prog.findMember('hd_struct', '__dev.kobj.name');
  const at = part && prog.memory.ulong(addrAdd(device, prog.offset('block_device', 'bd_part')));
  if (!part || at === undefined || at === 0n) return undefined;
  return `/dev/${prog.memory.cString(prog.memory.ulong(addrAdd(at, part.offset)), 64)}`;
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
