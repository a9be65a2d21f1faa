import { NotFoundError } from '../base/errors.ts';
import { hex } from '../base/hex.ts';
import type { Addr } from '../base/units.ts';
import type { AddressSpace } from '../memory/address-space.ts';
import type { Program } from '../program/program.ts';

/** The user half of the address space of a task. @throws NotFoundError for kernel threads and without a task */
export function userSpaceOf(prog: Program, task: Addr | undefined): AddressSpace {
  return prog.userMemory(userTables(prog, task));
}

/** `mm->pgd` of a task: its page tables. @throws NotFoundError for kernel threads and without a task */
export function userTables(prog: Program, task: Addr | undefined): Addr {
  if (task === undefined) throw new NotFoundError('task', 'whose user space is meant');
  const mm = prog.memory.ulong(task + BigInt(prog.offset('task_struct', 'mm')));
  if (mm === 0n) throw new NotFoundError('user space', `of task ${hex(task)}`, 'it is a kernel thread');
  return prog.memory.ulong(mm + BigInt(prog.offset('mm_struct', 'pgd')));
}
