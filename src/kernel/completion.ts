import { perOwner } from '../base/lazy.ts';
import { addrAdd } from '../base/u64.ts';
import type { Addr } from '../base/units.ts';
import type { Program } from '../program/program.ts';
import { isKernelPointer, KernelStruct } from './kernel-struct.ts';
import { taskTable } from './task.ts';
import type { Holder } from './wait-resource.ts';

/** Who will call complete(), where the memory tells: the completion is part of what they work on. */
export function completionHolders(prog: Program, completion: Addr): Holder[] {
  const child = vforkChildren(prog).get(completion);
  if (child !== undefined) return [{ task: child, how: 'vfork', sure: true }];
  const thread = threadOf(prog, completion);
  return thread === undefined ? [] : [{ task: thread, how: 'thread', sure: true }];
}

/** `vfork_done` of every task that has one: a completion on the stack of the parent. */
const vforkChildren = perOwner((prog: Program): ReadonlyMap<Addr, Addr> => {
  const found = new Map<Addr, Addr>();
  const at = prog.findMember('task_struct', 'vfork_done')?.offset;
  if (at === undefined) return found;
  const word = new KernelStruct(prog, 8);
  for (const { address, kernelThread } of taskTable(prog).tasks) {
    if (kernelThread || word.load(addrAdd(address, at)) !== undefined) continue;
    const done = word.pointer(0);
    if (isKernelPointer(prog, done)) found.set(done, address);
  }
  return found;
});

/**
 * The kernel thread whose `struct kthread` holds the completion: kthread_stop and kthread_park wait for it. A kernel thread's
 * is in `worker_private` since commit e32cf5dfbe22 ("kthread: Generalize pf_io_worker so it can point to struct kthread",
 * v5.17), before in `set_child_tid`.
 */
function threadOf(prog: Program, completion: Addr): Addr | undefined {
  const members = ['exited', 'parked'].map((m) => prog.findMember('kthread', m)?.offset);
  const own = prog.findMember('task_struct', 'worker_private') ?? prog.findMember('task_struct', 'set_child_tid');
  if (!own) return undefined;
  const wanted = new Set(members.filter((m) => m !== undefined).map((m) => addrAdd(completion, -m)));
  if (wanted.size === 0) return undefined;
  const word = new KernelStruct(prog, 8);
  for (const task of taskTable(prog).tasks) {
    if (!task.kernelThread || word.load(addrAdd(task.address, own.offset)) !== undefined) continue;
    if (wanted.has(word.pointer(0))) return task.address;
  }
  return undefined;
}
