import type { Addr } from '../base/units.ts';
import type { StackRange } from '../program/ports.ts';
import type { Program } from '../program/program.ts';
import { threadSize } from './task-stack.ts';

/** STACK_END_MAGIC, the last word of every task's stack: Linux include/uapi/linux/magic.h. */
const TASK_STACK_END = 0x57ac6e9dn;

/**
 * An interrupt stack by its looks, for kernels without data symbols: it is allocated like a task's (THREAD_SIZE bytes,
 * aligned to twice that, in the vmalloc area with an unmapped guard behind) but without the task stacks' last word.
 * Source: `arch_alloc_vmap_stack` in Linux arch/arm64/include/asm/vmap_stack.h, arch/riscv/include/asm/irq_stack.h.
 */
export function vmapStackAt(prog: Program, at: Addr): StackRange | undefined {
  const size = BigInt(threadSize(prog));
  const low = at & ~(2n * size - 1n);
  const high = low + size;
  if (at >= high || prog.map.linear.some((r) => at >= r.start && at < r.end)) return undefined;
  const mapped = (address: Addr) => typeof prog.memory.translate(address) !== 'string';
  if (!mapped(low) || !mapped(high - 1n) || mapped(high)) return undefined;
  const word = new Uint8Array(8);
  if (prog.memory.tryRead(low, word) !== undefined) return undefined;
  if (new DataView(word.buffer).getBigUint64(0, prog.arch.littleEndian) === TASK_STACK_END) return undefined;
  return { name: 'irq', low, high };
}
