import { attempt } from '../../base/attempt.ts';
import { perOwner } from '../../base/lazy.ts';
import type { Bytes } from '../../base/units.ts';
import type { StackRange } from '../../program/ports.ts';
import type { Program } from '../../program/program.ts';
import { perCpuAddress } from '../per-cpu.ts';
import { threadSize } from '../task-stack.ts';

/** OVERFLOW_STACK_SIZE: Linux arch/arm64/include/asm/memory.h. */
const OVERFLOW_STACK_SIZE: Bytes = 4096;

const cache = perOwner((_prog: Program) => new Map<number, readonly StackRange[]>());

/** The stacks of a CPU for interrupts, overflows and firmware events. Source: Linux arch/arm64/kernel/stacktrace.c. */
export function armCpuStacks(prog: Program, cpu: number): readonly StackRange[] {
  const cached = cache(prog).get(cpu);
  if (cached) return cached;
  const size = threadSize(prog); // IRQ_STACK_SIZE and SDEI_STACK_SIZE are THREAD_SIZE
  const stacks: StackRange[] = [];
  const pointedTo = (name: string, symbol: string) => {
    const variable = attempt(() => perCpuAddress(prog, symbol, cpu));
    const low = variable === undefined ? 0n : (attempt(() => prog.memory.u64(variable)) ?? 0n);
    if (low !== 0n) stacks.push({ name, low, high: low + BigInt(size) });
  };
  pointedTo('irq', 'irq_stack_ptr');
  const overflow = attempt(() => perCpuAddress(prog, 'overflow_stack', cpu));
  if (overflow !== undefined) {
    stacks.push({ name: 'overflow', low: overflow, high: overflow + BigInt(OVERFLOW_STACK_SIZE) });
  }
  pointedTo('SDEI-normal', 'sdei_stack_normal_ptr');
  pointedTo('SDEI-critical', 'sdei_stack_critical_ptr');
  cache(prog).set(cpu, stacks);
  return stacks;
}
