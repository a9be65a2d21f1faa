import { attempt } from '../base/attempt.ts';
import { addrAdd } from '../base/u64.ts';
import type { Addr } from '../base/units.ts';
import type { Program } from '../program/program.ts';
import { isKernelPointer } from './kernel-struct.ts';
import { blockedOnRtMutex, rtMutexState } from './rt-mutex.ts';
import type { FoundWait } from './wait-resource.ts';
import type { WaitingStack } from './wait-stack.ts';

/** What a reader-writer lock is called that is made of a `struct rwbase_rt`. */
interface Outer {
  readonly kind: 'rwsem' | 'rwlock';
  readonly type: string;
}

const RWSEM: Outer = { kind: 'rwsem', type: 'rw_semaphore' };
const RWLOCK: Outer = { kind: 'rwlock', type: 'rwlock_t' };

/** WRITER_BIAS, include/linux/rwbase_rt.h: `readers` of a lock that a writer has. READER_BIAS, the sign, is set when none wants it. */
const WRITER = 1 << 30;

/**
 * With PREEMPT_RT a reader-writer lock counts its readers, and its writer has the rt-mutex inside; a writer has that while it
 * still waits for the readers to leave, who are not named (kernel/locking/rwbase_rt.c, since v5.15). Undefined for a task that waits for none.
 * @throws NotFoundError MemoryFault
 */
export function rwbaseWait(stack: WaitingStack): FoundWait | undefined {
  const { prog, site, task } = stack;
  if (!/^(?:__)?rwbase_/.test(site?.purpose ?? '')) return undefined;
  const outer = /^rtlock_/.test(site?.function ?? '') ? RWLOCK : RWSEM;
  const inner = prog.findMember(outer.type, 'rwbase.rtmutex');
  if (!inner) return undefined;
  const blocked = blockedOnRtMutex(prog, task.address);
  const address = blocked ? addrAdd(blocked.address, -inner.offset) : lockOfWriter(stack, outer, inner.offset);
  if (address === undefined) return undefined;
  const { state, waiters, holder, damage } = rtMutexState(prog, addrAdd(address, inner.offset));
  const readers = readersOf(prog, outer, address);
  const writer = readers === WRITER;
  const pending = !writer && holder ? [holder.task] : [];
  return {
    found: blocked ? 'field' : 'word',
    resource: {
      ...outer,
      address,
      holders: writer && holder ? [{ ...holder, mode: 'write' }] : [],
      waiters: [...pending, ...waiters],
      state: writer ? state : `readers=${readers & 0x7fffffff} ${state}`,
      ...(damage !== undefined && { damage }),
    },
  };
}

/** The lock whose rt-mutex the task has and whose readers it waits for: its address is still on the stack or in a register. */
function lockOfWriter(stack: WaitingStack, outer: Outer, inner: number): Addr | undefined {
  const { prog, task } = stack;
  const seen = [...stack.registers(), ...stack.words().map((w) => w.value)];
  return seen.find((at) => {
    if (!isKernelPointer(prog, at)) return false;
    const readers = attempt(() => readersOf(prog, outer, at));
    if (readers === undefined || readers <= 0 || readers >= WRITER) return false;
    return attempt(() => rtMutexState(prog, addrAdd(at, inner)))?.holder?.task === task.address;
  });
}

function readersOf(prog: Program, { type }: Outer, at: Addr): number {
  return prog.memory.i32(addrAdd(at, prog.offset(type, 'rwbase.readers')));
}
