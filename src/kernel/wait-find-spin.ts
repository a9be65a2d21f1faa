import { attempt } from '../base/attempt.ts';
import { hex } from '../base/hex.ts';
import type { Addr } from '../base/units.ts';
import type { Program } from '../program/program.ts';
import { pendingCall } from './cpu-call.ts';
import { isKernelPointer } from './kernel-struct.ts';
import { mutexState } from './mutex.ts';
import { rwlockState } from './qrwlock.ts';
import { queuesForSpinlock, type SpinlockState, spinlockState } from './qspinlock.ts';
import { rwsemState } from './rwsem.ts';
import { currentTask } from './sched.ts';
import type { FoundWait, Holder, WaitResource } from './wait-resource.ts';
import type { WaitingStack } from './wait-stack.ts';

/**
 * What a running task spins on. The address is not kept anywhere but in registers and on the stack: each pointer there is
 * tried, and one is taken whose lock says that this CPU waits for it. @throws AnalysisError
 */
export function findSpin(prog: Program, stack: WaitingStack): FoundWait | undefined {
  switch (stack.site?.kind) {
    case 'spinlock':
      return spinlock(prog, stack);
    case 'rwlock':
      return rwlock(prog, stack);
    case 'cpu-call':
      return call(prog, stack);
    case 'mutex':
      return sleepingLock(stack, 'mutex', 'mutex', (at) => mutexState(prog, at));
    case 'rwsem':
      return sleepingLock(stack, 'rwsem', 'rw_semaphore', (at) => rwsemState(prog, at));
    default:
      return undefined;
  }
}

function pointers(stack: WaitingStack): Addr[] {
  const words = stack.words().map((w) => w.value);
  // a lock is 4 bytes: it may lie at any multiple of them, but not in code or on this stack
  const candidates = [...stack.registers(), ...words].filter((v) => v >= stack.prog.kernelStart && (v & 3n) === 0n);
  return [...new Set(candidates)];
}

function spinlock(prog: Program, stack: WaitingStack): FoundWait | undefined {
  let pending: { at: Addr; state: SpinlockState } | undefined;
  for (const at of pointers(stack)) {
    const state = attempt(() => spinlockState(prog, at));
    if (!state?.plausible || !state.locked) continue;
    if (attempt(() => queuesForSpinlock(prog, state, stack.task.cpu))) return spinning(at, state, 'waiter');
    if (state.pending && state.tail === undefined) pending ??= { at, state };
  }
  return pending ? spinning(pending.at, pending.state, 'word') : testAndSet(prog, stack);
}

/**
 * A guest of a hypervisor may spin without a word in the lock (`virt_spin_lock`, arch/x86/include/asm/qspinlock.h): then it is the
 * pointer in the registers whose lock is taken and nothing else. Of several it is the function's argument.
 */
function testAndSet(prog: Program, stack: WaitingStack): FoundWait | undefined {
  const taken = [...new Set(stack.registers())].flatMap((at) => {
    const state = (at & 3n) === 0n ? attempt(() => spinlockState(prog, at)) : undefined;
    return state?.value === 1 ? [{ at, state }] : [];
  });
  const argument = stack.firstArgument();
  const found = taken.length === 1 ? taken[0] : taken.find(({ at }) => at === argument);
  return found && spinning(found.at, found.state, 'word');
}

function spinning(address: Addr, state: SpinlockState, found: FoundWait['found']): FoundWait {
  return { found, resource: bare('spinlock', 'qspinlock', address, `val=${hex(state.value)}`) };
}

function rwlock(prog: Program, stack: WaitingStack): FoundWait | undefined {
  for (const at of pointers(stack)) {
    const state = attempt(() => rwlockState(prog, at));
    if (!state?.plausible || !(state.waiting || state.writer)) continue;
    return { found: 'word', resource: bare('rwlock', 'qrwlock', at, state.state) };
  }
  return undefined;
}

/** mutex_spin_on_owner and rwsem_spin_on_owner: the lock's owner runs, and this task waits for it without sleeping. */
function sleepingLock(
  stack: WaitingStack,
  kind: WaitResource['kind'],
  type: string,
  read: (at: Addr) => { readonly state: string; readonly holder?: Holder },
): FoundWait | undefined {
  for (const at of pointers(stack)) {
    if (!isKernelPointer(stack.prog, at)) continue;
    const lock = attempt(() => read(at));
    if (!lock?.holder || lock.holder.task === stack.task.address) continue;
    return { found: 'word', resource: { ...bare(kind, type, at, lock.state), holders: [lock.holder] } };
  }
  return undefined;
}

function call(prog: Program, stack: WaitingStack): FoundWait | undefined {
  const pending = pendingCall(prog, stack.task.cpu);
  if (!pending) return undefined;
  const tasks = pending.cpus.map((cpu) => currentTask(prog, cpu)).filter((t) => t !== undefined);
  const holders = tasks.map((task): Holder => ({ task, how: 'target', sure: true }));
  const state = `CPUs ${pending.cpus.join(',')}`;
  const resource = { ...bare('cpu-call', '__call_single_data', pending.address, state), holders };
  return { found: 'field', resource };
}

function bare(kind: WaitResource['kind'], type: string, address: Addr, state: string): WaitResource {
  return { kind, type, address, state, holders: [], waiters: [] };
}
