import { addrAdd } from '../base/u64.ts';
import type { Addr } from '../base/units.ts';
import type { Program } from '../program/program.ts';
import { KernelStruct } from './kernel-struct.ts';
import { perCpu, possibleCpus } from './percpu.ts';

/** include/asm-generic/qspinlock_types.h: locked byte, pending byte, two bits of nesting, CPU and one. */
const LOCKED = 0xff;
const PENDING = 8;
const TAIL_INDEX = 16;
const TAIL_CPU = 18;
/** MAX_NODES, kernel/locking/mcs_spinlock.h: task, softirq, hard interrupt, NMI */
const NODES = 4;

/** A `struct qspinlock` as it stands. */
export interface SpinlockState {
  readonly value: number;
  readonly locked: boolean;
  readonly pending: boolean;
  /** The last CPU of those that queue. */
  readonly tail?: { readonly cpu: number; readonly index: number };
  /** Whether the value is one that a lock can have. */
  readonly plausible: boolean;
}

/** @param at `spinlock_t *` or `struct qspinlock *` @throws MemoryFault */
export function spinlockState(prog: Program, at: Addr): SpinlockState {
  return decodeSpinlock(prog.memory.u32(at), possibleCpus(prog).length);
}

/** @param cpus how many there are */
export function decodeSpinlock(value: number, cpus: number): SpinlockState {
  const locked = value & LOCKED;
  const pending = (value >>> PENDING) & 0xff;
  const cpu = (value >>> TAIL_CPU) - 1;
  const index = (value >>> TAIL_INDEX) & 3;
  return {
    value,
    locked: locked !== 0,
    pending: pending !== 0,
    ...(cpu >= 0 && { tail: { cpu, index } }),
    plausible: locked <= 1 && pending <= 1 && cpu < cpus && (cpu >= 0 || index === 0),
  };
}

/**
 * Whether a CPU queues for the lock: one of its MCS nodes leads along the queue to the node that the lock's tail names.
 * @throws NotFoundError MemoryFault
 */
export function queuesForSpinlock(prog: Program, state: SpinlockState, cpu: number): boolean {
  if (!state.tail) return false;
  const nodes = mcsNodes(prog);
  const last = addrAdd(nodes.of(state.tail.cpu), state.tail.index * nodes.step);
  const first = nodes.of(cpu);
  const copy = new KernelStruct(prog, 8);
  const used = Math.min(NODES, prog.memory.u32(addrAdd(first, prog.offset('mcs_spinlock', 'count'))));
  for (let i = 0; i < used; i++) {
    let at = addrAdd(first, i * nodes.step);
    for (let hops = 0; hops <= possibleCpus(prog).length; hops++) {
      if (at === last) return true;
      if (copy.load(at) !== undefined || copy.pointer(0) === 0n) break;
      at = copy.pointer(0);
    }
  }
  return false;
}

/** `qnodes` of a CPU, an array of four; `mcs_nodes` in 4.19. */
function mcsNodes(prog: Program): { of: (cpu: number) => Addr; step: number } {
  const symbol = ['qnodes', 'rqnodes', 'mcs_nodes'].find((s) => prog.findSymbol(s)) ?? 'qnodes';
  const step = prog.findType('qnode')?.size ?? prog.type('mcs_spinlock').size;
  return { of: (cpu) => perCpu(prog, symbol, cpu), step };
}
