import { attempt } from '../base/attempt.ts';
import type { Addr } from '../base/units.ts';
import type { Program } from '../program/program.ts';
import { pageReader } from './page.ts';
import { pageFlags } from './page-flags.ts';
import { vmapAreas } from './vmalloc.ts';

/** Who asks for the areas of vmalloc space in which later chunks of per-CPU data lie: mm/vmalloc.c. */
const ALLOCATOR = 'pcpu_get_vm_areas';

/**
 * Whether per-CPU data may lie at an address: the first chunk is memory that the kernel took while it booted, which the page
 * allocator never had; others are areas of vmalloc. "Yes" where the dump does not tell.
 */
export function mayBePerCpu(prog: Program, at: Addr): boolean {
  const area = attempt(() => vmapAreas(prog).areas.find((a) => at >= a.start && at < a.end));
  if (area) return attempt(() => prog.symbolAt(area.caller)?.name) === ALLOCATOR;
  const where = prog.memory.translate(at);
  if (typeof where !== 'object') return false;
  const page = attempt(() => pageReader(prog)?.ofFrame(Math.floor(where.phys / prog.pageSize)));
  const reserved = attempt(() => pageFlags(prog).find((f) => f.name === 'PG_reserved'));
  return !page || !reserved || ((page.flags >> BigInt(reserved.bit)) & 1n) === 1n;
}
