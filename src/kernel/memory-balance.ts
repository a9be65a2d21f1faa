import { addrAdd } from '../base/u64.ts';
import type { Addr } from '../base/units.ts';
import type { Problem } from '../program/ports.ts';
import type { Program } from '../program/program.ts';
import { percpuPages } from './meminfo.ts';
import { attempt } from './note-problem.ts';
import { hugetlbPages } from './overcommit.ts';
import { perCpuOffset, possibleCpus } from './percpu.ts';
import { totalRamPages } from './total-ram.ts';
import { intVariable } from './variable.ts';
import { type VmStat, vmCounters, vmStat } from './vm-stat.ts';
import { vmallocPages } from './vmalloc-pages.ts';
import { watermarks } from './zone-marks.ts';

/** Who may hold memory; each page is counted in one of them. */
export const MEMORY_HOLDERS = [
  'free',
  'cpuLists',
  'anonymous',
  'sharedMemory',
  'pageCache',
  'unevictable',
  'slabReclaimable',
  'slabUnreclaimable',
  'vmalloc',
  'kernelStacks',
  'pageTables',
  'percpu',
  'hugetlb',
  'compressed',
  'miscReclaimable',
] as const;
export type MemoryHolder = (typeof MEMORY_HOLDERS)[number];

/** Where the memory went, in pages. */
export interface MemoryBalance {
  /** What the page allocator has to give (MemTotal). */
  readonly total: number | undefined;
  /** What is counted, by holder; what this kernel does not count is absent. */
  readonly held: ReadonlyMap<MemoryHolder, number>;
  /** `total` without all of `held`: taken from the page allocator by code that counts it nowhere, such as drivers. */
  readonly unaccounted: number | undefined;
  /** Given back to the host by a balloon. Most drivers take it out of `total` as well, so it is in no sum here. */
  readonly balloon: number | undefined;
  readonly problems: readonly Problem[];
}

/** Never throws for damage. */
export function memoryBalance(prog: Program): MemoryBalance {
  const problems: Problem[] = [];
  const get = <T>(what: string, read: () => T): T | undefined => attempt(problems, `memory: ${what}`, read);
  const total = get('total', () => totalRamPages(prog));
  const stat = get('counters', () => vmStat(prog));
  const held = new Map<MemoryHolder, number>();
  const put = (holder: MemoryHolder, pages: number | undefined): void => {
    if (pages !== undefined) held.set(holder, Math.max(0, Math.round(pages)));
  };
  if (stat) putCounted(prog, stat, put);
  put(
    'cpuLists',
    get('free pages of CPUs', () => cpuListPages(prog)),
  );
  put(
    'percpu',
    get('per-CPU memory', () => grownPercpuPages(prog)),
  );
  put(
    'hugetlb',
    attempt(problems, 'huge pages', () => hugetlbPages(prog)),
  );
  const sum = [...held.values()].reduce((a, b) => a + b, 0);
  const unaccounted = total === undefined || !stat ? undefined : total - sum;
  return { total, held, unaccounted, balloon: get('balloon', () => balloonPages(prog)), problems };
}

function putCounted(prog: Program, stat: VmStat, put: (holder: MemoryHolder, pages: number | undefined) => void): void {
  const sum = (...names: string[]): number => names.reduce((pages, name) => pages + (stat.get(name) ?? 0), 0);
  const shmem = sum('NR_SHMEM');
  put('free', stat.get('NR_FREE_PAGES'));
  // What lies on the lists of the page reclaim; shared memory is on the anonymous ones.
  const anonymous = sum('NR_ACTIVE_ANON', 'NR_INACTIVE_ANON', 'NR_ISOLATED_ANON');
  put('sharedMemory', Math.min(shmem, anonymous));
  put('anonymous', anonymous - Math.min(shmem, anonymous));
  put('pageCache', sum('NR_ACTIVE_FILE', 'NR_INACTIVE_FILE', 'NR_ISOLATED_FILE'));
  put('unevictable', stat.get('NR_UNEVICTABLE'));
  put('slabReclaimable', stat.get('NR_SLAB_RECLAIMABLE_B') ?? stat.get('NR_SLAB_RECLAIMABLE'));
  put('slabUnreclaimable', stat.get('NR_SLAB_UNRECLAIMABLE_B') ?? stat.get('NR_SLAB_UNRECLAIMABLE'));
  put('pageTables', sum('NR_PAGETABLE', 'NR_SECONDARY_PAGETABLE'));
  const stacks = (stat.get('NR_KERNEL_STACK_KB') ?? 0) / (prog.pageSize / 1024);
  // CONFIG_VMAP_STACK: they come from vmalloc, which counts them too
  const mapped = prog.findMember('task_struct', 'stack_vm_area') !== undefined;
  put('kernelStacks', stacks);
  const vmalloc = vmallocPages(prog, stat);
  put('vmalloc', vmalloc === undefined ? undefined : vmalloc - (mapped ? stacks : 0));
  put('compressed', stat.get('NR_ZSPAGES'));
  put('miscReclaimable', stat.get('NR_KERNEL_MISC_RECLAIMABLE'));
}

/** Pages on the lists of free pages that each CPU keeps of each zone; the zones do not count them as free. */
function cpuListPages(prog: Program): number {
  // per_cpu_pageset holds struct per_cpu_pages since commit 28f836b6777b ("mm/page_alloc: split per cpu page lists and zone stats", v5.14)
  const newer = prog.findMember('zone', 'per_cpu_pageset');
  const member = newer ?? prog.findMember('zone', 'pageset');
  if (!member) return 0;
  const count = prog.offset('per_cpu_pages', 'count') + (newer ? 0 : prog.offset('per_cpu_pageset', 'pcp'));
  let pages = 0;
  for (const { zone } of watermarks(prog).zones) {
    const lists: Addr = prog.memory.ulong(addrAdd(zone.address, member.offset));
    for (const cpu of possibleCpus(prog)) {
      pages += Math.max(0, prog.memory.i32(addrAdd(addrAdd(lists, perCpuOffset(prog, cpu)), count)));
    }
  }
  return pages;
}

/** Per-CPU memory without its first chunk, which was taken at boot before the page allocator had anything. */
function grownPercpuPages(prog: Program): number | undefined {
  const all = percpuPages(prog);
  const units = intVariable(prog, 'pcpu_nr_units');
  const first = prog.findSymbol('pcpu_first_chunk');
  if (all === undefined || units === undefined || !first) return undefined;
  const populated = (symbol: string): number => {
    const variable = prog.findSymbol(symbol);
    const chunk = variable ? prog.memory.ulong(variable.address) : 0n;
    return chunk === 0n ? 0 : prog.memory.i32(addrAdd(chunk, prog.offset('pcpu_chunk', 'nr_populated')));
  };
  const start = prog.findSymbol('__per_cpu_start');
  const end = prog.findSymbol('__per_cpu_end');
  const fixed = start && end ? Math.ceil(Number(end.address - start.address) / prog.pageSize) : 0;
  return all - units * (populated('pcpu_first_chunk') + populated('pcpu_reserved_chunk') + fixed);
}

/** What a balloon driver has given back to the host: a counter in newer kernels, two counted events before. */
function balloonPages(prog: Program): number | undefined {
  const { node, zone, events } = vmCounters(prog);
  const counted = [...node, ...zone].find(([name]) => name === 'NR_BALLOON_PAGES');
  if (counted) return counted[1];
  const event = (name: string): number | undefined => events.find(([n]) => n === name)?.[1];
  const inflated = event('BALLOON_INFLATE');
  return inflated === undefined ? undefined : inflated - (event('BALLOON_DEFLATE') ?? 0);
}
