import { CorruptError } from '../base/errors.ts';
import { hex } from '../base/hex.ts';
import { perOwner } from '../base/lazy.ts';
import { addrAdd } from '../base/u64.ts';
import type { Addr, Bytes } from '../base/units.ts';
import type { Problem } from '../program/ports.ts';
import type { Program } from '../program/program.ts';
import { type FilePath, filePaths } from './fs-path.ts';
import { type InodeKind, type InodeRecord, inodes } from './inode.ts';
import { KernelStruct } from './kernel-struct.ts';
import { noteProblem } from './note-problem.ts';

/** More descriptors than the kernel ever allows one process (fs.nr_open may be raised to about this). */
const MAX_FDS = 1 << 24;

/** An open file. */
export interface OpenFile extends FilePath {
  /** `struct file *` */
  readonly file: Addr;
  /** `struct dentry *` */
  readonly dentry: Addr;
  /** `struct vfsmount *` */
  readonly vfsmount: Addr;
  /** Undefined when it cannot be read. */
  readonly inode: InodeRecord | undefined;
  readonly kind: InodeKind;
  /** `f_flags`: O_RDWR and the like. */
  readonly flags: number;
  /** `f_pos` in bytes. */
  readonly position: bigint;
}

/** A file descriptor of a task. */
export interface FileDescriptor extends OpenFile {
  readonly fd: number;
  /** It closes when the task starts another program; /proc/PID/fdinfo shows it as O_CLOEXEC among the flags. */
  readonly closeOnExec: boolean;
}

/** The files that a task has open. */
export interface OpenFiles {
  /** `struct files_struct *`; 0n of a task that has given it back. */
  readonly table: Addr;
  /** By descriptor. */
  readonly files: readonly FileDescriptor[];
  readonly problems: readonly Problem[];
}

/**
 * The open files of a task, as /proc/PID/fd shows them.
 * @param task `struct task_struct *`
 * @throws NotFoundError when the types are unknown; MemoryFault CorruptError when the table cannot be read
 */
export function openFiles(prog: Program, task: Addr): OpenFiles {
  const table = prog.memory.ulong(addrAdd(task, prog.offset('task_struct', 'files')));
  if (table === 0n) return { table, files: [], problems: [] };
  const files: FileDescriptor[] = [];
  const problems: Problem[] = [];
  for (const { fd, file, closeOnExec } of openDescriptors(prog, table)) {
    try {
      files.push({ fd, closeOnExec, ...openFile(prog, file) });
    } catch (e) {
      noteProblem(problems, `file descriptor ${fd}, file ${hex(file)}`, e);
    }
  }
  return { table, files, problems };
}

/** A descriptor in use. */
export interface Descriptor {
  readonly fd: number;
  readonly file: Addr;
  readonly closeOnExec: boolean;
}

/**
 * Descriptors that are in use, with their `struct file`. A descriptor that is being opened has none yet.
 * @param table `struct files_struct *`
 */
export function openDescriptors(prog: Program, table: Addr): Descriptor[] {
  const { memory } = prog;
  const fdt = memory.ulong(addrAdd(table, prog.offset('files_struct', 'fdt')));
  const count = memory.u32(addrAdd(fdt, prog.offset('fdtable', 'max_fds')));
  if (count > MAX_FDS) throw new CorruptError(fdt, `fdtable: ${count} descriptors exceed ${MAX_FDS}`);
  const open = bitmap(prog, memory.ulong(addrAdd(fdt, prog.offset('fdtable', 'open_fds'))), count);
  const closing = bitmap(prog, memory.ulong(addrAdd(fdt, prog.offset('fdtable', 'close_on_exec'))), count);
  const array = memory.ulong(addrAdd(fdt, prog.offset('fdtable', 'fd')));
  const found: Descriptor[] = [];
  for (let fd = 0; fd < count; fd++) {
    if (!open(fd)) continue;
    const file = memory.ulong(addrAdd(array, fd * prog.arch.pointerSize));
    if (file !== 0n) found.push({ fd, file, closeOnExec: closing(fd) });
  }
  return found;
}

/** Bits are numbered inside unsigned longs. */
function bitmap(prog: Program, at: Addr, count: number): (bit: number) => boolean {
  const word = prog.arch.pointerSize;
  const bytes = prog.memory.bytes(at, Math.ceil(count / (8 * word)) * word);
  const swap = prog.arch.littleEndian ? 0 : word - 1;
  return (bit) => (((bytes[(bit >> 3) ^ swap] as number) >> (bit & 7)) & 1) === 1;
}

interface Layout {
  readonly raw: KernelStruct;
  readonly vfsmount: Bytes;
  readonly dentry: Bytes;
  readonly inode: Bytes;
  readonly flags: Bytes;
  readonly position: Bytes;
}

const fileLayout = perOwner((prog: Program): Layout => {
  const path = prog.offset('file', 'f_path');
  const layout = {
    vfsmount: path + prog.offset('path', 'mnt'),
    dentry: path + prog.offset('path', 'dentry'),
    inode: prog.offset('file', 'f_inode'),
    flags: prog.offset('file', 'f_flags'),
    position: prog.offset('file', 'f_pos'),
  };
  return { ...layout, raw: new KernelStruct(prog, Math.max(...Object.values(layout)) + 8) };
});

/** @param file `struct file *` @throws NotFoundError MemoryFault CorruptError */
export function openFile(prog: Program, file: Addr): OpenFile {
  const at = fileLayout(prog);
  prog.memory.read(file, at.raw.bytes);
  const vfsmount = at.raw.pointer(at.vfsmount);
  const dentry = at.raw.pointer(at.dentry);
  const inode = at.raw.pointer(at.inode);
  const flags = at.raw.u32(at.flags);
  const position = at.raw.u64(at.position);
  const record = inode === 0n ? undefined : inodes(prog)(inode);
  return {
    file,
    dentry,
    vfsmount,
    inode: record,
    kind: record?.kind ?? 'UNKN',
    flags,
    position,
    ...filePaths(prog).of(vfsmount, dentry),
  };
}
