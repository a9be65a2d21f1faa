import { perOwner } from '../base/lazy.ts';
import { addrAdd } from '../base/u64.ts';
import type { Addr } from '../base/units.ts';
import type { Problem } from '../program/ports.ts';
import type { Program } from '../program/program.ts';
import { listEntries } from './list.ts';
import { noteProblem } from './note-problem.ts';
import { perCpu, presentCpus } from './percpu.ts';

/** MAX_RT_PRIO, include/linux/sched/prio.h */
const RT_PRIORITIES = 100;
/** More runnable tasks on one CPU than any kernel can schedule. */
const MAX_RUNNABLE = 100_000;

/** What a CPU runs and would run next; addresses of `struct task_struct`. */
export interface RunQueue {
  readonly cpu: number;
  /** `struct rq *` */
  readonly address: Addr;
  readonly current: Addr;
  readonly idle: Addr;
}

/** The run queues of the present CPUs, ascending. */
export interface RunQueues {
  readonly queues: readonly RunQueue[];
  readonly problems: readonly Problem[];
}

/** The run queue of every present CPU. Never throws for damage. */
export const runQueues = perOwner((prog: Program): RunQueues => {
  const queues: RunQueue[] = [];
  const problems: Problem[] = [];
  try {
    const current = prog.offset('rq', 'curr');
    const idle = prog.offset('rq', 'idle');
    for (const cpu of presentCpus(prog)) {
      try {
        const address = perCpu(prog, 'runqueues', cpu);
        queues.push({
          cpu,
          address,
          current: prog.memory.ulong(addrAdd(address, current)),
          idle: prog.memory.ulong(addrAdd(address, idle)),
        });
      } catch (e) {
        noteProblem(problems, `run queue of CPU ${cpu}`, e);
      }
    }
  } catch (e) {
    noteProblem(problems, 'run queues', e);
  }
  return { queues, problems };
});

/** What somebody who knows better says that a CPU ran, by CPU. */
const chosen = perOwner((_: Program) => new Map<number, Addr>());

/** From now on `task` is what `cpu` ran, whatever its run queue says. @param task `struct task_struct *` */
export function chooseCurrent(prog: Program, cpu: number, task: Addr): void {
  chosen(prog).set(cpu, task);
}

/** The task that `cpu` runs (`rq->curr`), or that was chosen; undefined when the CPU or its run queue is not there. */
export function currentTask(prog: Program, cpu: number): Addr | undefined {
  const choice = chosen(prog).get(cpu);
  if (choice !== undefined) return choice;
  const current = runQueues(prog).queues.find((q) => q.cpu === cpu)?.current;
  return current === 0n ? undefined : current;
}

/**
 * Tasks that wait on a run queue, the running one among them: fair, real-time and sched_ext. What breaks is noted and the
 * rest goes on; what is returned still has to be validated.
 */
export function queuedTasks(prog: Program, queue: RunQueue, problems: Problem[]): Addr[] {
  const tasks: Addr[] = [];
  const collect = (head: Addr, member: string, what: string): boolean => {
    const back = -prog.offset('task_struct', member);
    try {
      for (const node of listEntries(prog, head, what, MAX_RUNNABLE)) tasks.push(addrAdd(node, back));
      return true;
    } catch (e) {
      noteProblem(problems, what, e);
      return false;
    }
  };
  const fair = prog.findMember('rq', 'cfs_tasks'); // CONFIG_SMP
  if (fair) collect(addrAdd(queue.address, fair.offset), 'se.group_node', `fair run queue of CPU ${queue.cpu}`);
  const ext = prog.findMember('rq', 'scx.runnable_list'); // CONFIG_SCHED_CLASS_EXT, v6.12
  if (ext) collect(addrAdd(queue.address, ext.offset), 'scx.runnable_node', `sched_ext run queue of CPU ${queue.cpu}`);
  try {
    // One broken list of the hundred says enough: all of them are in the same structure.
    const what = `real-time run queue of CPU ${queue.cpu}`;
    for (const { head } of realTimeLists(prog, queue)) if (!collect(head, 'rt.run_list', what)) break;
  } catch (e) {
    noteProblem(problems, `real-time run queue of CPU ${queue.cpu}`, e);
  }
  return tasks;
}

/** A task on a real-time run queue. */
export interface RealTimeEntry {
  /** 0 to 99, the lower the sooner. */
  readonly priority: number;
  readonly task: Addr;
}

/** The tasks that wait on `rq->rt`, by priority, the running one among them. */
export function realTimeTasks(prog: Program, queue: RunQueue, problems: Problem[]): RealTimeEntry[] {
  const found: RealTimeEntry[] = [];
  const what = `real-time run queue of CPU ${queue.cpu}`;
  try {
    const back = -prog.offset('task_struct', 'rt.run_list');
    for (const { priority, head } of realTimeLists(prog, queue)) {
      for (const node of listEntries(prog, head, what, MAX_RUNNABLE)) {
        found.push({ priority, task: addrAdd(node, back) });
      }
    }
  } catch (e) {
    noteProblem(problems, what, e);
  }
  return found;
}

/** The priority lists whose bit is set in `rq->rt.active.bitmap`. */
function realTimeLists(prog: Program, queue: RunQueue): { readonly priority: number; readonly head: Addr }[] {
  const bitmap = prog.findMember('rq', 'rt.active.bitmap');
  const lists = prog.findMember('rq', 'rt.active.queue');
  if (!bitmap || !lists) return [];
  const stride = 2 * prog.arch.pointerSize;
  const heads: { priority: number; head: Addr }[] = [];
  for (let word = 0; word * 64 < RT_PRIORITIES; word++) {
    let bits = prog.memory.u64(addrAdd(queue.address, bitmap.offset + word * 8));
    for (let priority = word * 64; bits !== 0n; priority++, bits >>= 1n) {
      if ((bits & 1n) === 1n && priority < RT_PRIORITIES) {
        heads.push({ priority, head: addrAdd(queue.address, lists.offset + priority * stride) });
      }
    }
  }
  return heads;
}
