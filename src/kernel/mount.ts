import { AnalysisError, CorruptError, NotFoundError } from '../base/errors.ts';
import { hex } from '../base/hex.ts';
import { perOwner } from '../base/lazy.ts';
import { addrAdd } from '../base/u64.ts';
import type { Addr, Bytes } from '../base/units.ts';
import type { Problem } from '../program/ports.ts';
import type { Program } from '../program/program.ts';
import { btrfsDeviceName } from './btrfs.ts';
import { type Dentries, dentries } from './dentry-path.ts';
import { KernelStruct } from './kernel-struct.ts';
import { listEntries } from './list.ts';
import { mountOptions } from './mount-options.ts';
import { attempt, noteProblem } from './note-problem.ts';
import { rbtreeEntries } from './rbtree.ts';
import { findTask } from './task.ts';

/** The kernel's default limit for a namespace (fs.mount-max). */
const MAX_MOUNTS = 100_000;
/** Mounts on mounts; a real system has a handful. */
const MAX_DEPTH = 256;
/** Reader's mark in the list, no mount (MNT_CURSOR, v5.8; a bit of `mnt_flags` that nothing else uses). */
const CURSOR = 0x10000000;

/** One mount, as /proc/mounts and crash's `mount` show it. */
export interface MountRecord {
  /** `struct mount *` */
  readonly address: Addr;
  /** `struct vfsmount *`, inside of it. */
  readonly vfsmount: Addr;
  /** `struct super_block *` */
  readonly superblock: Addr;
  /** Filesystem type, with its subtype: `fuse.sshfs`. */
  readonly type: string;
  readonly device: string;
  /** From the root of the namespace. */
  readonly path: string;
  /** The options that do not belong to the filesystem itself: `rw,nosuid,relatime`. */
  readonly options: string;
}

/** The mounts of a namespace in the kernel's order. */
export interface Mounts {
  readonly mounts: readonly MountRecord[];
  readonly problems: readonly Problem[];
}

interface Layout {
  readonly vfsmount: Bytes;
  readonly parent: Bytes;
  readonly mountpoint: Bytes;
  readonly device: Bytes;
  readonly root: Bytes;
  readonly superblock: Bytes;
  readonly flags: Bytes;
  readonly span: Bytes;
}

/**
 * The mounts that a task sees: like /proc/PID/mounts without those that its root directory does not lead to.
 * @param task address of its `task_struct`; without it the mounts of pid 1 (or of the kernel itself, where there is none)
 */
export function mounts(prog: Program, task?: Addr): Mounts {
  const found: MountRecord[] = [];
  const problems: Problem[] = [];
  eachMount(prog, task, problems, (reader, address) => {
    const record = reader.read(address);
    if (record) found.push(record);
  });
  return { mounts: found, problems };
}

/** The first mount of every superblock, in the order of `mounts` without a task: `struct mount *` by `struct super_block *`. */
export const firstMounts = perOwner((prog: Program): ReadonlyMap<Addr, Addr> => {
  const found = new Map<Addr, Addr>();
  eachMount(prog, undefined, [], (reader, address) => {
    const superblock = reader.where(address)?.superblock;
    if (superblock !== undefined && !found.has(superblock)) found.set(superblock, address);
  });
  return found;
});

function eachMount(
  prog: Program,
  task: Addr | undefined,
  problems: Problem[],
  use: (reader: MountReader, address: Addr) => void,
): void {
  try {
    const layout = mountLayout(prog);
    const start = task ?? findTask(prog, 1)?.address ?? prog.symbol('init_task');
    const root = attempt(problems, 'root directory', () => rootOf(prog, layout, start));
    const reader = new MountReader(prog, layout, root, problems);
    for (const address of mountAddresses(prog, namespaceOf(prog, start))) {
      try {
        use(reader, address);
      } catch (e) {
        noteProblem(problems, `mount at ${hex(address)}`, e);
      }
    }
  } catch (e) {
    noteProblem(problems, 'mounts', e);
  }
}

/**
 * The superblock that a dentry or inode belongs to, told by what its memory holds; undefined for what is neither.
 * @param at `struct dentry *` or `struct inode *` @param known superblocks that it may be @throws NotFoundError
 */
export function superblockOf(prog: Program, at: Addr, known: ReadonlySet<Addr>): Addr | undefined {
  for (const [type, member] of [
    ['dentry', 'd_sb'],
    ['inode', 'i_sb'],
  ] as const) {
    const word = new Uint8Array(8);
    if (prog.memory.tryRead(addrAdd(at, prog.offset(type, member)), word) !== undefined) continue;
    const superblock = new DataView(word.buffer).getBigUint64(0, prog.arch.littleEndian);
    if (known.has(superblock)) return superblock;
  }
  return undefined;
}

/** A place in the tree of mounts. */
interface Place {
  readonly mount: Addr;
  readonly dentry: Addr;
}

/** `task->fs->root`; undefined for a task that has given it back. */
function rootOf(prog: Program, layout: Layout, task: Addr): Place | undefined {
  const fs = prog.memory.ulong(addrAdd(task, prog.offset('task_struct', 'fs')));
  if (fs === 0n) return undefined;
  const root = addrAdd(fs, prog.offset('fs_struct', 'root'));
  const vfsmount = prog.memory.ulong(addrAdd(root, prog.offset('path', 'mnt')));
  const dentry = prog.memory.ulong(addrAdd(root, prog.offset('path', 'dentry')));
  return { mount: addrAdd(vfsmount, -layout.vfsmount), dentry };
}

/** `struct mnt_namespace *` of a task. A task that is dying has given its namespaces back. */
function namespaceOf(prog: Program, task: Addr): Addr {
  const proxy = prog.memory.ulong(addrAdd(task, prog.offset('task_struct', 'nsproxy')));
  if (proxy === 0n) throw new NotFoundError('mount namespace', `of task ${hex(task)}`, 'it is exiting');
  return prog.memory.ulong(addrAdd(proxy, prog.offset('nsproxy', 'mnt_ns')));
}

/** Addresses of `struct mount` in a namespace. */
function* mountAddresses(prog: Program, namespace: Addr): Generator<Addr> {
  // commit 2eea9ce4310d ("mounts: keep list of mounts in an rbtree", v6.8); `mounts` was a counter before
  const tree = prog.findMember('mount', 'mnt_node');
  if (tree) {
    const root = addrAdd(namespace, prog.offset('mnt_namespace', 'mounts'));
    for (const node of rbtreeEntries(prog, root, 'mounts')) yield addrAdd(node, -tree.offset);
    return;
  }
  const member = prog.offset('mount', 'mnt_list');
  const head = addrAdd(namespace, prog.offset('mnt_namespace', 'list'));
  for (const node of listEntries(prog, head, 'mounts', MAX_MOUNTS)) yield addrAdd(node, -member);
}

function mountLayout(prog: Program): Layout {
  const vfsmount = prog.offset('mount', 'mnt');
  const layout = {
    vfsmount,
    parent: prog.offset('mount', 'mnt_parent'),
    mountpoint: prog.offset('mount', 'mnt_mountpoint'),
    device: prog.offset('mount', 'mnt_devname'),
    root: vfsmount + prog.offset('vfsmount', 'mnt_root'),
    superblock: vfsmount + prog.offset('vfsmount', 'mnt_sb'),
    flags: vfsmount + prog.offset('vfsmount', 'mnt_flags'),
  };
  return { ...layout, span: Math.max(...Object.values(layout)) + 8 };
}

/** What a mount needs from others: its parent for the path, its superblock for the type; each is read once. */
interface MountPlace {
  readonly parent: Addr;
  readonly mountpoint: Addr;
  readonly root: Addr;
}

interface MountWhere {
  readonly flags: number;
  readonly superblock: Addr;
  /** `mnt_devname`: `const char *`, 0 for none. */
  readonly device: Addr;
  readonly path: string;
}

/** Filesystems with a `show_devname` of their own. */
const SHOWN_DEVICE: ReadonlyMap<string, (prog: Program, info: Addr) => string> = new Map([['btrfs', btrfsDeviceName]]);

class MountReader {
  readonly #program: Program;
  readonly #layout: Layout;
  readonly #problems: Problem[];
  readonly #raw: KernelStruct;
  readonly #dentries: Dentries;
  readonly #places = new Map<Addr, MountPlace>();
  readonly #root: Place | undefined;
  readonly #paths = new Map<Addr, string | undefined>();

  /** @param root where paths begin; without it at the root of the namespace */
  constructor(prog: Program, layout: Layout, root: Place | undefined, problems: Problem[]) {
    this.#root = root;
    this.#program = prog;
    this.#layout = layout;
    this.#problems = problems;
    this.#raw = new KernelStruct(prog, layout.span);
    this.#dentries = dentries(prog);
  }

  /** @returns undefined for a reader's mark in the list, and for a mount outside the root directory */
  read(address: Addr): MountRecord | undefined {
    const found = this.where(address);
    if (!found) return undefined;
    const { superblock, device, flags, path } = found;
    const type = attempt(this.#problems, `type of mount ${hex(address)}`, () => this.#type(superblock)) ?? '?';
    const shown = this.#shownDevice(type, superblock);
    return {
      address,
      vfsmount: addrAdd(address, this.#layout.vfsmount),
      superblock,
      type,
      device: shown ?? (device === 0n ? 'none' : this.#text(device, `device of mount ${hex(address)}`)),
      path,
      options:
        attempt(this.#problems, `options of mount ${hex(address)}`, () =>
          mountOptions(this.#program, superblock, flags),
        ) ?? '',
    };
  }

  /** What needs no more than the mount itself and its path; undefined as `read`. */
  where(address: Addr): MountWhere | undefined {
    const at = this.#layout;
    this.#place(address);
    const raw = this.#raw;
    const flags = raw.u32(at.flags);
    if ((flags & CURSOR) !== 0) return undefined;
    const superblock = raw.pointer(at.superblock);
    const device = raw.pointer(at.device);
    let path: string | undefined = '?';
    try {
      path = this.#path(address, 0);
    } catch (e) {
      noteProblem(this.#problems, `path of mount ${hex(address)}`, e);
    }
    return path === undefined ? undefined : { flags, superblock, device, path: path === '' ? '/' : path };
  }

  /** Copies the mount into `#raw` and remembers where it is attached. */
  #place(address: Addr): MountPlace {
    const at = this.#layout;
    this.#program.memory.read(address, this.#raw.bytes);
    const place = {
      parent: this.#raw.pointer(at.parent),
      mountpoint: this.#raw.pointer(at.mountpoint),
      root: this.#raw.pointer(at.root),
    };
    this.#places.set(address, place);
    return place;
  }

  /** Path of a mount's root; '' for the root directory itself, undefined outside of it. */
  #path(address: Addr, depth: number): string | undefined {
    if (this.#paths.has(address)) return this.#paths.get(address);
    if (depth > MAX_DEPTH) throw new CorruptError(address, `mount: more than ${MAX_DEPTH} mounts on top of each other`);
    const place = this.#places.get(address) ?? this.#place(address);
    const path = this.#isRoot(address, place.root) ? '' : this.#pathInParent(address, place, depth);
    this.#paths.set(address, path);
    return path;
  }

  #isRoot(mount: Addr, dentry: Addr): boolean {
    return this.#root !== undefined && this.#root.mount === mount && this.#root.dentry === dentry;
  }

  #pathInParent(address: Addr, place: MountPlace, depth: number): string | undefined {
    if (place.parent === address) return this.#root ? undefined : ''; // the root of the namespace
    const parent = this.#places.get(place.parent) ?? this.#place(place.parent);
    const inside = this.#root?.mount === place.parent ? this.#root.dentry : undefined;
    const { path, end } = this.#dentries.pathBelow(place.mountpoint, parent.root, inside);
    if (this.#isRoot(place.parent, end)) return path;
    const above = this.#path(place.parent, depth + 1);
    return above === undefined ? undefined : above + path;
  }

  #text(at: Addr, what: string): string {
    return attempt(this.#problems, what, () => this.#program.memory.cString(at, 4096)) ?? '?';
  }

  /** What a filesystem tells itself that its mounts do not know; undefined where they do, or its types are not known. */
  #shownDevice(type: string, superblock: Addr): string | undefined {
    const tell = SHOWN_DEVICE.get(type);
    if (!tell) return undefined;
    try {
      const prog = this.#program;
      return tell(prog, prog.memory.ulong(addrAdd(superblock, prog.offset('super_block', 's_fs_info'))));
    } catch (e) {
      if (!(e instanceof AnalysisError)) throw e;
      return undefined;
    }
  }

  #type(superblock: Addr): string {
    const prog = this.#program;
    const type = prog.memory.ulong(addrAdd(superblock, prog.offset('super_block', 's_type')));
    const name = prog.memory.cString(prog.memory.ulong(addrAdd(type, prog.offset('file_system_type', 'name'))), 64);
    const subtype = prog.memory.ulong(addrAdd(superblock, prog.offset('super_block', 's_subtype')));
    return subtype === 0n ? name : `${name}.${prog.memory.cString(subtype, 64)}`;
  }
}
