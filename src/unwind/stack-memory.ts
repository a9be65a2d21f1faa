import { MemoryFault } from '../base/errors.ts';
import type { Addr, Bytes, PhysAddr } from '../base/units.ts';
import type { StackMemory, StackRange, UnwindSupport } from '../program/ports.ts';
import type { Program } from '../program/program.ts';
import { stackPages } from './stack-pages.ts';

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

  let pages: readonly (PhysAddr | undefined)[] | undefined;
  /** Of the task's own stack, where its page tables are lost. */
  function wordByPage(at: Addr): bigint | undefined {
    if (at < own.low || at >= own.high || typeof prog.memory.translate(at) !== 'string') return undefined;
    pages ??= stackPages(prog, task, own);
    const offset = Number(at - own.low);
    const page = pages[Math.floor(offset / prog.pageSize)];
    const bytes = new Uint8Array(8);
    if (page === undefined || prog.physical.read(page + (offset % prog.pageSize), bytes)) return undefined;
    return new DataView(bytes.buffer).getBigUint64(0, prog.arch.littleEndian);
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
        if (e instanceof MemoryFault) return wordByPage(at);
        throw e;
      }
    },
  };
}
