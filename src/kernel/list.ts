import { CorruptError, MemoryFault } from '../base/errors.ts';
import { hex } from '../base/hex.ts';
import type { Addr } from '../base/units.ts';
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
  yield* chain(prog, head, head, what, max);
}

/**
 * The nodes of a `struct hlist_head` list: addresses of the `hlist_node` inside each entry.
 * @param head address of the head, `struct hlist_head *`
 * @throws CorruptError as `listEntries`
 */
export function* hlistEntries(prog: Program, head: Addr, what: string, max = MAX_NODES): Generator<Addr> {
  yield* chain(prog, head, 0n, what, max);
}

/** `next` (or `first`) is the first member of both kinds of head and node (include/linux/types.h). */
function* chain(prog: Program, head: Addr, end: Addr, what: string, max: number): Generator<Addr> {
  const seen = new Set<Addr>();
  let from = head;
  let next = nextOf(prog, head, what, 0);
  while (next !== end) {
    if (next < 0x8000000000000000n) throw new CorruptError(from, `${what}: next is ${hex(next)}, ${after(seen.size)}`);
    if (seen.has(next)) throw new CorruptError(next, `${what}: the list runs into itself, ${after(seen.size)}`);
    if (seen.size >= max) throw new CorruptError(head, `${what}: no end, ${after(seen.size)}`);
    const following = nextOf(prog, next, what, seen.size); // a node that cannot be read is none
    seen.add(next);
    yield next;
    from = next;
    next = following;
  }
}

function nextOf(prog: Program, node: Addr, what: string, count: number): Addr {
  try {
    return prog.memory.ulong(node);
  } catch (e) {
    if (!(e instanceof MemoryFault)) throw e;
    throw new CorruptError(node, `${what}: ${e.message}, ${after(count)}`);
  }
}

function after(count: number): string {
  return `after ${count} ${count === 1 ? 'entry' : 'entries'}`;
}
