import { addrAdd } from '../base/u64.ts';
import type { Addr } from '../base/units.ts';
import type { Program } from '../program/program.ts';
import { isKernelPointer, KernelStruct } from './kernel-struct.ts';
import { findTask } from './task.ts';
import { WaiterRings } from './wait-ring.ts';
import type { WaitingStack } from './wait-stack.ts';

/** A task's entry in a wait queue, verified by the queue. */
export interface QueuedWait {
  /** `struct wait_queue_entry *` or `struct swait_queue *`, on the task's stack. */
  readonly entry: Addr;
  /** `struct wait_queue_head *` or `struct swait_queue_head *`. */
  readonly head: Addr;
  readonly simple: boolean;
  /** Symbol of the function that wakes it; absent in simple queues. */
  readonly wake?: string;
  /** Tasks of the queue, in its order. */
  readonly waiters: readonly Addr[];
  readonly damage?: string;
}

/** nm's letters of functions; `?` is what a table without letters gives. */
const TEXT = 'tTwW?';

/**
 * The wait queues of usual make. What lies before the list of an entry is the function that wakes it, and before that of a
 * head its lock: so a head is told from the entries.
 */
export class WaitQueues {
  readonly #prog: Program;
  readonly #rings: WaiterRings;
  readonly #word: KernelStruct;
  readonly #own: number;
  readonly #func: number;
  readonly #link: number;
  readonly #head: number;

  /** @throws NotFoundError */
  constructor(prog: Program) {
    this.#prog = prog;
    this.#own = prog.offset('wait_queue_entry', 'private');
    this.#func = prog.offset('wait_queue_entry', 'func');
    this.#link = prog.offset('wait_queue_entry', 'entry');
    this.#head = prog.offset('wait_queue_head', 'head');
    this.#word = new KernelStruct(prog, 8);
    this.#rings = new WaiterRings(
      prog,
      (node) => this.#isEntry(node),
      (node) => this.#taskOf(node),
    );
  }

  /** Every entry that lies on the stack of the task and is on a queue. */
  find(stack: WaitingStack): QueuedWait | undefined {
    for (const { at, value } of stack.words()) {
      if (value !== stack.task.address) continue;
      const entry = addrAdd(at, -this.#own);
      const ring = this.#rings.of(addrAdd(entry, this.#link));
      if (ring?.head === undefined) continue;
      const wake = this.#prog.symbolAt(this.#read(addrAdd(entry, this.#func)))?.name;
      return {
        entry,
        head: addrAdd(ring.head, -this.#head),
        simple: false,
        ...(wake !== undefined && { wake }),
        waiters: ring.tasks,
        ...(ring.damage !== undefined && { damage: ring.damage }),
      };
    }
    return undefined;
  }

  #taskOf(node: Addr): Addr | undefined {
    const task = this.#read(addrAdd(node, this.#own - this.#link));
    return findTask(this.#prog, task) && task;
  }

  #isEntry(node: Addr): boolean {
    const func = this.#read(addrAdd(node, this.#func - this.#link));
    if (!(func >= this.#prog.kernelStart)) return false;
    const symbol = this.#prog.symbolAt(func);
    return symbol?.address === func && TEXT.includes(symbol.letter);
  }

  #read(at: Addr): Addr {
    return this.#word.load(at) ? 0n : this.#word.pointer(0);
  }
}

/** The simple wait queues, in which each entry names its task. */
export class SimpleWaitQueues {
  readonly #prog: Program;
  readonly #rings: WaiterRings;
  readonly #word: KernelStruct;
  readonly #task: number;
  readonly #link: number;
  readonly #head: number;

  /** @throws NotFoundError */
  constructor(prog: Program) {
    this.#prog = prog;
    this.#task = prog.offset('swait_queue', 'task');
    this.#link = prog.offset('swait_queue', 'task_list');
    this.#head = prog.offset('swait_queue_head', 'task_list');
    this.#word = new KernelStruct(prog, 8);
    const taskOf = (node: Addr) => this.#taskOf(node);
    this.#rings = new WaiterRings(prog, (node) => taskOf(node) !== undefined, taskOf);
  }

  find(stack: WaitingStack): QueuedWait | undefined {
    for (const { at, value } of stack.words()) {
      if (value !== stack.task.address) continue;
      const entry = addrAdd(at, -this.#task);
      const ring = this.#rings.of(addrAdd(entry, this.#link));
      if (ring?.head === undefined) continue;
      return {
        entry,
        head: addrAdd(ring.head, -this.#head),
        simple: true,
        waiters: ring.tasks,
        ...(ring.damage !== undefined && { damage: ring.damage }),
      };
    }
    return undefined;
  }

  #taskOf(node: Addr): Addr | undefined {
    if (this.#word.load(addrAdd(node, this.#task - this.#link))) return undefined;
    const task = this.#word.pointer(0);
    return isKernelPointer(this.#prog, task) && findTask(this.#prog, task) ? task : undefined;
  }
}
