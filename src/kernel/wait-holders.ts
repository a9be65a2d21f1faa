import type { TaskRecord } from './task.ts';
import type { Holder, WaitResource } from './wait-resource.ts';
import type { WaitingStack } from './wait-stack.ts';

/** More than this many have an address on their stack that says little: nobody is named. */
const MAX_INFERRED = 8;

/** Locks whose structure does not say who has them, or not all of them. */
const NAMELESS: readonly string[] = ['spinlock', 'rwlock', 'semaphore', 'percpu-rwsem', 'page', 'bit'];

/**
 * The holders of a resource with those that are inferred: who has its address in a register or on the live part of the
 * stack, and does not wait for it, was called with it and has not returned. That is how a holder looks, but not he alone.
 */
export function inferHolders(
  resource: WaitResource,
  waiting: readonly TaskRecord[],
  stacks: readonly WaitingStack[],
): readonly Holder[] {
  const { holders, kind, address } = resource;
  const readers = kind === 'rwsem' && holders.every((h) => h.how === 'reader' && !h.sure);
  if (!readers && (!NAMELESS.includes(kind) || holders.some((h) => h.sure))) return holders;
  const known = new Set([...waiting.map((t) => t.address), ...holders.map((h) => h.task), ...resource.waiters]);
  const found: Holder[] = [];
  for (const stack of stacks) {
    if (known.has(stack.task.address) || !stack.holds(address)) continue;
    found.push({ task: stack.task.address, how: 'on-stack', sure: false, ...(readers && { mode: 'read' as const }) });
    if (found.length > MAX_INFERRED) return holders;
  }
  return [...holders, ...found];
}
