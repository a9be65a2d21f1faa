import { hex } from '../base/hex.ts';
import { addrAdd } from '../base/u64.ts';
import type { Addr } from '../base/units.ts';
import type { Program } from '../program/program.ts';
import { perCpuOffset, possibleCpus } from './percpu.ts';
import { findTask } from './task.ts';
import type { Holder } from './wait-resource.ts';

/** A `struct percpu_rw_semaphore` as it stands. */
export interface PercpuRwsemState {
  /** A writer has it, or has shut out new readers and waits for those that are inside. */
  readonly blocked: boolean;
  /** Readers inside: the sum over all CPUs. */
  readonly readers: number;
  /** The writer that waits for the readers; one that is inside is named nowhere. */
  readonly holder?: Holder;
  readonly state: string;
}

/** @param at `struct percpu_rw_semaphore *` @throws NotFoundError MemoryFault */
export function percpuRwsemState(prog: Program, at: Addr): PercpuRwsemState {
  const place = (...members: string[]): Addr => addrAdd(at, prog.offset('percpu_rw_semaphore', ...members));
  // `block` and the list of waiters: the rewrite of percpu-rwsem in v5.7
  const blocked = prog.memory.u32(place('block', 'readers_block')) !== 0;
  const counts = prog.memory.ulong(place('read_count'));
  let readers = 0;
  for (const cpu of possibleCpus(prog)) readers += prog.memory.u32(addrAdd(counts, perCpuOffset(prog, cpu))) | 0;
  const writer = prog.memory.ulong(place('writer.task', 'writer'));
  return {
    blocked,
    readers,
    state: `block=${blocked ? 1 : 0} readers=${readers} writer=${hex(writer)}`,
    ...(findTask(prog, writer) && { holder: { task: writer, how: 'owner', sure: true, mode: 'write' } as const }),
  };
}
