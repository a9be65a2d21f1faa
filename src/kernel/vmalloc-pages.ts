import { attempt } from '../base/attempt.ts';
import type { Program } from '../program/program.ts';
import { longVariable } from './variable.ts';
import type { VmStat } from './vm-stat.ts';
import { vmapAreas } from './vmalloc.ts';

/** include/linux/vmalloc.h: its pages are of the page allocator, and counted. */
const VM_ALLOC = 2;

/**
 * Pages that vmalloc() has, stacks of tasks among them: a counter of the nodes in newer kernels, before that a variable
 * (nr_vmalloc_pages), and where no symbol leads to it what the areas have.
 * Undefined where none of it can be told. @throws MemoryFault
 */
export function vmallocPages(prog: Program, stat: VmStat | undefined): number | undefined {
  return stat?.get('NR_VMALLOC') ?? longVariable(prog, 'nr_vmalloc_pages') ?? areaPages(prog);
}

function areaPages(prog: Program): number | undefined {
  const found = attempt(() => vmapAreas(prog));
  if (!found || found.areas.length === 0 || found.problems.length > 0) return undefined;
  return found.areas.reduce((sum, { flags, pages }) => sum + ((flags & VM_ALLOC) === 0 ? 0 : pages), 0);
}
