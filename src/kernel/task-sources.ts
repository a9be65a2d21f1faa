import { AnalysisError } from '../base/errors.ts';
import { hex } from '../base/hex.ts';
import { addrAdd } from '../base/u64.ts';
import type { Addr } from '../base/units.ts';
import type { Problem } from '../program/ports.ts';
import type { Program } from '../program/program.ts';
import { idrEntries } from './idr-xarray.ts';
import { isKernelPointer, KernelStruct } from './kernel-struct.ts';
import { queuedTasks, runQueues } from './sched.ts';
import { FOUND, type TaskEntry, type TaskReader } from './task-entry.ts';

/** Twice PID_MAX_LIMIT: no list of tasks is longer. */
const MAX_TASKS = 8_388_608;

/** Whether a way to the tasks came to its end without meeting anything impossible. */
export type Sound = boolean;

/** The idle tasks of the present CPUs, what each CPU runs, and what waits on its run queues. */
export function findOnRunQueues(prog: Program, reader: TaskReader, problems: Problem[]): Sound {
  const { queues, problems: broken } = runQueues(prog);
  problems.push(...broken);
  let sound = broken.length === 0;
  const before = problems.length;
  for (const queue of queues) {
    if (queue.idle !== 0n && !reader.find(queue.idle, FOUND.idle)) {
      problems.push({ what: `idle task of CPU ${queue.cpu}`, why: refusal(reader, queue.idle) });
    }
    if (queue.current !== 0n && !reader.find(queue.current, FOUND.runQueues)) {
      problems.push({ what: `running task of CPU ${queue.cpu}`, why: refusal(reader, queue.current) });
    }
    // A queue may also hold a group's entity; those are no tasks and are refused without a word.
    for (const task of queuedTasks(prog, queue, problems)) reader.find(task, FOUND.runQueues);
  }
  sound &&= problems.length === before;
  return sound;
}

/**
 * Every task that the initial pid namespace knows by number, threads too: the index `init_pid_ns.idr` (commit
 * 95846ecf9dac, "pid: replace pid bitmap implementation with IDR API", v4.15) of `struct pid`, each with its task.
 */
export function findInPidIdr(prog: Program, reader: TaskReader, problems: Problem[]): Sound {
  const what = 'pid index (init_pid_ns.idr)';
  try {
    const idr = addrAdd(prog.symbol('init_pid_ns'), prog.offset('pid_namespace', 'idr'));
    const { pointers, damage } = idrEntries(prog, idr);
    for (const why of damage) problems.push({ what, why });
    const { pidTasks, pidLink } = reader.layout;
    const head = new KernelStruct(prog, 8);
    let refused = 0;
    let why = '';
    for (const pid of pointers) {
      const fault = head.load(addrAdd(pid, pidTasks));
      const first = fault ? 0n : head.pointer(0);
      if (!fault && first === 0n) continue; // only a process group or session is left of it
      const task = addrAdd(first, -pidLink);
      if (fault || !reader.find(task, FOUND.pidIdr)) {
        refused++;
        why ||= fault ? `struct pid ${hex(pid)} cannot be read` : `task ${hex(task)}: ${refusal(reader, task)}`;
      }
    }
    if (refused > 0) problems.push({ what, why: `${refused} of ${pointers.length} entries lead to no task; ${why}` });
    return damage.length === 0 && refused === 0;
  } catch (e) {
    if (!(e instanceof AnalysisError)) throw e;
    problems.push({ what, why: e.message });
    return false;
  }
}

/**
 * Every process on the list from `init_task.tasks`, with its threads. Where the list breaks it is taken up again from
 * its other end.
 */
export function findOnTasksList(prog: Program, reader: TaskReader, problems: Problem[]): Sound {
  const what = 'task list (init_task.tasks)';
  try {
    const first = prog.symbol('init_task');
    const init = reader.find(first, FOUND.idle);
    if (!init) {
      problems.push({ what, why: `init_task at ${hex(first)}: ${refusal(reader, first)}` });
      return false;
    }
    const leaders: TaskEntry[] = [];
    const broken = followTasks(reader, init, leaders, true);
    if (broken !== undefined) {
      const forward = leaders.length;
      followTasks(reader, init, leaders, false);
      const why = `${broken} after ${forward} processes; ${leaders.length - forward} more found from its end`;
      problems.push({ what, why });
    }
    let sound = broken === undefined;
    for (const leader of leaders) sound = followThreads(reader, leader, problems) && sound;
    return sound;
  } catch (e) {
    if (!(e instanceof AnalysisError)) throw e;
    problems.push({ what, why: e.message });
    return false;
  }
}

/** Walks `tasks` from `init` until it comes back; returns what breaks it. */
function followTasks(reader: TaskReader, init: TaskEntry, into: TaskEntry[], forward: boolean): string | undefined {
  const { tasks } = reader.layout;
  let at = init;
  while (into.length < MAX_TASKS) {
    const node = forward ? at.tasksNext : at.tasksPrev;
    const address = addrAdd(node, -tasks);
    if (address === init.address) return undefined;
    const next = isKernelPointer(reader.program, node) ? reader.find(address, 0) : undefined;
    if (!next) return `${hex(node)} follows task ${hex(at.address)}, but is no task`;
    if ((next.foundBy & FOUND.tasksList) !== 0) return `task ${hex(address)} comes a second time`;
    next.foundBy |= FOUND.tasksList;
    into.push(next);
    at = next;
  }
  return `no end`;
}

/**
 * The threads of a process, by `thread_node` from its leader to the head in its `signal_struct`. A zombie that is alone
 * has no thread list to speak of, nor has a task whose signal structure is gone.
 */
function followThreads(reader: TaskReader, leader: TaskEntry, problems: Problem[]): Sound {
  const { threadNode, threadHead } = reader.layout;
  if (leader.signal === 0n) return true;
  const head = addrAdd(leader.signal, threadHead);
  let node = leader.threadNext;
  for (let count = 0; node !== head; count++) {
    const address = addrAdd(node, -threadNode);
    const thread = isKernelPointer(reader.program, node) && count < MAX_TASKS ? reader.find(address, 0) : undefined;
    if (!thread || (thread.foundBy & FOUND.tasksList) !== 0 || thread.signal !== leader.signal) {
      if (address === leader.address) return true; // the head lies elsewhere, but the circle is closed
      const what = `thread list of ${leader.comm} (${leader.pid})`;
      problems.push({ what, why: `${hex(node)} after ${count + 1} threads is none` });
      return false;
    }
    thread.foundBy |= FOUND.tasksList;
    node = thread.threadNext;
  }
  return true;
}

function refusal(reader: TaskReader, address: Addr): string {
  return reader.refused.get(address) ?? 'no task';
}
