import { hex } from '../base/hex.ts';
import { addrAdd } from '../base/u64.ts';
import type { Addr } from '../base/units.ts';
import type { Program } from '../program/program.ts';
import { findTask } from './task.ts';
import type { Holder } from './wait-resource.ts';

/** MUTEX_FLAG_WAITERS, _HANDOFF, _PICKUP: kernel/locking/mutex.h */
const FLAGS = 7n;

/** A `struct mutex` as it stands. */
export interface MutexState {
  /** Who has it, or whom it is being handed to; undefined when it is free. */
  readonly holder?: Holder;
  /** `owner` names something that is no task. */
  readonly garbage: boolean;
  /** `owner` as it stands: the task and three flags. */
  readonly owner: bigint;
  readonly state: string;
}

/** @param at `struct mutex *` @throws NotFoundError MemoryFault */
export function mutexState(prog: Program, at: Addr): MutexState {
  const owner = prog.memory.ulong(addrAdd(at, prog.offset('mutex', 'owner')));
  const task = owner & ~FLAGS;
  const known = task !== 0n && findTask(prog, task) !== undefined;
  return {
    owner,
    garbage: task !== 0n && !known,
    state: `owner=${hex(owner)}`,
    ...(known && { holder: { task, how: 'owner', sure: true } as const }),
  };
}
