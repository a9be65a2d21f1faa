import { CorruptError, MemoryFault } from '../base/errors.ts';
import { hex } from '../base/hex.ts';
import { addrAdd } from '../base/u64.ts';
import type { Addr, Bytes } from '../base/units.ts';
import type { Program } from '../program/program.ts';

/** More nodes than any list of a real kernel that this program walks. */
const MAX_NODES = 1_000_000;

/**
 * The nodes of a circular `struct list_head` list, in order, without its head: addresses of the `list_head` inside each
 * entry (see `Program.container`).
 * @param head address of the head, `struct list_head *`
 * @param what the list's name for messages
 * @throws CorruptError when the chain leaves memory, runs into itself or does not end; good nodes are yielded first
 */
export function* listEntries(prog: Program, head: Addr, what: string, max = MAX_NODES): Generator<Addr> {
  yield* chainEntries(prog, head, what, { end: head, max });
}

/**
 * The nodes of a `struct list_head` list from the last to the first, along `prev`.
 * @param head address of the head, `struct list_head *`
 * @throws CorruptError as `listEntries`
 */
export function* listEntriesBackward(prog: Program, head: Addr, what: string, max = MAX_NODES): Generator<Addr> {
  yield* chainEntries(prog, head, what, { end: head, max, link: prog.arch.pointerSize });
}

/** A list of which a part may be lost. */
export interface ListWalk {
  /** `list_head` of each entry in the order of the list; where it is broken, what comes from behind follows. */
  readonly entries: readonly Addr[];
  /** How many of `entries` the walk along `next` found; all of them when the list is whole. */
  readonly forward: number;
  /** Where it broke, one sentence a direction; empty when the list is whole. */
  readonly damage: readonly string[];
}

/**
 * A `struct list_head` list, walked along `next`; when that breaks, also along `prev` from the end, so that only what
 * lies between two breaks is lost.
 * @param head address of the head, `struct list_head *` @param what the list's name for messages
 */
export function listBothWays(prog: Program, head: Addr, what: string, max = MAX_NODES): ListWalk {
  const entries: Addr[] = [];
  const broken = collect(listEntries(prog, head, what, max), entries, undefined);
  const forward = entries.length;
  if (broken === undefined) return { entries, forward, damage: [] };
  const behind: Addr[] = [];
  const again = collect(listEntriesBackward(prog, head, `${what}, backward`, max), behind, new Set(entries));
  return { entries: [...entries, ...behind.reverse()], forward, damage: again ? [broken, again] : [broken] };
}

/** Puts what a walk yields into `into` up to the first that is `known`; returns why the walk broke. */
function collect(walk: Iterable<Addr>, into: Addr[], known: ReadonlySet<Addr> | undefined): string | undefined {
  try {
    for (const at of walk) {
      if (known?.has(at)) return undefined;
      into.push(at);
    }
    return undefined;
  } catch (e) {
    if (e instanceof CorruptError) return e.message;
    throw e;
  }
}

/** How a chain of nodes is linked and where it ends. */
export interface ChainShape {
  /** The value of a link behind the last node: the head of a circle, or 0n. */
  readonly end: Addr;
  /** Offset of the link inside a node, and in the head when `headLink` is absent. */
  readonly link?: Bytes;
  readonly headLink?: Bytes;
  readonly max?: number;
}

/**
 * The nodes of any chain of pointers, each once.
 * @param head address of what holds the first link
 * @throws CorruptError when the chain leaves memory, runs into itself or does not end; good nodes are yielded first
 */
export function* chainEntries(prog: Program, head: Addr, what: string, shape: ChainShape): Generator<Addr> {
  const { end, link = 0, headLink = link, max = MAX_NODES } = shape;
  const seen = new Set<Addr>();
  let from = head;
  let next = linkOf(prog, head, headLink, what, 0);
  while (next !== end) {
    if (next < prog.kernelStart) throw new CorruptError(from, `${what}: next is ${hex(next)}, ${after(seen.size)}`);
    if (seen.has(next)) throw new CorruptError(next, `${what}: the list runs into itself, ${after(seen.size)}`);
    if (seen.size >= max) throw new CorruptError(head, `${what}: no end, ${after(seen.size)}`);
    const following = linkOf(prog, next, link, what, seen.size); // a node that cannot be read is none
    seen.add(next);
    yield next;
    from = next;
    next = following;
  }
}

function linkOf(prog: Program, node: Addr, link: Bytes, what: string, count: number): Addr {
  try {
    return prog.memory.ulong(link === 0 ? node : addrAdd(node, link));
  } catch (e) {
    if (!(e instanceof MemoryFault)) throw e;
    throw new CorruptError(node, `${what}: ${e.message}, ${after(count)}`);
  }
}

function after(count: number): string {
  return `after ${count} ${count === 1 ? 'entry' : 'entries'}`;
}
