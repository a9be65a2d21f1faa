import { attempt } from '../base/attempt.ts';
import { addrAdd } from '../base/u64.ts';
import type { Addr } from '../base/units.ts';
import type { Program } from '../program/program.ts';
import { openDescriptors } from './files.ts';
import { isKernelPointer } from './kernel-struct.ts';
import { type TaskRecord, taskTable } from './task.ts';

/** S_IFMT, include/uapi/linux/stat.h */
const KIND = 0o170000;
const MAX_FILES = 2_000_000;

/** An inode that some process has open, without its path, which costs much to find. */
export interface DescriptorFile {
  readonly task: TaskRecord;
  /** `struct file *` */
  readonly file: Addr;
  /** `struct inode *` */
  readonly inode: Addr;
  /** S_IFIFO 0010000, S_IFSOCK 0140000 ... */
  readonly kind: number;
}

/** Every open descriptor of every process; tables that threads share are walked once. What cannot be read is left out. */
export function* descriptorFiles(prog: Program): Generator<DescriptorFile> {
  const { memory } = prog;
  const [files, inode, mode] = [
    prog.offset('task_struct', 'files'),
    prog.offset('file', 'f_inode'),
    prog.offset('inode', 'i_mode'),
  ];
  const seen = new Set<Addr>();
  let left = MAX_FILES;
  for (const task of taskTable(prog).tasks) {
    const table = attempt(() => memory.ulong(addrAdd(task.address, files))) ?? 0n;
    if (!isKernelPointer(prog, table) || seen.has(table)) continue;
    seen.add(table);
    for (const { file } of attempt(() => openDescriptors(prog, table)) ?? []) {
      if (left-- <= 0) return;
      const at = attempt(() => memory.ulong(addrAdd(file, inode))) ?? 0n;
      const bits = at === 0n ? undefined : attempt(() => memory.u16(addrAdd(at, mode)));
      if (bits !== undefined) yield { task, file, inode: at, kind: bits & KIND };
    }
  }
}
