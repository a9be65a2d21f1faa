import { AnalysisError } from '../base/errors.ts';
import { hex } from '../base/hex.ts';
import { addrAdd } from '../base/u64.ts';
import type { Addr } from '../base/units.ts';
import type { Program } from '../program/program.ts';
import { isKernelPointer } from './kernel-struct.ts';
import { rbtreeEntries } from './rbtree.ts';
import { findTask } from './task.ts';
import type { Holder } from './wait-resource.ts';

/** RT_MUTEX_HAS_WAITERS, kernel/locking/rtmutex_common.h */
const HAS_WAITERS = 1n;

/** The rt-mutex that a task is blocked on: with PREEMPT_RT also mutexes, rwsems and spinlocks are made of them. */
export interface RtMutexWait {
  /** `struct rt_mutex_base *`; before v5.15 `struct rt_mutex *`. */
  readonly address: Addr;
  readonly type: string;
  readonly holder?: Holder;
  readonly waiters: readonly Addr[];
  readonly damage?: string;
  readonly state: string;
}

/**
 * By `task->pi_blocked_on`, which is NULL for a task that waits for no rt-mutex; believed only when the waiter names the task.
 * @throws NotFoundError MemoryFault
 */
export function blockedOnRtMutex(prog: Program, task: Addr): RtMutexWait | undefined {
  const field = prog.findMember('task_struct', 'pi_blocked_on'); // CONFIG_RT_MUTEXES
  const waiter = field ? prog.memory.ulong(addrAdd(task, field.offset)) : 0n;
  if (!isKernelPointer(prog, waiter)) return undefined;
  const word = (member: string): bigint => prog.memory.ulong(addrAdd(waiter, prog.offset('rt_mutex_waiter', member)));
  if (word('task') !== task) return undefined;
  const address = word('lock');
  return isKernelPointer(prog, address) ? rtMutexState(prog, address) : undefined;
}

/** @param address `struct rt_mutex_base *` @throws NotFoundError MemoryFault */
export function rtMutexState(prog: Program, address: Addr): RtMutexWait {
  // struct rt_mutex_base: commit 830e6acc8a1c ("locking/rtmutex: Split out the inner parts of 'struct rtmutex'", v5.15)
  const type = prog.findType('rt_mutex_base') ? 'rt_mutex_base' : 'rt_mutex';
  const owner = prog.memory.ulong(addrAdd(address, prog.offset(type, 'owner')));
  const holder = owner & ~HAS_WAITERS;
  const known = holder !== 0n && findTask(prog, holder) !== undefined;
  return {
    address,
    type,
    ...waitersOf(prog, type, address),
    state: `owner=${hex(owner)}`,
    ...(known && { holder: { task: holder, how: 'owner', sure: true } as const }),
  };
}

function waitersOf(prog: Program, type: string, lock: Addr): { waiters: Addr[]; damage?: string } {
  const root = addrAdd(lock, prog.offset(type, 'waiters'));
  // struct rt_waiter_node: "locking/rtmutex: Fix task->pi_waiters integrity" (v6.5)
  const node = prog.offset('rt_mutex_waiter', 'tree.entry', 'tree_entry');
  const task = prog.offset('rt_mutex_waiter', 'task');
  const waiters: Addr[] = [];
  try {
    for (const at of rbtreeEntries(prog, root, 'waiters of an rt-mutex')) {
      const one = prog.memory.ulong(addrAdd(at, task - node));
      if (findTask(prog, one)) waiters.push(one);
    }
  } catch (e) {
    if (!(e instanceof AnalysisError)) throw e;
    return { waiters, damage: e.message };
  }
  return { waiters };
}
