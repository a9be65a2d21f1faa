import { attempt } from '../base/attempt.ts';
import { perOwner } from '../base/lazy.ts';
import { addrAdd } from '../base/u64.ts';
import type { Addr } from '../base/units.ts';
import type { Program } from '../program/program.ts';
import { unsignedMember } from './bit-field.ts';
import { isKernelPointer, KernelStruct } from './kernel-struct.ts';
import { taskTable } from './task.ts';
import type { WaitMode } from './wait-function.ts';
import type { WaitResource } from './wait-resource.ts';

/** MAX_LOCK_DEPTH (include/linux/sched.h), and more than any kernel was built with. */
const MAX_DEPTH = 256;
/** Tasks whose records are read. */
const MAX_TASKS = 200_000;

/** A lock that lockdep notes for a task: one that it has, or waits for. `struct held_lock`, include/linux/lockdep_types.h */
export interface NotedLock {
  /** `struct task_struct *` */
  readonly task: Addr;
  /** Where the record keeps `by`. */
  readonly at: Addr;
  /** `struct lockdep_map *`: of most locks a member of the lock itself. */
  readonly map: Addr;
  /** The instruction behind the call that took it: acquire_ip. */
  readonly by: Addr;
  readonly mode: WaitMode;
  readonly trylock: boolean;
}

/** Which member of a lock lockdep knows it by. A `spinlock_t` begins with its `raw_spinlock`, an inner lock with its word. */
const MAPS: Readonly<Record<string, readonly (readonly [type: string, member: string])[]>> = {
  mutex: [['mutex', 'dep_map']],
  rw_semaphore: [['rw_semaphore', 'dep_map']],
  percpu_rw_semaphore: [['percpu_rw_semaphore', 'dep_map']],
  qspinlock: [['raw_spinlock', 'dep_map']],
  qrwlock: [['rwlock_t', 'dep_map']],
  // of a preemptible kernel a mutex has one inside
  rt_mutex: [['rt_mutex', 'dep_map']],
  rt_mutex_base: [
    ['rt_mutex', 'dep_map'],
    ['mutex', 'dep_map'],
  ],
  srcu_struct: [['srcu_struct', 'dep_map']],
};

/**
 * The locks that lockdep notes for a task (CONFIG_LOCKDEP), in the order in which they were taken; the last one may be what it
 * waits for: a lock is noted before it is had. Nothing is noted any more once lockdep has switched itself off, which its first
 * report does, and a panic: then it is what was at that time. Undefined on a kernel without it. @throws MemoryFault
 */
export function notedLocks(prog: Program, task: Addr): readonly NotedLock[] | undefined {
  const layout = recordLayout(prog);
  if (!layout) return undefined;
  const depth = prog.memory.u32(addrAdd(task, layout.depth));
  if (depth === 0 || depth > layout.most) return [];
  const record = new KernelStruct(prog, layout.size);
  const found: NotedLock[] = [];
  for (let i = 0; i < depth; i++) {
    const at = addrAdd(task, layout.locks + i * layout.size);
    const lock = record.load(at) ? undefined : layout.read(record, task, at);
    if (lock && isKernelPointer(prog, lock.map)) found.push(lock);
  }
  return found;
}

/** All that lockdep notes of a resource that tasks wait for, of tasks that have it and of those that want it. */
export function notedFor(
  prog: Program,
  { type, address }: Pick<WaitResource, 'type' | 'address'>,
): readonly NotedLock[] {
  for (const [name, member] of MAPS[type] ?? []) {
    const place = prog.findMember(name, member);
    const noted = place && notedByMap(prog).get(addrAdd(address, place.offset));
    if (noted) return noted;
  }
  return [];
}

const notedByMap = perOwner((prog: Program): ReadonlyMap<Addr, readonly NotedLock[]> => {
  const found = new Map<Addr, NotedLock[]>();
  if (!recordLayout(prog)) return found;
  for (const { address } of taskTable(prog).tasks.slice(0, MAX_TASKS)) {
    for (const lock of attempt(() => notedLocks(prog, address)) ?? []) {
      const list = found.get(lock.map);
      if (list) list.push(lock);
      else found.set(lock.map, [lock]);
    }
  }
  return found;
});

interface RecordLayout {
  readonly depth: number;
  readonly locks: number;
  readonly most: number;
  readonly size: number;
  read(record: KernelStruct, task: Addr, at: Addr): NotedLock;
}

const recordLayout = perOwner((prog: Program): RecordLayout | undefined => {
  const depth = prog.findMember('task_struct', 'lockdep_depth');
  const locks = prog.findMember('task_struct', 'held_locks');
  const instance = prog.findMember('held_lock', 'instance');
  const by = prog.findMember('held_lock', 'acquire_ip');
  const size = prog.findType('held_lock')?.size ?? 0;
  if (!depth || !locks || !instance || !by || size === 0) return undefined;
  const most = Math.min(MAX_DEPTH, Math.floor(locks.type.resolve().size / size));
  const read = prog.findMember('held_lock', 'read');
  const trylock = prog.findMember('held_lock', 'trylock');
  return {
    ...{ depth: depth.offset, locks: locks.offset, most, size },
    read: (record, task, at) => ({
      task,
      at: addrAdd(at, by.offset),
      map: record.pointer(instance.offset),
      by: record.pointer(by.offset),
      mode: read && unsignedMember(record, read) !== 0 ? 'read' : 'write',
      trylock: trylock !== undefined && unsignedMember(record, trylock) !== 0,
    }),
  };
});
