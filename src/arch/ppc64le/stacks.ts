import { attempt } from '../../base/attempt.ts';
import { perOwner } from '../../base/lazy.ts';
import type { Addr } from '../../base/units.ts';
import type { StackRange } from '../../program/ports.ts';
import type { Program } from '../../program/program.ts';
import { threadSize } from '../task-stack.ts';

const cache = perOwner((_prog: Program) => new Map<number, readonly StackRange[]>());

/** Members of `struct paca_struct` that point at the end of a stack. */
const EMERGENCY = [
  ['emergency', 'emergency_sp'],
  ['NMI', 'nmi_emergency_sp'],
  ['machine-check', 'mc_emergency_sp'],
] as const;

/**
 * The stacks of a CPU for interrupts, softirqs and emergencies (a bad kernel stack, system reset, machine check).
 * Source: `irq_ctx_init`, `emergency_stack_init` in Linux arch/powerpc/kernel/{irq.c,setup_64.c}; all are THREAD_SIZE.
 */
export function ppcCpuStacks(prog: Program, cpu: number): readonly StackRange[] {
  const cached = cache(prog).get(cpu);
  if (cached) return cached;
  const size = BigInt(threadSize(prog));
  const stacks: StackRange[] = [];
  const add = (name: string, low: Addr | undefined): void => {
    if (low !== undefined && low > 0n) stacks.push({ name, low, high: low + size });
  };
  add(
    'irq',
    attempt(() => pointerIn(prog, 'hardirq_ctx', cpu)),
  );
  add(
    'softirq',
    attempt(() => pointerIn(prog, 'softirq_ctx', cpu)),
  );
  const paca = attempt(() => pacaOf(prog, cpu));
  for (const [name, member] of EMERGENCY) {
    const place = paca === undefined ? undefined : prog.findMember('paca_struct', member);
    if (paca === undefined || !place) continue;
    const high = attempt(() => prog.memory.u64(paca + BigInt(place.offset)));
    if (high !== undefined) add(name, high - size);
  }
  cache(prog).set(cpu, stacks);
  return stacks;
}

/** An array of pointers, one a CPU. */
function pointerIn(prog: Program, symbol: string, cpu: number): Addr | undefined {
  const array = prog.findSymbol(symbol);
  return array && prog.memory.u64(array.address + BigInt(cpu * 8));
}

/** The CPU's `struct paca_struct`, by a pointer to an array of pointers: Linux d2e60075a3d4, v4.17. */
function pacaOf(prog: Program, cpu: number): Addr | undefined {
  const array = prog.memory.u64(prog.symbol('paca_ptrs'));
  return array === 0n ? undefined : prog.memory.u64(array + BigInt(cpu * 8));
}
