import { hex } from '../base/hex.ts';
import { addrAdd } from '../base/u64.ts';
import type { Addr } from '../base/units.ts';
import type { Program } from '../program/program.ts';
import { findTask } from './task.ts';
import type { Holder } from './wait-resource.ts';

/** RWSEM_READER_OWNED and RWSEM_NONSPINNABLE of kernel/locking/rwsem.c; v5.3 to v5.11 have two of the latter. */
const READER_OWNED = 1n;
const FLAGS = 7n;
/** RWSEM_READER_SHIFT and the bits below: writer locked, waiters, handoff (kernel/locking/rwsem.c since v5.3). */
const READER_SHIFT = 8n;

/** A `struct rw_semaphore` as it stands. */
export interface RwsemState {
  /** The writer that has it, or the reader that came last, which may have left. */
  readonly holder?: Holder;
  readonly readerOwned: boolean;
  /** How many readers have it, where the count says so. */
  readonly readers?: number;
  readonly garbage: boolean;
  readonly state: string;
}

/** @param at `struct rw_semaphore *` @throws NotFoundError MemoryFault */
export function rwsemState(prog: Program, at: Addr): RwsemState {
  const count = BigInt.asIntN(64, prog.memory.ulong(addrAdd(at, prog.offset('rw_semaphore', 'count'))));
  const place = prog.findMember('rw_semaphore', 'owner'); // CONFIG_RWSEM_SPIN_ON_OWNER before v5.3
  const owner = place ? prog.memory.ulong(addrAdd(at, place.offset)) : 0n;
  const task = owner & ~FLAGS;
  const known = task !== 0n && findTask(prog, task) !== undefined;
  const readerOwned = (owner & READER_OWNED) !== 0n;
  // Before commit 64489e78004c ("locking/rwsem: Implement a new locking scheme", v5.3) owner was a pointer without wrapping
  // and the count another; then only the flag of the owner tells.
  const plain = place?.type.resolve().kind !== 'pointer';
  const readers = plain && count >= 0n ? Number(count >> READER_SHIFT) : undefined;
  // a reader leaves its name behind when it goes: with no reader counted it is history
  const held = readers === undefined || !readerOwned || readers > 0;
  const holder: Holder = readerOwned
    ? { task, how: 'reader', sure: readers === 1, mode: 'read' }
    : { task, how: 'owner', sure: true, mode: 'write' };
  return {
    readerOwned,
    ...(readers !== undefined && { readers }),
    garbage: task !== 0n && !known,
    state: `count=${hex(BigInt.asUintN(64, count))} owner=${hex(owner)}`,
    ...(known && held && { holder }),
  };
}
