import { MemoryFault } from '../base/errors.ts';
import type { Addr, Bytes } from '../base/units.ts';
import type { StackMemory, StackRange, UnwindSupport } from '../program/ports.ts';
import type { Program } from '../program/program.ts';

/** The stacks of one task; those of its CPU are looked for only when an address is not on the task's own. */
export function stackMemory(prog: Program, unwind: UnwindSupport, task: Addr, cpu: number | undefined): StackMemory {
  const own = unwind.taskStack(prog, task);
  let others: StackRange[] | undefined;

  function find(at: Addr, size: Bytes): StackRange | undefined {
    const end = at + BigInt(size);
    if (at >= own.low && end <= own.high) return own;
    if (cpu === undefined) return undefined;
    others ??= [...unwind.cpuStacks(prog, cpu)];
    const known = others.find((r) => at >= r.low && end <= r.high);
    if (known) return known;
    const found = unwind.stackAt?.(prog, at);
    if (!found || end > found.high) return undefined;
    others.push(found);
    return found;
  }

  return {
    task,
    own,
    find,
    word(at) {
      if (at & 7n || !find(at, 8)) return undefined;
      try {
        return prog.memory.u64(at);
      } catch (e) {
        if (e instanceof MemoryFault) return undefined;
        throw e;
      }
    },
  };
}
