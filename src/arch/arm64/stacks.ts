import { attempt } from '../../base/attempt.ts';
import { perOwner } from '../../base/lazy.ts';
import type { Addr, Bytes } from '../../base/units.ts';
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

/** STACK_END_MAGIC, the last word of every task's stack: Linux include/uapi/linux/magic.h. */
const TASK_STACK_END = 0x57ac6e9dn;

/**
 * An interrupt stack by its looks, for kernels without data symbols: it is allocated like a task's (THREAD_SIZE bytes,
 * aligned to twice that, in the vmalloc area with an unmapped guard behind) but without the task stacks' last word.
 * Source: `arch_alloc_vmap_stack` in Linux arch/arm64/include/asm/vmap_stack.h.
 */
export function armStackAt(prog: Program, at: Addr): StackRange | undefined {
  const size = BigInt(threadSize(prog));
  const low = at & ~(2n * size - 1n);
  const high = low + size;
  if (at >= high || prog.map.linear.some((r) => at >= r.start && at < r.end)) return undefined;
  const mapped = (address: Addr) => typeof prog.memory.translate(address) !== 'string';
  if (!mapped(low) || !mapped(high - 1n) || mapped(high)) return undefined;
  const word = new Uint8Array(8);
  if (prog.memory.tryRead(low, word) !== undefined) return undefined;
  if (new DataView(word.buffer).getBigUint64(0, true) === TASK_STACK_END) return undefined;
  return { name: 'irq', low, high };
}
