import { attempt } from '../../base/attempt.ts';
import { perOwner } from '../../base/lazy.ts';
import type { Bytes } from '../../base/units.ts';
import type { StackRange } from '../../program/ports.ts';
import type { Program } from '../../program/program.ts';
import { perCpuAddress } from '../per-cpu.ts';
import { threadSize } from '../task-stack.ts';

/** OVERFLOW_STACK_SIZE: Linux arch/riscv/include/asm/thread_info.h. */
const OVERFLOW_STACK_SIZE: Bytes = 4096;

const cache = perOwner((_prog: Program) => new Map<number, readonly StackRange[]>());

/** The stacks of a CPU for interrupts and overflows. Source: Linux arch/riscv/kernel/irq.c, traps.c. */
export function riscvCpuStacks(prog: Program, cpu: number): readonly StackRange[] {
  const cached = cache(prog).get(cpu);
  if (cached) return cached;
  const stacks: StackRange[] = [];
  // kernels without CONFIG_IRQ_STACKS (before v6.5) have none
  const pointer = attempt(() => perCpuAddress(prog, 'irq_stack_ptr', cpu));
  const irq = pointer === undefined ? 0n : (attempt(() => prog.memory.u64(pointer)) ?? 0n);
  if (irq !== 0n) stacks.push({ name: 'irq', low: irq, high: irq + BigInt(threadSize(prog)) });
  const overflow = attempt(() => perCpuAddress(prog, 'overflow_stack', cpu));
  if (overflow !== undefined) {
    stacks.push({ name: 'overflow', low: overflow, high: overflow + BigInt(OVERFLOW_STACK_SIZE) });
  }
  cache(prog).set(cpu, stacks);
  return stacks;
}
