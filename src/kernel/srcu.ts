import { attempt } from '../base/attempt.ts';
import { perOwner } from '../base/lazy.ts';
import { addrAdd } from '../base/u64.ts';
import type { Addr } from '../base/units.ts';
import type { Program } from '../program/program.ts';
import { isKernelPointer } from './kernel-struct.ts';
import { perCpuOffset, possibleCpus } from './percpu.ts';
import type { WaitResource } from './wait-resource.ts';
import type { WaitingStack } from './wait-stack.ts';

/** Whether a function waits until the readers of one `struct srcu_struct` have left. */
export function waitsForSrcu(name: string | undefined): boolean {
  return name !== undefined && /^(?:__)?synchronize_srcu(?:_expedited)?$/.test(name);
}

/**
 * The grace period of SRCU that a task waits for (kernel/rcu/srcutree.c): one of a `struct srcu_struct`, which is on the stack of
 * who waits. It is believed where its work is that of SRCU. Readers are named nowhere, but counted. @throws NotFoundError
 */
export function srcuWait(stack: WaitingStack): Omit<WaitResource, 'waiters'> | undefined {
  const { prog } = stack;
  const values = [...stack.registers(), ...stack.words().map((w) => w.value)];
  const address = [...new Set(values)].find((at) => isKernelPointer(prog, at) && attempt(() => isSrcu(prog, at)));
  if (address === undefined) return undefined;
  const readers = attempt(() => srcuReaders(prog, address));
  return {
    ...{ kind: 'grace-period', address, type: 'srcu_struct', holders: [] },
    ...{ state: readers === undefined ? '' : `readers=${readers}`, ...(readers !== undefined && { readers }) },
  };
}

/** Where the work of SRCU is: in `struct srcu_usage` since v6.4. */
const workPlace = perOwner((prog: Program): { usage?: number; func: number } | undefined => {
  const usage = prog.findMember('srcu_struct', 'srcu_sup');
  const func = prog.findMember(usage ? 'srcu_usage' : 'srcu_struct', 'work.work.func');
  return func && { ...(usage && { usage: usage.offset }), func: func.offset };
});

function isSrcu(prog: Program, at: Addr): boolean {
  const place = workPlace(prog);
  if (!place) return false;
  const outer = place.usage === undefined ? at : prog.memory.ulong(addrAdd(at, place.usage));
  if (!isKernelPointer(prog, outer)) return false;
  return prog.symbolAt(prog.memory.ulong(addrAdd(outer, place.func)))?.name === 'process_srcu';
}

/** Readers inside, of both indices: entries less exits, over all CPUs. @throws NotFoundError MemoryFault */
function srcuReaders(prog: Program, at: Addr): number {
  const data = prog.memory.ulong(addrAdd(at, prog.offset('srcu_struct', 'sda')));
  // counters in pairs since v6.15
  const pairs = prog.findMember('srcu_data', 'srcu_ctrs');
  const step = pairs ? prog.type('srcu_ctr').size : prog.arch.pointerSize;
  const inside = pairs ? prog.offset('srcu_ctr', 'srcu_locks') : 0;
  const outside = pairs ? prog.offset('srcu_ctr', 'srcu_unlocks') : 0;
  const entries = (pairs?.offset ?? prog.offset('srcu_data', 'srcu_lock_count')) + inside;
  const exits = (pairs?.offset ?? prog.offset('srcu_data', 'srcu_unlock_count')) + outside;
  let readers = 0n;
  for (const cpu of possibleCpus(prog)) {
    const own = addrAdd(data, perCpuOffset(prog, cpu));
    for (const index of [0, 1]) {
      readers += prog.memory.ulong(addrAdd(own, entries + index * step));
      readers -= prog.memory.ulong(addrAdd(own, exits + index * step));
    }
  }
  return Number(BigInt.asIntN(64, readers));
}
