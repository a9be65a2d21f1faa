import { CorruptError, MemoryFault } from '../base/errors.ts';
import { hex } from '../base/hex.ts';
import type { Addr } from '../base/units.ts';
import type { Program } from '../program/program.ts';
import { chainEntries } from './list.ts';

const MAX_NODES = 1_000_000;

/**
 * The nodes of a `struct hlist_head` list: addresses of the `hlist_node` inside each entry.
 * @param head address of the head, `struct hlist_head *`
 * @throws CorruptError when the chain leaves memory, runs into itself or does not end; good nodes are yielded first
 */
export function* hlistEntries(prog: Program, head: Addr, what: string, max = MAX_NODES): Generator<Addr> {
  yield* chainEntries(prog, head, what, { end: 0n, max });
}

/**
 * The nodes of a `struct hlist_nulls_head` list, such as the hash tables of sockets: it ends at an odd value, whose
 * upper bits are a number that tells which list it is (include/linux/list_nulls.h).
 * @param head address of the head, `struct hlist_nulls_head *`
 * @throws CorruptError as `hlistEntries`
 */
export function* hlistNullsEntries(prog: Program, head: Addr, what: string, max = MAX_NODES): Generator<Addr> {
  const seen = new Set<Addr>();
  let node = head;
  for (;;) {
    const next = read(prog, node, what, seen.size);
    if ((next & 1n) !== 0n) return;
    if (next < prog.kernelStart) throw new CorruptError(node, `${what}: next is ${hex(next)} after ${seen.size} nodes`);
    if (seen.has(next)) throw new CorruptError(next, `${what}: the list runs into itself after ${seen.size} nodes`);
    if (seen.size >= max) throw new CorruptError(head, `${what}: no end after ${seen.size} nodes`);
    seen.add(next);
    yield next;
    node = next;
  }
}

/** The entries of `struct hlist_bl_head`: as `hlistEntries`, bit 0 of the head is its lock (include/linux/list_bl.h). */
export function* hlistBlEntries(prog: Program, head: Addr, what: string, max = MAX_NODES): Generator<Addr> {
  const first = read(prog, head, what, 0) & ~1n;
  if (first === 0n) return;
  if (first < prog.kernelStart) throw new CorruptError(head, `${what}: first is ${hex(first)}`);
  read(prog, first, what, 0);
  yield first;
  for (const node of chainEntries(prog, first, what, { end: 0n, max })) {
    if (node === first) throw new CorruptError(node, `${what}: the list runs into itself`);
    yield node;
  }
}

function read(prog: Program, at: Addr, what: string, count: number): Addr {
  try {
    return prog.memory.ulong(at);
  } catch (e) {
    if (!(e instanceof MemoryFault)) throw e;
    throw new CorruptError(at, `${what}: ${e.message}, after ${count} nodes`);
  }
}
