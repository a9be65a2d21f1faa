import { addrAdd } from '../base/u64.ts';
import type { Addr } from '../base/units.ts';
import type { Program } from '../program/program.ts';
import { type FilePath, filePaths } from './fs-path.ts';

/** A directory that a task holds. */
export interface TaskDirectory extends FilePath {
  /** `struct dentry *` */
  readonly dentry: Addr;
  /** `struct vfsmount *` */
  readonly vfsmount: Addr;
  /** `struct inode *`, 0n when it has none. */
  readonly inode: Addr;
}

/** `task->fs`. */
export interface TaskDirectories {
  readonly root: TaskDirectory;
  readonly cwd: TaskDirectory;
}

/**
 * Root and current directory of a task; undefined for one that has given them back.
 * @param task `struct task_struct *`
 * @throws NotFoundError MemoryFault CorruptError
 */
export function taskDirectories(prog: Program, task: Addr): TaskDirectories | undefined {
  const fs = prog.memory.ulong(addrAdd(task, prog.offset('task_struct', 'fs')));
  if (fs === 0n) return undefined;
  return {
    root: directory(prog, addrAdd(fs, prog.offset('fs_struct', 'root'))),
    cwd: directory(prog, addrAdd(fs, prog.offset('fs_struct', 'pwd'))),
  };
}

function directory(prog: Program, path: Addr): TaskDirectory {
  const vfsmount = prog.memory.ulong(addrAdd(path, prog.offset('path', 'mnt')));
  const dentry = prog.memory.ulong(addrAdd(path, prog.offset('path', 'dentry')));
  const inode = prog.memory.ulong(addrAdd(dentry, prog.offset('dentry', 'd_inode')));
  return { dentry, vfsmount, inode, ...filePaths(prog).of(vfsmount, dentry) };
}
