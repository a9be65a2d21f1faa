import { hex } from '../base/hex.ts';
import { addrAdd } from '../base/u64.ts';
import type { Addr } from '../base/units.ts';
import type { Program } from '../program/program.ts';
import { findTask } from './task.ts';
import type { Holder } from './wait-resource.ts';

/** A `struct semaphore` as it stands. Anybody may up() it: who had it last is no proof. */
export interface SemaphoreState {
  readonly count: number;
  readonly holder?: Holder;
  readonly state: string;
}

/** @param at `struct semaphore *` @throws NotFoundError MemoryFault */
export function semaphoreState(prog: Program, at: Addr): SemaphoreState {
  const count = prog.memory.u32(addrAdd(at, prog.offset('semaphore', 'count')));
  const place = prog.findMember('semaphore', 'last_holder'); // CONFIG_DETECT_HUNG_TASK_BLOCKER, v6.16
  const task = place ? prog.memory.ulong(addrAdd(at, place.offset)) : 0n;
  const known = task !== 0n && findTask(prog, task) !== undefined;
  return {
    count,
    state: `count=${count}${place ? ` last_holder=${hex(task)}` : ''}`,
    ...(known && count === 0 && { holder: { task, how: 'last-holder', sure: false } as const }),
  };
}
