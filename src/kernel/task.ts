import { AnalysisError } from '../base/errors.ts';
import { perOwner } from '../base/lazy.ts';
import type { Addr } from '../base/units.ts';
import type { Problem } from '../program/ports.ts';
import type { Program } from '../program/program.ts';
import { type MemoryUsage, memoryUsage } from './memory-usage.ts';
import { presentPages } from './node-memory.ts';
import { chooseCurrent, runQueues } from './sched.ts';
import { currentByStack } from './task-by-stack.ts';
import { FOUND, type TaskEntry, TaskReader } from './task-entry.ts';
import { taskLookalikes } from './task-lookalikes.ts';
import { taskSlabObjects } from './task-slab-scan.ts';
import { findInPidIdr, findOnRunQueues, findOnTasksList } from './task-sources.ts';
import { isDeadState, taskStateCode, taskStateLetter } from './task-state.ts';

const PF_KTHREAD = 0x200000; // include/linux/sched.h

/** One task of the dumped kernel: a process, a thread, a kernel thread or an idle task. */
export interface TaskRecord {
  /** `struct task_struct *` */
  readonly address: Addr;
  /** In the initial pid namespace; 0 of an idle task. */
  readonly pid: number;
  readonly tgid: number;
  /** `real_parent->tgid`; 0 for none, and of idle tasks, which the first process made before it was one. */
  readonly ppid: number;
  /** As the kernel holds it: may contain any character. */
  readonly comm: string;
  /** The CPU that it runs on or ran on last. */
  readonly cpu: number;
  /** crash's letters: RU IN UN ST TR ZO DE ID PA WA NE ?? */
  readonly state: string;
  /** /proc's letter: R S D T t Z X I P */
  readonly stateLetter: string;
  readonly kernelThread: boolean;
  readonly idle: boolean;
  /** It is what its CPU runs; `makeActive` changes it. */
  active: boolean;
  readonly threadGroupLeader: boolean;
  /** `struct mm_struct *`, 0n of a kernel thread. */
  readonly mm: Addr;
  readonly vszKiB: number;
  readonly rssKiB: number;
  /** The part of `rssKiB` that the kernel has added up; what ps in the guest would show. */
  readonly rssCountedKiB: number;
  /** Resident part of all memory that the machine has, as crash counts it; 0 when that is unknown. */
  readonly memoryPercent: number;
  /** `pid-idr`, `tasks-list`, `run-queues`, `slab`, `idle`. */
  readonly foundBy: readonly string[];
}

/** Every task that could be found. */
export interface TaskTable {
  /** Idle tasks by CPU, then by pid. */
  readonly tasks: readonly TaskRecord[];
  /** What was broken, and where the ways to the tasks disagree. */
  readonly problems: readonly Problem[];
}

/**
 * All tasks, idle tasks and threads included, found through the pid index, the task list and the run queues. These must
 * agree; where one is broken the others fill in, and the slab cache of task structures is searched for what all of them
 * lost. Never throws for damage.
 */
export const taskTable = perOwner((prog: Program): TaskTable => {
  const problems: Problem[] = [];
  let tasks: TaskRecord[] = [];
  try {
    const reader = new TaskReader(prog);
    const queues = findOnRunQueues(prog, reader, problems);
    const index = findInPidIdr(prog, reader, problems);
    const list = findOnTasksList(prog, reader, problems);
    const agreed = noteDisagreement(reader, problems);
    if (!queues || !index || !list || !agreed) searchSlabs(prog, reader, problems);
    tasks = records(prog, reader, problems);
  } catch (e) {
    if (!(e instanceof AnalysisError)) throw e;
    problems.push({ what: 'tasks', why: e.message });
  }
  return { tasks, problems };
});

/**
 * The first task with a pid (0: the idle task of CPU 0), or the task at an address.
 * @returns undefined when there is none
 */
export function findTask(prog: Program, pidOrAddress: number | Addr): TaskRecord | undefined {
  const { addresses, pids } = taskIndex(taskTable(prog));
  return typeof pidOrAddress === 'bigint' ? addresses.get(pidOrAddress) : pids.get(pidOrAddress);
}

/** Takes a task for the one that its CPU ran, where the run queue is known to be wrong. */
export function makeActive(prog: Program, task: TaskRecord): void {
  chooseCurrent(prog, task.cpu, task.address);
  for (const other of taskTable(prog).tasks) if (other.cpu === task.cpu) other.active = other === task;
}

/** The tasks of a table by address, and the first of each pid: many tasks are looked up when many are shown. */
const taskIndex = perOwner(({ tasks }: TaskTable) => {
  const addresses = new Map<Addr, TaskRecord>();
  const pids = new Map<number, TaskRecord>();
  for (const task of tasks) {
    addresses.set(task.address, task);
    if (!pids.has(task.pid)) pids.set(task.pid, task);
  }
  return { addresses, pids };
});

/** Compares what the pid index and the list found; a task that has died may be in neither. */
function noteDisagreement(reader: TaskReader, problems: Problem[]): boolean {
  const onlyIndex: TaskEntry[] = [];
  const onlyList: TaskEntry[] = [];
  const onlyQueue: TaskEntry[] = [];
  for (const entry of reader.entries.values()) {
    if ((entry.foundBy & FOUND.idle) !== 0) continue;
    const ways = entry.foundBy & (FOUND.pidIdr | FOUND.tasksList);
    if (ways === FOUND.pidIdr) onlyIndex.push(entry);
    else if (ways === FOUND.tasksList) onlyList.push(entry);
    else if (ways === 0 && !isDeadState(entry.state, entry.exitState)) onlyQueue.push(entry);
  }
  const tell = (missing: TaskEntry[], where: string): void => {
    if (missing.length === 0) return;
    const first = missing.slice(0, 3).map((task) => `${task.comm} (${task.pid})`);
    const rest = missing.length > 3 ? ` and ${missing.length - 3} more` : '';
    problems.push({ what: 'tasks', why: `${where}: ${first.join(', ')}${rest}` });
  };
  tell(onlyIndex, 'in the pid index, but not on the task list');
  tell(onlyList, 'on the task list, but not in the pid index');
  tell(onlyQueue, 'on a run queue, but neither in the pid index nor on the task list');
  return onlyIndex.length + onlyList.length + onlyQueue.length === 0;
}

/** The last resort: adds every object of the slab cache that the kernel's pid structures confirm. */
function searchSlabs(prog: Program, reader: TaskReader, problems: Problem[]): void {
  const before = reader.entries.size;
  try {
    for (const address of taskSlabObjects(prog)) addConfirmed(reader, address);
  } catch (e) {
    if (!(e instanceof AnalysisError)) throw e;
    problems.push({ what: 'search of the task_struct slab cache', why: e.message });
  }
  const found = reader.entries.size - before;
  if (found > 0) problems.push({ what: 'tasks', why: `${found} found only by searching the slab cache` });
  searchMemory(prog, reader, problems);
}

/** The same in memory at large, for what is in no page that a page descriptor in the dump gives to the cache. */
function searchMemory(prog: Program, reader: TaskReader, problems: Problem[]): void {
  if (problems.every((p) => p.what !== 'search of the task_struct slab cache')) return;
  const before = reader.entries.size;
  try {
    for (const address of taskLookalikes(prog, [...reader.entries.keys()])) addConfirmed(reader, address);
  } catch (e) {
    if (!(e instanceof AnalysisError)) throw e;
    problems.push({ what: 'search of memory for tasks', why: e.message });
  }
  const found = reader.entries.size - before;
  if (found > 0) problems.push({ what: 'tasks', why: `${found} found only by searching memory` });
}

/** Free objects and half-made copies look like tasks too. */
function addConfirmed(reader: TaskReader, address: Addr): void {
  const known = reader.entries.get(address);
  if (known) {
    known.foundBy |= FOUND.slab;
    return;
  }
  const entry = reader.find(address, FOUND.slab);
  if (entry && !reader.isLinked(entry)) reader.entries.delete(address);
}

function records(prog: Program, reader: TaskReader, problems: Problem[]): TaskRecord[] {
  const { entries } = reader;
  const active = new Set(runQueues(prog).queues.map((queue) => queue.current));
  for (const task of currentByStack(prog, entries.keys(), problems)) active.add(task);
  const pageKiB = prog.pageSize / 1024;
  let usage: ReadonlyMap<Addr, MemoryUsage> = new Map();
  let totalPages: number | undefined;
  try {
    usage = memoryUsage(prog, entries.values());
    totalPages = presentPages(prog);
  } catch (e) {
    if (!(e instanceof AnalysisError)) throw e;
    problems.push({ what: 'memory use of the tasks', why: e.message });
  }
  const out: TaskRecord[] = [];
  for (const entry of entries.values()) {
    const kernelThread = (entry.flags & PF_KTHREAD) !== 0;
    // A kernel thread may borrow a process's memory for a while; that does not make it its own.
    const used = kernelThread ? undefined : usage.get(entry.mm);
    const parent = entries.get(entry.realParent);
    const idle = (entry.foundBy & FOUND.idle) !== 0;
    out.push({
      address: entry.address,
      pid: entry.pid,
      tgid: entry.tgid,
      ppid: idle ? 0 : (parent?.tgid ?? 0),
      comm: entry.comm,
      cpu: entry.cpu,
      state: taskStateCode(entry.state, entry.exitState),
      stateLetter: taskStateLetter(entry.state, entry.exitState),
      kernelThread: kernelThread || idle,
      idle,
      active: active.has(entry.address),
      threadGroupLeader: entry.groupLeader === entry.address,
      mm: entry.mm,
      vszKiB: (used?.virtualPages ?? 0) * pageKiB,
      rssKiB: (used?.residentPages ?? 0) * pageKiB,
      rssCountedKiB: (used?.countedPages ?? 0) * pageKiB,
      memoryPercent: used && totalPages ? (100 * used.residentPages) / totalPages : 0,
      foundBy: WAYS.filter(([bit]) => (entry.foundBy & bit) !== 0).map(([, name]) => name),
    });
  }
  return out.sort(inOrder);
}

const WAYS: readonly (readonly [number, string])[] = [
  [FOUND.idle, 'idle'],
  [FOUND.pidIdr, 'pid-idr'],
  [FOUND.tasksList, 'tasks-list'],
  [FOUND.runQueues, 'run-queues'],
  [FOUND.slab, 'slab'],
];

function inOrder(a: TaskRecord, b: TaskRecord): number {
  if (a.idle !== b.idle) return a.idle ? -1 : 1;
  return a.idle ? a.cpu - b.cpu : a.pid - b.pid;
}
