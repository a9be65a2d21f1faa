import { CorruptError } from '../base/errors.ts';
import { hex } from '../base/hex.ts';
import { addrAdd } from '../base/u64.ts';
import type { Addr, Bytes } from '../base/units.ts';
import type { Problem } from '../program/ports.ts';
import type { Program } from '../program/program.ts';
import { isKernelPointer, KernelStruct } from './kernel-struct.ts';
import { listEntries } from './list.ts';
import { mounts } from './mount.ts';
import { presentPages } from './node-memory.ts';
import { attempt, noteProblem } from './note-problem.ts';

/** How much of the page cache to look at. */
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
/** A file with pages, before it has a name. */
export interface FoundFile {
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

/** Looks at the inodes of every superblock and keeps the files with the most pages. */
export class CacheSearch {
  readonly top: FoundFile[] = [];
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
        this.#superblock(superblock, name ?? '?');
      }
    } catch (e) {
      noteProblem(this.#problems, 'superblocks', e);
    }
  }

  /** A list that is broken is also walked from its end: only what lies between two breaks is lost. */
  #superblock(superblock: Addr, filesystem: string): void {
    for (const forward of [true, false]) {
      try {
        this.#walk(superblock, filesystem, forward);
        return;
      } catch (e) {
        noteProblem(this.#problems, `inodes of superblock ${hex(superblock)}`, e);
      }
    }
  }

  /**
   * Its own walk instead of `listEntries`: millions of nodes are not worth a set of their addresses. A list cannot run into
   * itself without a node that is not linked back to the one before.
   */
  #walk(superblock: Addr, filesystem: string, forward: boolean): void {
    const { memory, arch } = this.#prog;
    const inode = this.#inode;
    const at = this.#at;
    const [link, back] = forward ? [0, arch.pointerSize] : [arch.pointerSize, 0];
    const head = addrAdd(superblock, this.#prog.offset('super_block', 's_inodes'));
    let from = head;
    let node = memory.ulong(addrAdd(head, link));
    while (node !== head) {
      if (this.inodes >= this.#limits.inodes) {
        this.cut = true;
        return;
      }
      const address = addrAdd(node, -at.list);
      memory.read(address, inode.bytes);
      if (inode.pointer(at.list + back) !== from) {
        throw new CorruptError(node, `its list ${forward ? 'of inodes' : 'backward'} is broken there`);
      }
      this.inodes++;
      const mapping = inode.pointer(at.mapping);
      // Of a device's special file the pages are those of the device's own inode, and counted there.
      if (mapping === addrAdd(address, at.data)) this.#count(address, mapping, superblock, filesystem);
      from = node;
      node = inode.pointer(at.list + link);
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
    while (i > 0 && (top[i - 1] as FoundFile).pages < pages) i--;
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
  return (
    isKernelPointer(prog, root) && !word.load(addrAdd(root, prog.offset('dentry', 'd_sb'))) && word.pointer(0) === at
  );
}

function typeOf(prog: Program, superblock: Addr): string {
  const type = prog.memory.ulong(addrAdd(superblock, prog.offset('super_block', 's_type')));
  return prog.memory.cString(prog.memory.ulong(addrAdd(type, prog.offset('file_system_type', 'name'))), 64);
}
