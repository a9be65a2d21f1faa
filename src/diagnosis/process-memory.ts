import { attempt } from '../base/attempt.ts';
import { addrAdd } from '../base/u64.ts';
import type { Addr } from '../base/units.ts';
import { taskTable } from '../kernel/task.ts';
import type { Program } from '../program/program.ts';

/** Pages that a process has locked (mlock(2)), 0 where that cannot be told. @param task `struct task_struct *` */
export function lockedPages(prog: Program, task: Addr): number {
  const pages = attempt(() => {
    const mm = prog.memory.ulong(addrAdd(task, prog.offset('task_struct', 'mm')));
    return mm === 0n ? 0n : prog.memory.ulong(addrAdd(mm, prog.offset('mm_struct', 'locked_vm')));
  });
  return Number(pages ?? 0n);
}

/** Processes that are called the same, and the pages that they have in memory; what they share counts for each. */
export function alikeProcesses(prog: Program, comm: string): { readonly count: number; readonly pages: number } {
  const alike = taskTable(prog).tasks.filter((t) => t.comm === comm && t.threadGroupLeader && !t.kernelThread);
  const kib = alike.reduce((sum, t) => sum + t.rssCountedKiB, 0);
  return { count: alike.length, pages: Math.round((kib * 1024) / prog.pageSize) };
}
