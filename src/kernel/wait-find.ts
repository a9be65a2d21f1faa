import { attempt } from '../base/attempt.ts';
import { Lazy } from '../base/lazy.ts';
import { addrAdd } from '../base/u64.ts';
import type { Addr } from '../base/units.ts';
import type { Program } from '../program/program.ts';
import { bitWait } from './bit-wait.ts';
import { futexResource } from './futex-wait.ts';
import { journalWait, waitsForJournal } from './journal-wait.ts';
import { isKernelPointer } from './kernel-struct.ts';
import { mutexState } from './mutex.ts';
import { percpuRwsemState } from './percpu-rwsem.ts';
import { blockedOnRtMutex } from './rt-mutex.ts';
import { rwbaseWait } from './rwbase.ts';
import { rwsemState } from './rwsem.ts';
import { semaphoreState } from './semaphore.ts';
import { srcuWait, waitsForSrcu } from './srcu.ts';
import { findCompletionWait, gracePeriodResource } from './wait-find-completion.ts';
import { findSpin } from './wait-find-spin.ts';
import { type ListedLock, ListedLocks, type ListedWait } from './wait-lock-list.ts';
import { type QueuedWait, SimpleWaitQueues, WaitQueues } from './wait-queue-entry.ts';
import type { FoundWait, Holder, WaitResource } from './wait-resource.ts';
import type { WaitingStack } from './wait-stack.ts';

/** What is kept of lists that many tasks share. */
export class WaitFinder {
  readonly prog: Program;
  readonly #mutexes: Lazy<ListedLocks>;
  readonly #rwsems: Lazy<ListedLocks>;
  readonly #semaphores: Lazy<ListedLocks>;
  readonly #queues: Lazy<WaitQueues>;
  readonly #simple: Lazy<SimpleWaitQueues>;

  constructor(prog: Program) {
    this.prog = prog;
    const listed = (lock: ListedLock) => new Lazy(() => new ListedLocks(prog, lock));
    this.#mutexes = listed({ type: 'mutex', waiter: 'mutex_waiter' });
    this.#rwsems = listed({ type: 'rw_semaphore', waiter: 'rwsem_waiter' });
    this.#semaphores = listed({ type: 'semaphore', waiter: 'semaphore_waiter' });
    this.#queues = new Lazy(() => new WaitQueues(prog));
    this.#simple = new Lazy(() => new SimpleWaitQueues(prog));
  }

  /**
   * What the task of a stack waits for. Every answer was verified in memory. The site of the stack says what is looked for
   * first; a wait of another sort inside the same frames is found too.
   */
  find(stack: WaitingStack): FoundWait | undefined {
    const { site } = stack;
    if (!site || site.kind === 'timer') return undefined;
    if (stack.task.active) return attempt(() => findSpin(this.prog, stack));
    const first = this.#ways[site.kind];
    const others = [this.#ways['rt-mutex'], this.#ways.work, this.#ways['wait-queue']];
    for (const way of new Set([first, ...others])) {
      const found = way && attempt(() => way(stack));
      if (found) return found;
    }
    return undefined;
  }

  readonly #ways: Readonly<Record<string, (stack: WaitingStack) => FoundWait | undefined>> = {
    mutex: (s) => this.#listed(s, 'mutex', this.#mutexes, 'mutex', (at) => mutexState(this.prog, at)),
    rwsem: (s) => this.#listed(s, 'rwsem', this.#rwsems, 'rw_semaphore', (at) => rwsemState(this.prog, at)),
    // before v5.7 readers of a percpu-rwsem slept on the rwsem inside it
    'percpu-rwsem': (s) => this.#queued(s) ?? this.#percpuWriter(s) ?? this.#ways.rwsem?.(s),
    semaphore: (s) =>
      this.#listed(s, 'semaphore', this.#semaphores, 'semaphore', (at) => semaphoreState(this.prog, at)),
    'rt-mutex': (s) => this.#rtMutex(s),
    completion: (s) => this.#completion(s),
    'grace-period': (s) => this.#completion(s),
    work: (s) => this.#completion(s),
    'wait-queue': (s) => this.#queued(s),
    futex: (s) => this.#futex(s),
  };

  #listed(
    stack: WaitingStack,
    kind: WaitResource['kind'],
    locks: Lazy<ListedLocks>,
    type: string,
    read: (at: Addr) => LockState,
  ): FoundWait | undefined {
    const found = locks.get().find(stack, this.#hints(stack.task.address));
    if (!found) return undefined;
    return { found: found.found, resource: lockResource(kind, type, found, read(found.address)) };
  }

  /** `blocked_on` (v6.17, a mutex) and `blocker` (v6.15, any lock; its lowest two bits are the kind of lock). */
  #hints(task: Addr): Addr[] {
    return ['blocked_on', 'blocker'].flatMap((member) => {
      const place = this.prog.findMember('task_struct', member);
      const value = place && attempt(() => this.prog.memory.ulong(addrAdd(task, place.offset)) & ~3n);
      return value !== undefined && isKernelPointer(this.prog, value) ? [value] : [];
    });
  }

  #rtMutex(stack: WaitingStack): FoundWait | undefined {
    const readerWriter = attempt(() => rwbaseWait(stack));
    if (readerWriter) return readerWriter;
    const wait = blockedOnRtMutex(this.prog, stack.task.address);
    if (!wait) return undefined;
    const { address, type, holder, waiters, state, damage } = wait;
    const holders = holder ? [holder] : [];
    return {
      found: 'field',
      resource: { kind: 'rt-mutex', address, type, holders, state, waiters, ...(damage !== undefined && { damage }) },
    };
  }

  #completion(stack: WaitingStack): FoundWait | undefined {
    // struct swait_queue_head: commit a5c6234e1028 ("completion: Use simple wait queues", v5.7)
    const simple = attempt(() => this.#simple.get().find(stack));
    const queued = simple ?? attempt(() => this.#queues.get().find(stack));
    if (!queued) return undefined;
    const srcu = waitsForSrcu(stack.site?.purpose) ? attempt(() => srcuWait(stack)) : undefined;
    if (srcu) return { found: 'word', resource: { ...srcu, waiters: [] } };
    const resource = findCompletionWait(this.prog, queued, stack.site?.kind ?? 'unknown');
    return resource && { found: 'waiter', resource };
  }

  #queued(stack: WaitingStack): FoundWait | undefined {
    const queued = attempt(() => this.#queues.get().find(stack)) ?? attempt(() => this.#simple.get().find(stack));
    if (!queued) return undefined;
    const journal = [stack.site?.function, stack.site?.purpose].some(waitsForJournal)
      ? attempt(() => journalWait(this.prog, queued))
      : undefined;
    return { found: 'waiter', resource: journal ?? this.#queueResource(queued) };
  }

  #futex(stack: WaitingStack): FoundWait | undefined {
    const resource = attempt(() => futexResource(this.prog, stack.task));
    return resource && { found: 'waiter', resource };
  }

  #queueResource(queued: QueuedWait): WaitResource {
    const { prog } = this;
    const bits = attempt(() => bitWait(prog, queued));
    if (bits) return { ...bits, holders: [], waiters: [] };
    if (queued.wake === 'percpu_rwsem_wake_function') {
      const at = addrAdd(queued.head, -prog.offset('percpu_rw_semaphore', 'waiters'));
      return lockResource(
        'percpu-rwsem',
        'percpu_rw_semaphore',
        { ...queued, address: at },
        percpuRwsemState(prog, at),
      );
    }
    const grace = attempt(() => gracePeriodResource(prog, queued));
    if (grace) return grace;
    const type = queued.simple ? 'swait_queue_head' : 'wait_queue_head';
    return lockResource('wait-queue', type, { ...queued, address: queued.head }, { state: queued.wake ?? '' });
  }

  /** A writer that waits until the readers have left is in `writer`, on no list. */
  #percpuWriter(stack: WaitingStack): FoundWait | undefined {
    const writer = this.prog.offset('percpu_rw_semaphore', 'writer.task', 'writer');
    const at = stack.words().find(({ value }) => {
      if (!isKernelPointer(this.prog, value)) return false;
      return attempt(() => this.prog.memory.ulong(addrAdd(value, writer))) === stack.task.address;
    })?.value;
    if (at === undefined) return undefined;
    // it has shut out new readers, and waits for those inside
    const { holder: _, ...state } = percpuRwsemState(this.prog, at);
    const resource = lockResource('percpu-rwsem', 'percpu_rw_semaphore', { address: at, waiters: [] }, state);
    return { found: 'word', resource };
  }
}

/** What the fields of a lock say. */
interface LockState {
  readonly state: string;
  readonly holder?: Holder;
  readonly readers?: number;
}

function lockResource(
  kind: WaitResource['kind'],
  type: string,
  { address, waiters, damage }: Pick<ListedWait, 'address' | 'waiters' | 'damage'>,
  { state, holder, readers }: LockState,
): WaitResource {
  const holders = holder ? [holder] : [];
  const more = { ...(readers !== undefined && { readers }), ...(damage !== undefined && { damage }) };
  return { kind, address, type, holders, state, waiters, ...more };
}
