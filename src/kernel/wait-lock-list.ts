import { addrAdd } from '../base/u64.ts';
import type { Addr } from '../base/units.ts';
import type { Program } from '../program/program.ts';
import { isKernelPointer } from './kernel-struct.ts';
import { findTask } from './task.ts';
import type { FoundHow } from './wait-resource.ts';
import { type WaiterRing, WaiterRings, waiterOf } from './wait-ring.ts';
import type { WaitingStack } from './wait-stack.ts';

/** A lock with a list of waiters of one type, each a variable of the task that waits. */
export interface ListedLock {
  /** `mutex` */
  readonly type: string;
  /** `mutex_waiter` */
  readonly waiter: string;
}

/** A lock that a task waits for, with its list. */
export interface ListedWait {
  readonly address: Addr;
  readonly found: FoundHow;
  /** `struct task_struct *` of those that wait, in order. */
  readonly waiters: readonly Addr[];
  readonly damage?: string;
}

/**
 * Finds the lock whose list a task's waiter is on. In most releases the lock heads its list (`wait_list`). In 7.2 it points
 * at the first waiter (`first_waiter`), and the waiters' list has no head: the lock is then what points into the list.
 */
export class ListedLocks {
  readonly #prog: Program;
  readonly #rings: WaiterRings;
  readonly #list: number;
  readonly #task: number;
  /** Offset of the lock's list; or of its pointer to the first waiter. */
  readonly #head: number | undefined;
  readonly #first: number | undefined;

  /** @throws NotFoundError when this kernel has no such types */
  constructor(prog: Program, { type, waiter }: ListedLock) {
    this.#prog = prog;
    this.#list = prog.offset(waiter, 'list');
    this.#task = prog.offset(waiter, 'task');
    this.#head = prog.findMember(type, 'wait_list')?.offset;
    this.#first = prog.findMember(type, 'first_waiter')?.offset;
    const taskOf = (node: Addr) => this.#taskOf(node);
    this.#rings = new WaiterRings(prog, (node) => taskOf(node) !== undefined, taskOf);
  }

  /** @param hints addresses that fields of the task give for the lock */
  find(stack: WaitingStack, hints: readonly Addr[]): ListedWait | undefined {
    for (const { at, value } of stack.words()) {
      if (value !== stack.task.address) continue;
      const node = addrAdd(at, this.#list - this.#task);
      const ring = this.#rings.of(node);
      const lock = ring && this.#lockOf(ring, stack, hints);
      if (ring && lock) return { ...lock, waiters: ring.tasks, ...(ring.damage && { damage: ring.damage }) };
    }
    return undefined;
  }

  #taskOf(node: Addr): Addr | undefined {
    const word = new Uint8Array(8);
    if (this.#prog.memory.tryRead(addrAdd(waiterOf(node, this.#list), this.#task), word)) return undefined;
    const task = new DataView(word.buffer).getBigUint64(0, this.#prog.arch.littleEndian);
    return findTask(this.#prog, task) && task;
  }

  #lockOf(
    ring: WaiterRing,
    stack: WaitingStack,
    hints: readonly Addr[],
  ): { address: Addr; found: FoundHow } | undefined {
    if (this.#head !== undefined) {
      return ring.head === undefined ? undefined : { address: addrAdd(ring.head, -this.#head), found: 'waiter' };
    }
    if (this.#first === undefined) return undefined;
    const waiters = new Set(ring.nodes.map((n) => waiterOf(n, this.#list)));
    const leads = (at: Addr): boolean =>
      isKernelPointer(this.#prog, at) && waiters.has(this.#pointer(addrAdd(at, this.#first ?? 0)));
    const hinted = hints.find(leads);
    if (hinted !== undefined) return { address: hinted, found: 'field' };
    const word = stack.words().find((w) => leads(w.value))?.value ?? stack.registers().find(leads);
    return word === undefined ? undefined : { address: word, found: 'waiter' };
  }

  #pointer(at: Addr): Addr {
    const word = new Uint8Array(8);
    if (this.#prog.memory.tryRead(at, word)) return 0n;
    return new DataView(word.buffer).getBigUint64(0, this.#prog.arch.littleEndian);
  }
}
