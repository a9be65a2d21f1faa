import type { Addr } from '../base/units.ts';
import type { WaitKind, WaitMode } from './wait-function.ts';

/**
 * Why a task is taken for a holder. `owner`: the lock's owner field; `reader`: the field names the reader that came last;
 * `last-holder`: the field names who got it last; `vfork`: the child that must exec or exit; `thread`: the kernel thread that
 * must exit or park; `worker`: it executes the work; `reporter`: the grace period waits for it; `target`: its CPU has not
 * done what was asked of it; `waker`: the field names the thread that serves the queue; `handle`: it has a handle of the
 * transaction open; `futex`: the word in user space, or the mutex of the C library around it, names it; `lockdep`: lockdep notes it, and
 * it does not wait for it; `on-stack`: it has the address on its stack or in its registers and does not wait for it.
 */
export type HolderHow =
  | 'owner'
  | 'reader'
  | 'last-holder'
  | 'vfork'
  | 'thread'
  | 'worker'
  | 'reporter'
  | 'target'
  | 'waker'
  | 'handle'
  | 'futex'
  | 'lockdep'
  | 'on-stack';

/** Who has what others wait for. */
export interface Holder {
  /** `struct task_struct *` */
  readonly task: Addr;
  readonly how: HolderHow;
  /** The memory says so, apart from what ran in between; otherwise it is inferred. */
  readonly sure: boolean;
  readonly mode?: WaitMode;
}

/** What tasks wait for. */
export interface WaitResource {
  readonly kind: WaitKind;
  /** Of the structure `type`; of a bit the word that it is in. */
  readonly address: Addr;
  /** C type: `mutex`. */
  readonly type: string;
  readonly holders: readonly Holder[];
  /** What its fields say of its state, in the kernel's words: `owner=0x..`, `count=0x..`. */
  readonly state: string;
  /** How many readers have it, where they are counted. */
  readonly readers?: number;
  /** Tasks on its list, in order; those of a lock without a list are not told. */
  readonly waiters: readonly Addr[];
  /** The list is damaged: why. */
  readonly damage?: string;
}

/**
 * How it was found. `waiter`: the task's waiter, which lies on its stack, is on the list; `field`: a field of the task
 * leads to it; `word`: a word on its stack or in a register that is such a lock, and the lock's state fits.
 */
export type FoundHow = 'waiter' | 'field' | 'word';

/** What one task waits for. */
export interface FoundWait {
  readonly resource: WaitResource;
  readonly found: FoundHow;
}
