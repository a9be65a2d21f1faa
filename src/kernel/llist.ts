import type { Addr } from '../base/units.ts';
import type { Program } from '../program/program.ts';
import { chainEntries } from './list.ts';

/**
 * The nodes of a lock-less `struct llist_head` list, the newest first: addresses of the `llist_node` inside each entry
 * (include/linux/llist.h: singly linked, it ends at NULL).
 * @param head address of the head, `struct llist_head *`
 * @throws CorruptError when the chain leaves memory, runs into itself or does not end; good nodes are yielded first
 */
export function* llistEntries(prog: Program, head: Addr, what: string, max?: number): Generator<Addr> {
  yield* chainEntries(prog, head, what, max === undefined ? { end: 0n } : { end: 0n, max });
}
