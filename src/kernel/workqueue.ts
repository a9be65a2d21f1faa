import { attempt } from '../base/attempt.ts';
import { perOwner } from '../base/lazy.ts';
import { addrAdd } from '../base/u64.ts';
import type { Addr } from '../base/units.ts';
import type { Problem } from '../program/ports.ts';
import type { Program } from '../program/program.ts';
import { idrEntries } from './idr-xarray.ts';
import { isKernelPointer } from './kernel-struct.ts';
import { listEntries } from './list.ts';
import { noteProblem } from './note-problem.ts';
import { taskTable } from './task.ts';

const PF_WQ_WORKER = 0x20; // include/linux/sched.h
const MAX_WORKERS = 100_000;
const MAX_WORKS = 1_000_000;

/** A thread that executes works: `struct worker`. */
export interface Worker {
  readonly address: Addr;
  /** `struct task_struct *` */
  readonly task: Addr;
  /** `struct work_struct *` that it executes; 0n when it idles. */
  readonly work: Addr;
  /** Symbol of the function of that work. */
  readonly function?: string;
  /** The module that it is of. */
  readonly module?: string;
  /** `struct workqueue_struct *` of that work; 0n when it idles. */
  readonly queue: Addr;
}

/** Workers that share a list of works: `struct worker_pool`. */
export interface WorkerPool {
  readonly address: Addr;
  readonly id: number;
  /** -1 for a pool of no one CPU. */
  readonly cpu: number;
  readonly workers: readonly Worker[];
  /** `struct work_struct *` that wait for a worker. */
  readonly pending: readonly Addr[];
  /** In jiffies, when one was last taken from the list. */
  readonly progress: bigint;
}

/** Every pool of workers. */
export interface WorkerPools {
  readonly pools: readonly WorkerPool[];
  readonly problems: readonly Problem[];
}

/** The pools of `worker_pool_idr` with their workers and works. Never throws for damage. */
export const workerPools = perOwner((prog: Program): WorkerPools => {
  const pools: WorkerPool[] = [];
  const problems: Problem[] = [];
  try {
    for (const address of poolAddresses(prog, problems)) {
      try {
        pools.push(readPool(prog, address, problems));
      } catch (e) {
        noteProblem(problems, 'worker pool', e);
      }
    }
  } catch (e) {
    noteProblem(problems, 'worker pools', e);
  }
  return { pools, problems };
});

/** By `worker_pool_idr`; in kernels without symbols of data, the pools of all threads that are workers. */
function poolAddresses(prog: Program, problems: Problem[]): readonly Addr[] {
  const index = prog.findSymbol('worker_pool_idr');
  if (index) {
    const { pointers, damage } = idrEntries(prog, index.address);
    for (const why of damage) problems.push({ what: 'worker pools', why });
    return pointers;
  }
  const flags = prog.offset('task_struct', 'flags');
  // commit e32cf5dfbe22 ("kthread: Generalize pf_io_worker so it can point to struct kthread", v5.17)
  const thread = prog.offset('task_struct', 'worker_private', 'set_child_tid');
  const found = new Set<Addr>();
  for (const { address, kernelThread } of taskTable(prog).tasks) {
    if (!kernelThread || (prog.memory.u32(addrAdd(address, flags)) & PF_WQ_WORKER) === 0) continue;
    const kthread = prog.memory.ulong(addrAdd(address, thread));
    if (!isKernelPointer(prog, kthread)) continue;
    const worker = prog.memory.ulong(addrAdd(kthread, prog.offset('kthread', 'data')));
    const pool = isKernelPointer(prog, worker) ? prog.memory.ulong(addrAdd(worker, prog.offset('worker', 'pool'))) : 0n;
    if (isKernelPointer(prog, pool)) found.add(pool);
  }
  return [...found];
}

function readPool(prog: Program, address: Addr, problems: Problem[]): WorkerPool {
  const at = (...members: string[]): Addr => addrAdd(address, prog.offset('worker_pool', ...members));
  const id = prog.memory.u32(at('id'));
  const workers: Worker[] = [];
  const pending: Addr[] = [];
  const node = prog.offset('worker', 'node');
  const entry = prog.offset('work_struct', 'entry');
  try {
    for (const one of listEntries(prog, at('workers'), `workers of pool ${id}`, MAX_WORKERS)) {
      workers.push(readWorker(prog, addrAdd(one, -node)));
    }
    for (const one of listEntries(prog, at('worklist'), `works of pool ${id}`, MAX_WORKS)) {
      pending.push(addrAdd(one, -entry));
    }
  } catch (e) {
    noteProblem(problems, `worker pool ${id}`, e);
  }
  return {
    address,
    id,
    cpu: prog.memory.u32(at('cpu')) | 0,
    workers,
    pending,
    // last_progress_ts in 7.2
    progress: prog.memory.ulong(at('last_progress_ts', 'watchdog_ts')),
  };
}

function readWorker(prog: Program, address: Addr): Worker {
  const word = (member: string): Addr => prog.memory.ulong(addrAdd(address, prog.offset('worker', member)));
  const func = word('current_func');
  const pwq = word('current_pwq');
  const symbol = func === 0n ? undefined : prog.symbolAt(func);
  return {
    address,
    task: word('task'),
    work: word('current_work'),
    ...(symbol && { function: symbol.name }),
    ...(symbol?.module !== undefined && { module: symbol.module }),
    queue: pwq === 0n ? 0n : prog.memory.ulong(addrAdd(pwq, prog.offset('pool_workqueue', 'wq'))),
  };
}

/** `struct workqueue_struct *` and name of every workqueue. @throws NotFoundError MemoryFault CorruptError */
function workqueues(prog: Program): { readonly address: Addr; readonly name: string }[] {
  const link = prog.offset('workqueue_struct', 'list');
  const name = prog.findMember('workqueue_struct', 'name');
  const found: { address: Addr; name: string }[] = [];
  for (const node of listEntries(prog, prog.symbol('workqueues'), 'workqueues', MAX_WORKERS)) {
    const address = addrAdd(node, -link);
    found.push({ address, name: workqueueName(prog, address, name) });
  }
  return found;
}

/** Name of a `struct workqueue_struct`. @throws MemoryFault */
export function workqueueName(
  prog: Program,
  address: Addr,
  place = prog.findMember('workqueue_struct', 'name'),
): string {
  return place ? prog.memory.cString(addrAdd(address, place.offset), place.type.size) : '';
}

/** A wait for works to end. */
export interface FlushWait {
  /** The work that is waited for, else the workqueue whose works all are. */
  readonly type: 'work_struct' | 'workqueue_struct' | 'worker_pool';
  readonly address: Addr;
  /** Workers that execute them. */
  readonly workers: readonly Worker[];
  readonly pool?: WorkerPool;
}

/**
 * What a completion of flush_work or flush_workqueue waits for: it is part of a barrier that is queued behind the work, or
 * of a flusher that the workqueue points at. @throws NotFoundError MemoryFault
 */
export function flushWait(prog: Program, completion: Addr): FlushWait | undefined {
  return barrierWait(prog, completion) ?? flusherWait(prog, completion);
}

function barrierWait(prog: Program, completion: Addr): FlushWait | undefined {
  const barrier = addrAdd(completion, -prog.offset('wq_barrier', 'done'));
  const work = addrAdd(barrier, prog.offset('wq_barrier', 'work'));
  const func = prog.memory.ulong(addrAdd(work, prog.offset('work_struct', 'func')));
  if (prog.symbolAt(func)?.name !== 'wq_barrier_func') return undefined;
  const entry = addrAdd(work, prog.offset('work_struct', 'entry'));
  const scheduled = prog.offset('worker', 'scheduled');
  for (const pool of workerPools(prog).pools) {
    for (const worker of pool.workers) {
      if (!isOn(prog, addrAdd(worker.address, scheduled), entry)) continue;
      return { type: 'work_struct', address: worker.work, workers: [worker], pool };
    }
    const place = pool.pending.indexOf(work);
    if (place >= 0) return pendingWait(pool, place);
  }
  return undefined;
}

/** The barrier stands behind the work that is waited for (insert_wq_barrier), which none has taken yet. */
function pendingWait(pool: WorkerPool, place: number): FlushWait {
  const target = pool.pending[place - 1];
  if (target === undefined) return { type: 'worker_pool', address: pool.address, workers: busy(pool), pool };
  return { type: 'work_struct', address: target, workers: busy(pool), pool };
}

function busy(pool: WorkerPool): Worker[] {
  return pool.workers.filter((w) => w.work !== 0n);
}

function isOn(prog: Program, head: Addr, node: Addr): boolean {
  const search = (): boolean => {
    for (const one of listEntries(prog, head, 'works of a worker', MAX_WORKS)) if (one === node) return true;
    return false;
  };
  return attempt(search) ?? false;
}

function flusherWait(prog: Program, completion: Addr): FlushWait | undefined {
  if (!prog.findType('wq_flusher')) return undefined;
  const flusher = addrAdd(completion, -prog.offset('wq_flusher', 'done'));
  const first = prog.offset('workqueue_struct', 'first_flusher');
  const isFlushed = (queue: Addr): boolean =>
    attempt(() => prog.memory.ulong(addrAdd(queue, first)) === flusher) === true;
  const all = workerPools(prog).pools.flatMap((p) => p.workers);
  // the list of all queues is a variable that not every kernel keeps a symbol of
  const address =
    all.find((w) => w.queue !== 0n && isFlushed(w.queue))?.queue ??
    attempt(() => workqueues(prog))?.find((q) => isFlushed(q.address))?.address;
  if (address === undefined) return undefined;
  return { type: 'workqueue_struct', address, workers: all.filter((w) => w.queue === address) };
}
