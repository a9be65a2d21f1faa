import { attempt } from '../base/attempt.ts';
import { perOwner } from '../base/lazy.ts';
import { addrAdd } from '../base/u64.ts';
import type { Addr } from '../base/units.ts';
import type { Program } from '../program/program.ts';
import { KernelStruct } from './kernel-struct.ts';
import { type TaskRecord, taskTable } from './task.ts';
import { savedStackPointer } from './task-detail.ts';
import { userSpaceOf } from './user-space.ts';
import type { Holder, WaitResource } from './wait-resource.ts';

/** Bytes from where a task stopped in which its `struct futex_q` lies: a variable of futex_wait() (__futex_wait() since v6.7). */
const TOP = 1024;
/** Tasks that wait for a futex that are looked at: thousands of idle threads may. */
const MOST = 4096;
/** FUTEX_WAITERS and FUTEX_TID_MASK, include/uapi/linux/futex.h: words of robust and priority-inheriting futexes hold a TID. */
const WAITERS = 0x80000000;
const TID = 0x3fffffff;
/** What the C library writes into the word of a plain mutex that others wait for, and where the mutex names its owner. */
const CONTENDED = 2;
const OWNER = 8;
/** FUT_OFF_INODE and FUT_OFF_MMSHARED: the lowest bits of the offset are flags. */
const FLAGS = 3;

/** What a task waits for in futex(2). */
export interface FutexWait {
  readonly task: TaskRecord;
  /** Of the word, in user space. */
  readonly address: Addr;
  /** Undefined where it is not in the dump. */
  readonly word: number | undefined;
  readonly holder: Holder | undefined;
}

/** The futex of a private mapping that a task sleeps for, by the `struct futex_q` on its stack. @throws NotFoundError MemoryFault */
export function futexWait(prog: Program, task: TaskRecord): FutexWait | undefined {
  return futexes(prog).of(task);
}

const futexes = perOwner((prog: Program) => new FutexReader(prog));

/** Thousands of threads may wait for one word: each is read once. */
class FutexReader {
  readonly #prog: Program;
  readonly #copy: KernelStruct;
  readonly #words = new Map<string, Pick<FutexWait, 'word'> & { readonly owner: number; readonly sure: boolean }>();
  /** Members of the key, from `futex_q.task` on. */
  readonly #mm: number;
  readonly #address: number;
  readonly #offset: number;

  /** @throws NotFoundError */
  constructor(prog: Program) {
    this.#prog = prog;
    this.#copy = new KernelStruct(prog, TOP);
    const key = prog.offset('futex_q', 'key') - prog.offset('futex_q', 'task');
    this.#mm = key + prog.offset('futex_key', 'private.mm');
    this.#address = key + prog.offset('futex_key', 'private.address');
    this.#offset = key + prog.offset('futex_key', 'private.offset');
  }

  of(task: TaskRecord): FutexWait | undefined {
    const address = this.#find(task);
    if (address === undefined) return undefined;
    const key = `${task.mm} ${address}`;
    let known = this.#words.get(key);
    if (!known) {
      known = this.#read(task, address);
      this.#words.set(key, known);
    }
    const { word, owner, sure } = known;
    return { task, address, word, holder: threadOf(this.#prog, task, owner, sure) };
  }

  /** The key in the task's own `struct futex_q`: that of the task and of its address space. */
  #find(task: TaskRecord): Addr | undefined {
    if (task.mm === 0n || task.active) return undefined;
    const copy = this.#copy;
    const there = copy.loadPart(savedStackPointer(this.#prog, task.address) & ~7n);
    const low = this.#prog.arch.littleEndian ? 0 : 4;
    const half = Number(task.address & 0xffffffffn); // numbers are compared faster
    for (let i = 0; i + this.#offset + 4 <= there; i += 8) {
      if (copy.u32(i + low) !== half || copy.u64(i) !== task.address || copy.u64(i + this.#mm) !== task.mm) continue;
      return copy.u64(i + this.#address) + BigInt(copy.u32(i + this.#offset) & ~FLAGS);
    }
    return undefined;
  }

  #read(task: TaskRecord, address: Addr): { word: number | undefined; owner: number; sure: boolean } {
    const space = attempt(() => userSpaceOf(this.#prog, task.address));
    const word = space && attempt(() => space.u32(address));
    if (!space || word === undefined) return { word: undefined, owner: 0, sure: false };
    if ((word & WAITERS) !== 0) return { word, owner: word & TID, sure: true };
    const owner = word === CONTENDED ? (attempt(() => space.u32(addrAdd(address, OWNER))) ?? 0) : 0;
    return { word, owner, sure: false };
  }
}

/** The thread of the task's process that user space knows by this number. */
function threadOf(prog: Program, task: TaskRecord, tid: number, sure: boolean): Holder | undefined {
  if (tid === 0) return undefined;
  const found = (processes(prog).get(task.tgid) ?? []).find((t) => ownNumber(prog, t) === tid);
  return found && found.address !== task.address ? { task: found.address, how: 'futex', sure } : undefined;
}

const processes = perOwner((prog: Program): ReadonlyMap<number, readonly TaskRecord[]> => {
  const found = new Map<number, TaskRecord[]>();
  for (const task of taskTable(prog).tasks) {
    if (task.mm === 0n) continue;
    const list = found.get(task.tgid);
    if (list) list.push(task);
    else found.set(task.tgid, [task]);
  }
  return found;
});

/** The pid of a thread in its own namespace: `struct pid` has one number a level. */
function ownNumber(prog: Program, task: TaskRecord): number {
  return (
    attempt(() => {
      const pid = prog.memory.ulong(addrAdd(task.address, prog.offset('task_struct', 'thread_pid')));
      const level = prog.memory.u32(addrAdd(pid, prog.offset('pid', 'level')));
      if (level > 32) return task.pid; // MAX_PID_NS_LEVEL
      const numbers = addrAdd(pid, prog.offset('pid', 'numbers'));
      return prog.memory.u32(addrAdd(numbers, level * prog.type('upid').size + prog.offset('upid', 'nr')));
    }) ?? task.pid
  );
}

/** Of tasks that sleep in futex(2) those whose futex has a known owner: idle threads are none of them. @param tasks in interruptible sleep */
export function futexLockWaiters(prog: Program, tasks: readonly TaskRecord[]): TaskRecord[] {
  if (attempt(() => prog.type('futex_q')) === undefined) return [];
  let count = 0;
  return tasks.filter((task) => {
    if (count >= MOST) return false;
    const wait = attempt(() => futexWait(prog, task));
    if (wait) count++;
    return wait?.holder !== undefined;
  });
}

/** The futex as a thing to wait for; undefined where nobody is known to have it. */
export function futexResource(prog: Program, task: TaskRecord): WaitResource | undefined {
  const wait = futexWait(prog, task);
  if (!wait?.holder) return undefined;
  const state = `word=0x${(wait.word ?? 0).toString(16)} mm=0x${task.mm.toString(16)}`;
  return { kind: 'futex', address: wait.address, type: '', holders: [wait.holder], state, waiters: [] };
}
