import type { Addr } from '../base/units.ts';
import type { NotedLock } from './lockdep.ts';
import type { TaskRecord } from './task.ts';
import type { Holder, WaitResource } from './wait-resource.ts';
import type { WaitingStack } from './wait-stack.ts';

/** More than this many have an address on their stack that says little: nobody is named. */
const MAX_INFERRED = 8;
/** Readers that are named one by one. */
const MAX_NOTED = 64;

/** Locks whose structure does not say who has them, or not all of them. */
const NAMELESS: readonly string[] = ['spinlock', 'rwlock', 'semaphore', 'percpu-rwsem', 'page', 'bit', 'grace-period'];
/** Locks that are taken for reading or for writing. */
const BOTH: readonly string[] = ['rwsem', 'percpu-rwsem', 'rwlock', 'grace-period'];

/**
 * The holders of a resource with those that no field of it names. Where lockdep was on it notes them; otherwise they are
 * inferred: who has its address in a register or on the live part of the stack, and does not wait for it, was called with it
 * and has not returned. That is how a holder looks, but not he alone.
 * @param noted what lockdep notes of it
 */
export function inferHolders(
  resource: WaitResource,
  waiting: readonly TaskRecord[],
  stacks: readonly WaitingStack[],
  noted: readonly NotedLock[],
): readonly Holder[] {
  const { kind, address } = resource;
  const wait = new Set([...waiting.map((t) => t.address), ...resource.waiters]);
  const holders = resource.holders.map((h) => (isGuess(h, address, wait, stacks) ? { ...h, sure: false } : h));
  const readers = kind === 'rwsem' && holders.every((h) => h.how === 'reader' && (!h.sure || noted.length > 0));
  if (!readers && (!NAMELESS.includes(kind) || holders.some((h) => h.sure))) return holders;
  const told = notedHolders(resource, noted, wait);
  if (told.length > 0) return told;
  if (resource.type === 'srcu_struct') return holders;
  const known = new Set([...wait, ...holders.map((h) => h.task)]);
  const found: Holder[] = [];
  for (const stack of stacks) {
    if (known.has(stack.task.address) || !stack.holds(address)) continue;
    found.push({ task: stack.task.address, how: 'on-stack', sure: false, ...(readers && { mode: 'read' as const }) });
    if (found.length > MAX_INFERRED) return holders;
  }
  return [...holders, ...found];
}

/**
 * The field names the reader that came last. With one reader left it may still be another one, that came before: so where that
 * task has not the lock's address on its stack, and another has that does not wait for it.
 */
function isGuess({ how, task }: Holder, address: Addr, wait: ReadonlySet<Addr>, stacks: readonly WaitingStack[]) {
  if (how !== 'reader') return false;
  const having = stacks.filter((s) => !wait.has(s.task.address) && s.holds(address)).map((s) => s.task.address);
  return having.length > 0 && !having.includes(task);
}

/**
 * Who has it by lockdep. What it notes may be old, since it switches itself off; so that is sure only where the lock agrees:
 * as many readers as it counts, or one task that has a lock which one alone can have.
 */
function notedHolders(resource: WaitResource, noted: readonly NotedLock[], wait: ReadonlySet<Addr>): Holder[] {
  const modes = new Map<Addr, NotedLock['mode']>();
  for (const { task, mode } of noted) if (!wait.has(task)) modes.set(task, mode);
  if (modes.size > MAX_NOTED) return [];
  const reads = [...modes.values()].filter((mode) => mode === 'read').length;
  const agrees = reads === modes.size ? resource.readers === reads : modes.size === 1;
  const both = BOTH.includes(resource.kind);
  return [...modes].map(([task, mode]) => ({ task, how: 'lockdep', sure: agrees, ...(both && { mode }) }));
}
