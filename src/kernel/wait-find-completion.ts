import { attempt } from '../base/attempt.ts';
import { addrAdd } from '../base/u64.ts';
import type { Addr } from '../base/units.ts';
import type { Program } from '../program/program.ts';
import { completionHolders } from './completion.ts';
import { gracePeriod } from './rcu-grace-period.ts';
import { currentTask } from './sched.ts';
import { findTask } from './task.ts';
import type { WaitKind } from './wait-function.ts';
import type { QueuedWait } from './wait-queue-entry.ts';
import type { Holder, WaitResource } from './wait-resource.ts';
import { type FlushWait, flushWait, type Worker } from './workqueue.ts';

/**
 * What a wait for a completion is really for, by the structure that the completion is part of; undefined for other queues.
 */
export function findCompletionWait(prog: Program, queued: QueuedWait, site: WaitKind): WaitResource | undefined {
  const at = addrAdd(queued.head, -prog.offset('completion', 'wait'));
  const common = { waiters: queued.waiters, ...(queued.damage !== undefined && { damage: queued.damage }) };
  const grace = attempt(() => graceOf(prog, at)) ?? attempt(() => gracePeriodResource(prog, queued));
  if (grace) return { ...grace, ...common };
  const flush = attempt(() => flushWait(prog, at));
  if (flush) {
    const workers = flush.workers.length > 0 ? flush.workers : wokenWorkers(prog, flush);
    const holders = workers.map((w): Holder => ({ task: w.task, how: 'worker', sure: true }));
    const state = flush.workers[0]?.function ?? '';
    return { kind: 'work', address: flush.address, type: flush.type, holders, state, ...common };
  }
  if (site !== 'completion') return undefined;
  const done = prog.memory.u32(addrAdd(at, prog.offset('completion', 'done')));
  const holders = attempt(() => completionHolders(prog, at)) ?? [];
  return { kind: 'completion', address: at, type: 'completion', holders, state: `done=${done}`, ...common };
}

/** None is busy: those that were woken for the work and did not get their CPU yet. */
function wokenWorkers(prog: Program, { pool }: FlushWait): Worker[] {
  return (pool?.workers ?? []).filter((w) => findTask(prog, w.task)?.state === 'RU');
}

/** A completion of wait_rcu_gp: its `struct rcu_synchronize` has the callback that completes it. */
function graceOf(prog: Program, completion: Addr): WaitResource | undefined {
  const outer = addrAdd(completion, -prog.offset('rcu_synchronize', 'completion'));
  const func = prog.memory.ulong(addrAdd(outer, prog.offset('rcu_synchronize', 'head.func')));
  return prog.symbolAt(func)?.name === 'wakeme_after_rcu' ? resource(prog, 'cpus') : undefined;
}

/** Queues inside `struct rcu_state`: those of expedited grace periods. */
export function gracePeriodResource(prog: Program, { head }: QueuedWait): WaitResource | undefined {
  const { address, size } = gracePeriod(prog);
  return head >= address && head < addrAdd(address, size) ? resource(prog, 'expeditedCpus') : undefined;
}

function resource(prog: Program, which: 'cpus' | 'expeditedCpus'): WaitResource {
  const grace = gracePeriod(prog);
  const running = grace[which].map((cpu) => currentTask(prog, cpu)).filter((t) => t !== undefined);
  const tasks = new Set([...(which === 'cpus' ? grace.tasks : []), ...running]);
  const holders = grace.running || which !== 'cpus' ? [...tasks] : [];
  return {
    kind: 'grace-period',
    address: grace.address,
    type: 'rcu_state',
    holders: holders.map((task): Holder => ({ task, how: 'reporter', sure: true })),
    state: `gp_seq=${grace.sequence}${grace[which].length > 0 ? ` CPUs ${grace[which].join(',')}` : ''}`,
    waiters: [],
  };
}
