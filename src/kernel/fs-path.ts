import { CorruptError } from '../base/errors.ts';
import { perOwner } from '../base/lazy.ts';
import { addrAdd } from '../base/u64.ts';
import type { Addr, Bytes } from '../base/units.ts';
import type { Program } from '../program/program.ts';
import { dentries } from './dentry-path.ts';
import { inodes } from './inode.ts';
import { KernelStruct } from './kernel-struct.ts';
import { firstMounts } from './mount.ts';

/** Mounts on mounts; a real system has a handful. */
const MAX_MOUNTS = 256;

/** Where a file is. */
export interface FilePath {
  /** As /proc/PID/fd shows it: `/mnt/file1`, `/tmp/x (deleted)`, `socket:[1302]`, `pipe:[7]`, `anon_inode:[eventpoll]`. */
  readonly path: string;
  /** The name in the directory entry alone: for what has no path, such as `TCP` of a socket. */
  readonly name: string;
  /** It has been unlinked. */
  readonly deleted: boolean;
  /** It is in no tree of directories. */
  readonly pseudo: boolean;
}

/** Reader of `struct path`s. */
export interface FilePaths {
  /**
   * @param vfsmount `struct vfsmount *` @param dentry `struct dentry *`
   * @throws CorruptError MemoryFault
   */
  of(vfsmount: Addr, dentry: Addr): FilePath;
  /**
   * The path of a dentry whose mount is not known: through the first mount of its filesystem whose root it is below, or
   * from the root of the filesystem.
   */
  ofDentry(dentry: Addr): FilePath;
}

interface MountPlace {
  readonly parent: Addr;
  readonly mountpoint: Addr;
  readonly root: Addr;
}

/** @throws NotFoundError when the types are unknown */
export const filePaths = perOwner((prog: Program): FilePaths => new PathReader(prog));

/**
 * Names of files in no tree, by the function that makes them (`d_dname`); `simple_dname` is what unlinked and in-kernel
 * files of tmpfs have (fs/libfs.c), the others print the kind and the inode's number (net/socket.c, fs/pipe.c,
 * fs/anon_inodes.c).
 */
const PSEUDO_NAMES: Readonly<Record<string, (name: string, inode: bigint) => string>> = {
  simple_dname: (name) => `/${name} (deleted)`,
  sockfs_dname: (_, inode) => `socket:[${inode}]`,
  pipefs_dname: (_, inode) => `pipe:[${inode}]`,
  anon_inodefs_dname: (name) => `anon_inode:${name}`,
  ns_dname: (name, inode) => `${name}:[${inode}]`,
  dmabuffs_dname: (name) => `/dmabuf:${name}`,
};

class PathReader implements FilePaths {
  readonly #program: Program;
  readonly #mnt: Bytes;
  readonly #parent: Bytes;
  readonly #mountpoint: Bytes;
  readonly #root: Bytes;
  readonly #hash: Bytes;
  readonly #dentryParent: Bytes;
  readonly #ops: Bytes;
  readonly #inode: Bytes;
  readonly #dname: Bytes;
  readonly #raw: KernelStruct;
  readonly #places = new Map<Addr, MountPlace>();

  constructor(prog: Program) {
    this.#program = prog;
    this.#mnt = prog.offset('mount', 'mnt');
    this.#parent = prog.offset('mount', 'mnt_parent');
    this.#mountpoint = prog.offset('mount', 'mnt_mountpoint');
    this.#root = this.#mnt + prog.offset('vfsmount', 'mnt_root');
    this.#hash = prog.offset('dentry', 'd_hash') + prog.offset('hlist_bl_node', 'pprev');
    this.#dentryParent = prog.offset('dentry', 'd_parent');
    this.#ops = prog.offset('dentry', 'd_op');
    this.#inode = prog.offset('dentry', 'd_inode');
    this.#dname = prog.offset('dentry_operations', 'd_dname');
    this.#raw = new KernelStruct(prog, Math.max(this.#parent, this.#mountpoint, this.#root) + prog.arch.pointerSize);
  }

  of(vfsmount: Addr, dentry: Addr): FilePath {
    const place = this.#facts(dentry);
    if (place.made !== undefined) return { path: place.made, name: place.name, deleted: place.deleted, pseudo: true };
    const path = this.#walk(addrAdd(vfsmount, -this.#mnt), dentry);
    return this.#record(path, place.name, place.deleted);
  }

  ofDentry(dentry: Addr): FilePath {
    const { made, name, deleted } = this.#facts(dentry);
    if (made !== undefined) return { path: made, name, deleted, pseudo: true };
    const prog = this.#program;
    const superblock = prog.memory.ulong(addrAdd(dentry, prog.offset('dentry', 'd_sb')));
    const { end } = dentries(prog).pathBelow(dentry, 0n);
    const mount = firstMounts(prog).get(superblock);
    const mounted = mount !== undefined && this.#place(mount).root === end;
    const path = mounted ? this.#walk(mount, dentry) : dentries(prog).pathBelow(dentry, 0n).path;
    return this.#record(path || '/', name, deleted);
  }

  #record(path: string, name: string, deleted: boolean): FilePath {
    return { path: deleted ? `${path} (deleted)` : path, name, deleted, pseudo: false };
  }

  /** Up to the root of the namespace, as prepend_path of fs/d_path.c. */
  #walk(mount: Addr, dentry: Addr): string {
    let path = '';
    let at = mount;
    let from = dentry;
    for (let depth = 0; ; depth++) {
      if (depth > MAX_MOUNTS) throw new CorruptError(mount, `mount: more than ${MAX_MOUNTS} mounts on each other`);
      const place = this.#place(at);
      path = dentries(this.#program).pathBelow(from, place.root).path + path;
      if (place.parent === at) return path === '' ? '/' : path;
      from = place.mountpoint;
      at = place.parent;
    }
  }

  #place(mount: Addr): MountPlace {
    let place = this.#places.get(mount);
    if (!place) {
      this.#program.memory.read(mount, this.#raw.bytes);
      place = {
        parent: this.#raw.pointer(this.#parent),
        mountpoint: this.#raw.pointer(this.#mountpoint),
        root: this.#raw.pointer(this.#root),
      };
      this.#places.set(mount, place);
    }
    return place;
  }

  /** Name and state of a dentry; `made` is the name that its `d_dname` would make. */
  #facts(dentry: Addr): { name: string; deleted: boolean; made: string | undefined } {
    const { memory } = this.#program;
    const name = dentries(this.#program).nameOf(dentry);
    const isRoot = memory.ulong(addrAdd(dentry, this.#dentryParent)) === dentry;
    const unhashed = memory.ulong(addrAdd(dentry, this.#hash)) === 0n;
    const ops = memory.ulong(addrAdd(dentry, this.#ops));
    let made: string | undefined;
    if (ops !== 0n && isRoot) {
      const maker = memory.ulong(addrAdd(ops, this.#dname));
      const symbol = maker === 0n ? undefined : this.#program.symbolAt(maker)?.name;
      const make = symbol === undefined ? undefined : PSEUDO_NAMES[symbol.replace(/\..*/, '')];
      if (make) made = make(name, this.#inodeNumber(dentry));
    }
    return { name, deleted: (unhashed && !isRoot) || (made?.endsWith(' (deleted)') ?? false), made };
  }

  #inodeNumber(dentry: Addr): bigint {
    const inode = this.#program.memory.ulong(addrAdd(dentry, this.#inode));
    return inode === 0n ? 0n : inodes(this.#program)(inode).number;
  }
}
