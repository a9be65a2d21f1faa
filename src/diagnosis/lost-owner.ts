import { attempt } from '../base/attempt.ts';
import type { Phrase } from '../base/phrase.ts';
import { addrAdd } from '../base/u64.ts';
import type { Addr } from '../base/units.ts';
import { type FunctionCode, functionCode } from '../fault/function-code.ts';
import { slabAt } from '../kernel/slab-object.ts';
import { threadFunction } from '../kernel/started-function.ts';
import { findTask, type TaskRecord } from '../kernel/task.ts';
import { taskTimes } from '../kernel/task-detail.ts';
import { taskStack } from '../kernel/task-stack.ts';
import { kernelTime } from '../kernel/timekeeping.ts';
import { plainName, waitCaller } from '../kernel/wait-function.ts';
import type { TaskWait } from '../kernel/wait-graph.ts';
import type { Program } from '../program/program.ts';
import type { StackFrame } from '../unwind/stack.ts';

/** Bits of an owner's word that are flags: kernel/locking/mutex.h, rwsem.c, rtmutex_common.h. */
const FLAGS = 7n;
const OWNED = new Set(['mutex', 'rwsem', 'rt-mutex']);
/** A reader's mark in the owner of a reader-writer semaphore, which nobody takes away when the reader leaves. */
const READER = 1n;
const DEAD = new Set(['ZO', 'DE']);
/** What two clocks may differ by, in seconds and as a part. */
const SLACK = 2;
const DRIFT = 0.001;
/** What starts the function of a kernel thread. */
const START = /^(?:kthread|ret_from_(?:fork\w*|kernel_thread|kernel_user_thread))$/;
const MOST_FRAMES = 8;

/** A lock whose owner is no more. */
export interface LostOwner {
  /** `struct task_struct *`, as the lock names it. */
  readonly task: Addr;
  /** How it is known. */
  readonly why: Phrase;
}

/**
 * Whether the task that a lock's `owner` names cannot have it: it has ended, or it is another task that got the memory of
 * the one that had it. Undefined for a lock with an owner that may be, or without one.
 */
export function lostOwner(prog: Program, wait: TaskWait): LostOwner | undefined {
  const { resource } = wait;
  if (!resource || !OWNED.has(resource.kind)) return undefined;
  const place = attempt(() => prog.findMember(resource.type, 'owner'));
  const word = place && attempt(() => prog.memory.ulong(addrAdd(resource.address, place.offset)));
  if (word === undefined || (resource.kind === 'rwsem' && (word & READER) !== 0n)) return undefined;
  const task = word & ~FLAGS;
  const record = task === 0n ? undefined : findTask(prog, task);
  const why = record ? whyNot(prog, record, wait) : isTaskMemory(prog, task) ? ENDED : undefined;
  return why && { task, why };
}

const ENDED: Phrase = { en: 'that task has ended', zh: '该任务已结束' };

function whyNot(prog: Program, owner: TaskRecord, wait: TaskWait): Phrase | undefined {
  if (DEAD.has(owner.state)) return ENDED;
  const age = attempt(() => ageOf(prog, owner));
  if (age !== undefined && wait.seconds !== undefined && age + SLACK + age * DRIFT < wait.seconds) {
    return {
      en: `the task that is there now, PID ${owner.pid} "${owner.comm}", is younger than the wait: it got the memory of one that has ended`,
      zh: `现在位于该处的任务 PID ${owner.pid} "${owner.comm}" 比这次等待更年轻：它得到的是已结束任务的内存`,
    };
  }
  if (owner.address !== wait.task.address || !neverCalled(prog, wait)) return undefined;
  return {
    en: `the task that is there now, PID ${owner.pid} "${owner.comm}", is the one that waits, and it called nothing before: it got the memory of one that has ended`,
    zh: `现在位于该处的任务 PID ${owner.pid} "${owner.comm}" 正是等待者，而它此前未调用过任何函数：它得到的是已结束任务的内存`,
  };
}

/** Seconds since a task was created. */
function ageOf(prog: Program, { address, cpu }: TaskRecord): number {
  return kernelTime(prog).monotonicSeconds - Number(taskTimes(prog, address, cpu).startNs) / 1e9;
}

function isTaskMemory(prog: Program, task: Addr): boolean {
  return task !== 0n && attempt(() => slabAt(prog, task)?.slab.cache.name) === 'task_struct';
}

/**
 * Whether a kernel thread waits in the first call that its function made: then it cannot have a lock yet. Each frame must be
 * the one that the outer one's call leads to, so that no function in between has left the stack.
 */
function neverCalled(prog: Program, { task, site }: TaskWait): boolean {
  const { frames } = taskStack(prog, task);
  const caller = waitCaller(frames, site);
  const from = caller === undefined ? -1 : frames.indexOf(caller);
  if (from < 0) return false;
  for (let i = from; i < Math.min(frames.length, from + MOST_FRAMES); i++) {
    const frame = frames[i] as StackFrame;
    const outer = frames[i + 1];
    const code = attempt(() => functionCode(prog, frame.lookupPc));
    const call = code?.indexBefore(frame.pc);
    if (!frame.symbol || !code || call === undefined || !isFirstCall(code, call)) return false;
    if (outer?.symbol && START.test(plainName(outer.symbol.name))) {
      return attempt(() => threadFunction(prog, task.address)) === frame.symbol.address;
    }
    const outerCode = outer && attempt(() => functionCode(prog, outer.lookupPc));
    const at = outerCode?.indexBefore(outer?.pc ?? 0n);
    if (!outerCode || at === undefined || calledAt(outerCode, at) !== frame.symbol.address) return false;
  }
  return false;
}

function calledAt(code: FunctionCode, call: number): Addr | undefined {
  const callee = code.callee(call);
  return callee && 'address' in callee ? callee.address : undefined;
}

/** Whether no path through the function leads over a call to this one. */
function isFirstCall(code: FunctionCode, call: number): boolean {
  const seen = new Set<number>();
  const queue = [...(code.before[call] ?? [])];
  for (let i = queue.pop(); i !== undefined; i = queue.pop()) {
    if (seen.has(i)) continue;
    seen.add(i);
    if (code.isCall(i)) return false;
    queue.push(...(code.before[i] ?? []));
  }
  return true;
}
