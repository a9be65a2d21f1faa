import { attempt } from '../../base/attempt.ts';
import { perOwner } from '../../base/lazy.ts';
import type { Addr } from '../../base/units.ts';
import type { StackRange } from '../../program/ports.ts';
import type { Program } from '../../program/program.ts';
import { threadSize } from '../task-stack.ts';

/**
 * Members of `struct lowcore` and the kernel's names of the stacks. Sources: Linux arch/s390/include/asm/lowcore.h,
 * arch/s390/kernel/dumpstack.c. The panic stack became the one without address translation ("nodat") in v4.20; machine
 * checks have had a stack of their own since v5.12.
 */
const STACKS: readonly (readonly [member: string, name: string])[] = [
  ['async_stack', 'irq'],
  ['nodat_stack', 'nodat'],
  ['panic_stack', 'panic'],
  ['restart_stack', 'restart'],
  ['mcck_stack', 'mcck'],
];
const POINTER = 8;

const cache = perOwner((_prog: Program) => new Map<number, readonly StackRange[]>());

/** `struct lowcore` of a CPU; undefined when it cannot be found. */
function lowcoreOf(prog: Program, cpu: number): Addr | undefined {
  const table = prog.findSymbol('lowcore_ptr');
  const at = table && attempt(() => prog.memory.u64(table.address + BigInt(cpu * POINTER)));
  return at === 0n ? undefined : at;
}

/** The stacks of a CPU for interrupts, machine checks, restarts and code without address translation. */
export function s390CpuStacks(prog: Program, cpu: number): readonly StackRange[] {
  const cached = cache(prog).get(cpu);
  if (cached) return cached;
  const size = BigInt(threadSize(prog));
  const lowcore = lowcoreOf(prog, cpu);
  const stacks: StackRange[] = [];
  for (const [member, name] of STACKS) {
    const place = prog.findMember('lowcore', member);
    const pointer =
      (place && lowcore !== undefined && attempt(() => prog.memory.u64(lowcore + BigInt(place.offset)))) || 0n;
    // it points to where the first frame begins, or to the end; stacks are aligned to their size
    const low = (pointer - 1n) & ~(size - 1n);
    if (pointer !== 0n && !stacks.some((s) => s.low === low)) stacks.push({ name, low, high: low + size });
  }
  cache(prog).set(cpu, stacks);
  return stacks;
}
