import { addrAdd } from '../base/u64.ts';
import type { Addr } from '../base/units.ts';
import type { Program } from '../program/program.ts';
import { isKernelPointer, KernelStruct } from './kernel-struct.ts';

/** More waiters than a kernel has tasks. */
const MAX_NODES = 4_200_000;

/** A circular list of waiters, as one of them leads to it. */
export interface WaiterRing {
  /** `list_head` inside each waiter, in the order of the list from the head where there is one. */
  readonly nodes: readonly Addr[];
  /** `struct task_struct *` of the waiters, where they are tasks. */
  readonly tasks: readonly Addr[];
  /** The one node that is no waiter: what heads the list; absent in lists that have none. */
  readonly head?: Addr;
  /** Why it is not whole. */
  readonly damage?: string;
}

/**
 * Finds the list that a waiter on somebody's stack is on. A node counts only if both neighbours lead back to it, so that what
 * an earlier call left on the stack is not mistaken for a waiter. Each list is walked once.
 */
export class WaiterRings {
  readonly #links: KernelStruct;
  readonly #isWaiter: (node: Addr) => boolean;
  readonly #taskOf: (node: Addr) => Addr | undefined;
  readonly #known = new Map<Addr, WaiterRing>();

  /**
   * @param isWaiter whether a `list_head` lies in a waiter and not in what heads the list
   * @param taskOf the task that waits with it, where it is one
   */
  constructor(prog: Program, isWaiter: (node: Addr) => boolean, taskOf: (node: Addr) => Addr | undefined) {
    this.#links = new KernelStruct(prog, 2 * prog.pointerSize);
    this.#isWaiter = isWaiter;
    this.#taskOf = taskOf;
  }

  /** The list with the node; undefined when it is on none. */
  of(node: Addr): WaiterRing | undefined {
    const known = this.#known.get(node);
    if (known) return known;
    if (!this.#isLinked(node) || !this.#isWaiter(node)) return undefined;
    const ring = this.#walk(node);
    for (const one of ring.nodes) this.#known.set(one, ring);
    return ring;
  }

  #isLinked(node: Addr): boolean {
    const own = this.#read(node);
    return own !== undefined && this.#read(own.next)?.prev === node && this.#read(own.prev)?.next === node;
  }

  #read(at: Addr): { next: Addr; prev: Addr } | undefined {
    if (!isKernelPointer(this.#links.program, at) || this.#links.load(at)) return undefined;
    return { next: this.#links.pointer(0), prev: this.#links.pointer(this.#links.bytes.length / 2) };
  }

  #walk(start: Addr): WaiterRing {
    const nodes: Addr[] = [start];
    let head: Addr | undefined;
    let at = start;
    const seen = new Set<Addr>([start]);
    while (nodes.length < MAX_NODES) {
      const next = this.#read(at)?.next;
      if (next === undefined) return this.#ring(nodes, head, 'a waiter cannot be read');
      if (next === start) return this.#ring(nodes, head, undefined);
      if (seen.has(next)) return this.#ring(nodes, head, 'the list runs into itself');
      seen.add(next);
      if (this.#read(next)?.prev !== at) return this.#ring(nodes, head, 'a link does not lead back');
      if (this.#isWaiter(next)) nodes.push(next);
      else if (head === undefined) head = next;
      else return this.#ring(nodes, head, 'two of its nodes are no waiters');
      at = next;
    }
    return this.#ring(nodes, head, 'the list has no end');
  }

  /** In the order from the head. */
  #ring(nodes: readonly Addr[], head: Addr | undefined, damage: string | undefined): WaiterRing {
    const first = head === undefined ? undefined : this.#read(head)?.next;
    const at = first === undefined ? -1 : nodes.indexOf(first);
    const ordered = at > 0 ? [...nodes.slice(at), ...nodes.slice(0, at)] : nodes;
    const tasks = ordered.map((n) => this.#taskOf(n)).filter((t) => t !== undefined);
    return { nodes: ordered, tasks, ...(head !== undefined && { head }), ...(damage !== undefined && { damage }) };
  }
}

/** `node` less the offset of its list in the waiter. */
export function waiterOf(node: Addr, listOffset: number): Addr {
  return addrAdd(node, -listOffset);
}
