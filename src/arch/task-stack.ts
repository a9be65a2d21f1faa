import type { Addr, Bytes } from '../base/units.ts';
import type { StackRange } from '../program/ports.ts';
import type { Program } from '../program/program.ts';

/** THREAD_SIZE without KASAN on every CPU here; told by `union thread_union` where types are known. */
const USUAL_THREAD_SIZE: Bytes = 16384;

/** THREAD_SIZE: a macro, but `union thread_union` is as large. Source: Linux include/linux/sched.h. */
export function threadSize(prog: Program): Bytes {
  const size = prog.findType('thread_union')?.size;
  return size !== undefined && size >= 4096 && size <= 1 << 20 && (size & (size - 1)) === 0 ? size : USUAL_THREAD_SIZE;
}

/** The stack of a task. @param task `struct task_struct *` */
export function taskStackRange(prog: Program, task: Addr): StackRange {
  const low = prog.memory.u64(task + BigInt(prog.offset('task_struct', 'stack')));
  return { name: 'task', low, high: low + BigInt(threadSize(prog)) };
}
