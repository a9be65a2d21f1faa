import { attempt } from '../../base/attempt.ts';
import { perOwner } from '../../base/lazy.ts';
import type { StackRange } from '../../program/ports.ts';
import type { Program } from '../../program/program.ts';
import { perCpuAddress } from '../per-cpu.ts';
import { threadSize } from '../task-stack.ts';

const cache = perOwner((_prog: Program) => new Map<number, readonly StackRange[]>());

/** The interrupt stack of a CPU. Source: Linux arch/loongarch/kernel/irq.c. */
export function loongarchCpuStacks(prog: Program, cpu: number): readonly StackRange[] {
  const cached = cache(prog).get(cpu);
  if (cached) return cached;
  const pointer = attempt(() => perCpuAddress(prog, 'irq_stack', cpu));
  const low = pointer === undefined ? 0n : (attempt(() => prog.memory.u64(pointer)) ?? 0n);
  const stacks = low === 0n ? [] : [{ name: 'irq', low, high: low + BigInt(threadSize(prog)) }];
  cache(prog).set(cpu, stacks);
  return stacks;
}
