import { NotFoundError, UsageError } from '../base/errors.ts';
import { addrAdd } from '../base/u64.ts';
import type { Addr } from '../base/units.ts';
import type { Problem } from '../program/ports.ts';
import type { Program } from '../program/program.ts';
import type { CType } from '../types/c-type.ts';
import { formatType } from '../types/format-type.ts';
import { listEntries } from './list.ts';
import { noteProblem } from './note-problem.ts';
import { findTask, type TaskRecord } from './task.ts';

/** One that waits. */
export interface Waiter {
  /** Of its `struct wait_queue_entry` or `struct swait_queue`. */
  readonly address: Addr;
  /** Symbol of the function that wakes it; absent in simple wait queues. */
  readonly wake?: string;
  /** Who sleeps; absent where waking is not for one task, as for an eventpoll. */
  readonly task?: TaskRecord;
}

export interface WaitQueue {
  readonly simple: boolean;
  readonly waiters: readonly Waiter[];
  readonly problems: readonly Problem[];
}

/**
 * Structures that head a wait queue, and their entries: since commit ac6424b981bc ("sched/wait: Rename wait_queue_t =>
 * wait_queue_entry_t"), 2055da97389a ("sched/wait: Disambiguate wq_entry->task_list and wq_head->task_list naming") and
 * 9d9d676f595b ("sched/wait: Standardize internal naming of wait-queue heads"), all v4.13, by these names.
 */
const HEADS = ['wait_queue_head', '__wait_queue_head'];
const ENTRIES = ['wait_queue_entry', '__wait_queue'];
const SIMPLE = 'swait_queue_head';

/** Whether a type heads a wait queue, and of which sort. */
export function waitQueueKind(type: CType): 'usual' | 'simple' | undefined {
  const { kind, name } = type.resolve();
  if (kind !== 'struct') return undefined;
  return HEADS.includes(name) ? 'usual' : name === SIMPLE ? 'simple' : undefined;
}

/**
 * The wait queue that `struct.member` of an object is; a pointer to one is followed.
 * @param path `struct.member` @throws NotFoundError UsageError MemoryFault
 */
export function memberQueue(prog: Program, path: string, at: Addr): { address: Addr; simple: boolean } {
  const dot = path.indexOf('.');
  const [struct, member] = [path.slice(0, dot), path.slice(dot + 1)];
  const place = prog.type(struct).findMember(member);
  if (!place) throw new NotFoundError('member', path);
  const address = addrAdd(at, place.offset);
  const type = place.type.resolve();
  const kind = waitQueueKind(type);
  if (kind) return { address, simple: kind === 'simple' };
  const target = type.kind === 'pointer' ? type.target && waitQueueKind(type.target) : undefined;
  if (target) return { address: prog.memory.ulong(address), simple: target === 'simple' };
  throw new UsageError(`${path} is no wait queue but a ${formatType(place.type)}`);
}

/** Who waits in a queue, in its order. @param head its address @param simple a `struct swait_queue_head` @throws NotFoundError */
export function waitQueue(prog: Program, head: Addr, simple = false): WaitQueue {
  const problems: Problem[] = [];
  const waiters: Waiter[] = [];
  const { list, link, read } = simple ? simpleShape(prog) : usualShape(prog);
  try {
    for (const node of listEntries(prog, addrAdd(head, list), 'wait queue')) waiters.push(read(addrAdd(node, -link)));
  } catch (e) {
    noteProblem(problems, 'wait queue', e);
  }
  return { simple, waiters, problems };
}

interface Shape {
  /** Offsets of the list in the head and in an entry. */
  readonly list: number;
  readonly link: number;
  readonly read: (entry: Addr) => Waiter;
}

function simpleShape(prog: Program): Shape {
  const task = prog.offset('swait_queue', 'task');
  return {
    list: prog.offset(SIMPLE, 'task_list'),
    link: prog.offset('swait_queue', 'task_list'),
    read(address) {
      const found = findTask(prog, prog.memory.ulong(addrAdd(address, task)));
      return { address, ...(found && { task: found }) };
    },
  };
}

function usualShape(prog: Program): Shape {
  const head = firstType(prog, HEADS);
  const entry = firstType(prog, ENTRIES);
  const own = prog.offset(entry, 'private');
  const func = prog.offset(entry, 'func');
  return {
    list: prog.offset(head, 'head', 'task_list'),
    link: prog.offset(entry, 'entry', 'task_list'),
    read(address) {
      const wake = prog.symbolAt(prog.memory.ulong(addrAdd(address, func)))?.name;
      const task = waitingTask(prog, prog.memory.ulong(addrAdd(address, own)), wake);
      return { address, ...(wake !== undefined && { wake }), ...(task && { task }) };
    },
  };
}

function firstType(prog: Program, names: readonly string[]): string {
  const name = names.find((n) => prog.findType(`struct ${n}`));
  if (name === undefined) throw new NotFoundError('type', names[0] as string);
  return name;
}

/** `private` is the task, but where poll and select wait it is their `struct poll_wqueues`. */
function waitingTask(prog: Program, own: Addr, wake: string | undefined): TaskRecord | undefined {
  if (own === 0n) return undefined;
  const polling = wake === 'pollwake' ? prog.findMember('poll_wqueues', 'polling_task') : undefined;
  return findTask(prog, polling ? prog.memory.ulong(addrAdd(own, polling.offset)) : own);
}
