import { decodeUtf8 } from '../base/text.ts';
import { addrAdd } from '../base/u64.ts';
import type { Addr } from '../base/units.ts';
import type { Program } from '../program/program.ts';
import { nrCpuIds } from './cpumask.ts';
import { isKernelPointer, KernelStruct } from './kernel-struct.ts';
import { type TaskLayout, taskLayout } from './task-layout.ts';
import { isTaskState } from './task-state.ts';

/** PID_MAX_LIMIT, include/linux/threads.h */
const MAX_PID = 4_194_304;
const COMM_SIZE = 16; // TASK_COMM_LEN

/** Ways in which a task was found; bits of `TaskEntry.foundBy`. */
export const FOUND = { idle: 1, pidIdr: 2, tasksList: 4, runQueues: 8, slab: 16 } as const;

/** One task as it was read: once, however many ways lead to it. */
export interface TaskEntry {
  readonly address: Addr;
  readonly pid: number;
  readonly tgid: number;
  readonly comm: string;
  readonly cpu: number;
  readonly state: number;
  readonly exitState: number;
  readonly flags: number;
  readonly mm: Addr;
  readonly realParent: Addr;
  readonly groupLeader: Addr;
  readonly signal: Addr;
  readonly threadPid: Addr;
  /** `tasks.next`, `tasks.prev` and `thread_node.next`, as they stand. */
  readonly tasksNext: Addr;
  readonly tasksPrev: Addr;
  readonly threadNext: Addr;
  /** Pages that the task has not yet added to its mm: file, anonymous, shared memory; zero from v6.2 on. */
  readonly rssParts: readonly [number, number, number];
  foundBy: number;
}

/** Reads tasks and remembers them; what cannot be a task is refused with a reason. */
export class TaskReader {
  readonly layout: TaskLayout;
  readonly entries = new Map<Addr, TaskEntry>();
  /** Why an address that something led to is no task. */
  readonly refused = new Map<Addr, string>();
  readonly program: Program;
  readonly #raw: KernelStruct;
  readonly #cpus: number;

  /** @throws AnalysisError when the kernel's types are unknown */
  constructor(prog: Program) {
    this.program = prog;
    this.layout = taskLayout(prog);
    this.#raw = new KernelStruct(prog, this.layout.span);
    this.#cpus = nrCpuIds(prog);
  }

  /** The task at `address`, marked as found by `how`; undefined when there is none (see `refused`). */
  find(address: Addr, how: number): TaskEntry | undefined {
    let entry = this.entries.get(address);
    if (!entry) {
      if (this.refused.has(address)) return undefined;
      const read = this.#read(address);
      if (typeof read === 'string') {
        this.refused.set(address, read);
        return undefined;
      }
      entry = read;
      this.entries.set(address, entry);
    }
    entry.foundBy |= how;
    return entry;
  }

  /**
   * Whether the kernel's pid structure leads back to the task: not so for a copy that fork has not finished. Where the dump
   * lacks that structure, the task's own link to it must do, and no other task may have the pid.
   */
  isLinked(entry: TaskEntry): boolean {
    const { pidTasks, pidLink } = this.layout;
    if (!isKernelPointer(this.program, entry.threadPid)) return false;
    const word = new KernelStruct(this.program, 8);
    const head = addrAdd(entry.threadPid, pidTasks);
    const link = addrAdd(entry.address, pidLink);
    if (!word.load(head)) return word.pointer(0) === link;
    // `hlist_node.pprev`, which a task that is gone has poison in
    if (word.load(addrAdd(link, 8)) || word.pointer(0) !== head) return false;
    for (const other of this.entries.values()) if (other !== entry && other.pid === entry.pid) return false;
    return true;
  }

  #read(address: Addr): TaskEntry | string {
    if (!isKernelPointer(this.program, address)) return 'no kernel pointer';
    const { layout: at } = this;
    const raw = this.#raw;
    // Rarely is a part of it missing from the dump; what is there may still do.
    if (raw.load(address) && raw.loadPart(address) === 0) return 'its memory cannot be read';
    const pid = raw.i32(at.pid);
    const tgid = raw.i32(at.tgid);
    const cpu = raw.u32(at.cpu);
    const state = at.stateSize === 4 ? raw.u32(at.state) : raw.long(at.state);
    const exitState = raw.i32(at.exitState);
    const signal = raw.pointer(at.signal);
    const groupLeader = raw.pointer(at.groupLeader);
    const nul = raw.bytes.indexOf(0, at.comm);
    if (pid < 0 || pid > MAX_PID || tgid < 0 || tgid > MAX_PID) return `pid ${pid}, tgid ${tgid}`;
    if (!isTaskState(state, exitState)) return `state ${state}, exit state ${exitState}`;
    if (cpu >= this.#cpus) return `CPU ${cpu} of ${this.#cpus}`;
    if (nul < 0 || nul >= at.comm + COMM_SIZE) return 'its name does not end';
    if (!isKernelPointer(this.program, groupLeader)) return 'no group leader';
    const rss = at.rssCount;
    return {
      address,
      pid,
      tgid,
      cpu,
      state,
      exitState,
      signal,
      groupLeader,
      comm: decodeUtf8(raw.bytes.subarray(at.comm, nul)),
      flags: raw.u32(at.flags),
      mm: raw.pointer(at.mm),
      realParent: raw.pointer(at.realParent),
      threadPid: raw.pointer(at.threadPid),
      tasksNext: raw.pointer(at.tasks),
      tasksPrev: raw.pointer(at.tasks + this.program.arch.pointerSize),
      threadNext: raw.pointer(at.threadNode),
      rssParts: rss < 0 ? NO_PARTS : [raw.i32(rss), raw.i32(rss + 4), raw.i32(rss + 12)], // see memory-usage.ts
      foundBy: 0,
    };
  }
}

const NO_PARTS = [0, 0, 0] as const;
