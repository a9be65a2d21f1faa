import { AnalysisError } from '../base/errors.ts';
import { addrAdd } from '../base/u64.ts';
import type { Addr } from '../base/units.ts';
import type { Program } from '../program/program.ts';
import { type ListWalk, listBothWays } from './list.ts';
import { perCpuOffset, possibleCpus } from './percpu.ts';

/** The list of one CPU. */
export interface PercpuList extends ListWalk {
  readonly cpu: number;
}

/**
 * A per-CPU `struct list_head`, the list of every possible CPU. A CPU whose head cannot be read has no entries and says
 * why.
 * @param head the per-CPU address of the heads (a per-CPU symbol, or a member of one)
 */
export function percpuLists(prog: Program, head: Addr, what: string): PercpuList[] {
  return possibleCpus(prog).map((cpu) => {
    try {
      return { cpu, ...listBothWays(prog, addrAdd(head, perCpuOffset(prog, cpu)), `${what} of CPU ${cpu}`) };
    } catch (e) {
      if (!(e instanceof AnalysisError)) throw e;
      return { cpu, entries: [], forward: 0, damage: [e.message] };
    }
  });
}
