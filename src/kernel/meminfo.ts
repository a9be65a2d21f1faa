import { perOwner } from '../base/lazy.ts';
import { addrAdd } from '../base/u64.ts';
import type { Addr } from '../base/units.ts';
import type { Problem } from '../program/ports.ts';
import type { Program } from '../program/program.ts';
import { hugePagePages } from './huge-page-size.ts';
import { listEntries } from './list.ts';
import { memoryNodes } from './node-memory.ts';
import { attempt } from './note-problem.ts';
import { commitLimit, committedPages } from './overcommit.ts';
import { swapAreas } from './swap.ts';
import { totalRamPages } from './total-ram.ts';
import { longVariable } from './variable.ts';
import { type VmStat, vmStat } from './vm-stat.ts';
import { vmallocPages } from './vmalloc-pages.ts';

const MAX_BLOCK_DEVICES = 100_000;
const MAX_SWAP_SPACES = 100_000;

/** The lines of /proc/meminfo at the moment of the dump, in KiB; what cannot be had is absent. */
export interface MemInfo {
  readonly totalKiB?: number;
  readonly freeKiB?: number;
  readonly availableKiB?: number;
  readonly buffersKiB?: number;
  readonly cachedKiB?: number;
  readonly swapCachedKiB?: number;
  readonly activeKiB?: number;
  readonly inactiveKiB?: number;
  readonly activeAnonKiB?: number;
  readonly inactiveAnonKiB?: number;
  readonly activeFileKiB?: number;
  readonly inactiveFileKiB?: number;
  readonly unevictableKiB?: number;
  readonly mlockedKiB?: number;
  readonly swapTotalKiB?: number;
  readonly swapFreeKiB?: number;
  readonly dirtyKiB?: number;
  readonly writebackKiB?: number;
  readonly anonPagesKiB?: number;
  readonly mappedKiB?: number;
  readonly shmemKiB?: number;
  /** `KReclaimable`: reclaimable slabs and what else the kernel gives back on demand. */
  readonly reclaimableKiB?: number;
  readonly slabKiB?: number;
  readonly slabReclaimableKiB?: number;
  readonly slabUnreclaimableKiB?: number;
  readonly kernelStackKiB?: number;
  readonly pageTablesKiB?: number;
  readonly secondaryPageTablesKiB?: number;
  readonly bounceKiB?: number;
  readonly writebackTempKiB?: number;
  readonly commitLimitKiB?: number;
  readonly committedKiB?: number;
  readonly vmallocUsedKiB?: number;
  readonly percpuKiB?: number;
  readonly hardwareCorruptedKiB?: number;
  readonly anonHugePagesKiB?: number;
  readonly shmemHugePagesKiB?: number;
  readonly shmemPmdMappedKiB?: number;
  readonly fileHugePagesKiB?: number;
  readonly filePmdMappedKiB?: number;
  readonly cmaTotalKiB?: number;
  readonly cmaFreeKiB?: number;
  /** How much of the direct mapping has pages of this size; not every CPU's kernel counts it. */
  readonly directMap4kKiB?: number;
  readonly directMap64kKiB?: number;
  readonly directMap1mKiB?: number;
  readonly directMap2mKiB?: number;
  readonly directMap1gKiB?: number;
  readonly directMap2gKiB?: number;
  readonly problems: readonly Problem[];
}

/** /proc/meminfo as the kernel would print it (fs/proc/meminfo.c, meminfo_proc_show). Never throws for damage. */
export const memoryInfo = perOwner((prog: Program): MemInfo => {
  const problems: Problem[] = [];
  if (!prog.findType('enum zone_stat_item')) {
    const total = attempt(problems, 'memory: total', () => totalRamPages(prog));
    problems.push({ what: 'memory: counters', why: 'no type enum zone_stat_item' });
    return { ...(total !== undefined && { totalKiB: total * (prog.pageSize / 1024) }), problems };
  }
  const get = <T>(what: string, read: () => T): T | undefined => attempt(problems, `memory: ${what}`, read);
  const kib = (pages: number | undefined): number | undefined =>
    pages === undefined ? undefined : Math.max(0, pages) * (prog.pageSize / 1024);
  const stat = get('counters', () => vmStat(prog));
  const buffers = get('block device pages', () => blockDevicePages(prog));
  const swapCached = stat && get('swap cache', () => swapCachePages(prog, stat));
  const filePages = stat?.get('NR_FILE_PAGES');
  const reclaimable = stat?.get('NR_SLAB_RECLAIMABLE_B') ?? stat?.get('NR_SLAB_RECLAIMABLE');
  const unreclaimable = stat?.get('NR_SLAB_UNRECLAIMABLE_B') ?? stat?.get('NR_SLAB_UNRECLAIMABLE');
  const lines = {
    totalKiB: kib(get('total', () => totalRamPages(prog))),
    freeKiB: kib(stat?.get('NR_FREE_PAGES')),
    availableKiB: stat && kib(get('available', () => availablePages(prog, stat, reclaimable ?? 0))),
    buffersKiB: kib(buffers),
    cachedKiB: kib(minus(minus(filePages, swapCached), buffers)),
    swapCachedKiB: kib(swapCached),
    activeKiB: kib(sum(stat?.get('NR_ACTIVE_ANON'), stat?.get('NR_ACTIVE_FILE'))),
    inactiveKiB: kib(sum(stat?.get('NR_INACTIVE_ANON'), stat?.get('NR_INACTIVE_FILE'))),
    activeAnonKiB: kib(stat?.get('NR_ACTIVE_ANON')),
    inactiveAnonKiB: kib(stat?.get('NR_INACTIVE_ANON')),
    activeFileKiB: kib(stat?.get('NR_ACTIVE_FILE')),
    inactiveFileKiB: kib(stat?.get('NR_INACTIVE_FILE')),
    unevictableKiB: kib(stat?.get('NR_UNEVICTABLE')),
    mlockedKiB: kib(stat?.get('NR_MLOCK')),
    swapTotalKiB: kib(get('swap', () => counter(prog, 'total_swap_pages'))),
    swapFreeKiB: kib(get('free swap', () => counter(prog, 'nr_swap_pages'))),
    dirtyKiB: kib(stat?.get('NR_FILE_DIRTY')),
    writebackKiB: kib(stat?.get('NR_WRITEBACK')),
    anonPagesKiB: kib(stat?.get('NR_ANON_MAPPED')),
    mappedKiB: kib(stat?.get('NR_FILE_MAPPED')),
    shmemKiB: kib(stat?.get('NR_SHMEM')),
    reclaimableKiB: kib(sum(reclaimable, stat?.get('NR_KERNEL_MISC_RECLAIMABLE'))),
    slabKiB: kib(sum(reclaimable, unreclaimable)),
    slabReclaimableKiB: kib(reclaimable),
    slabUnreclaimableKiB: kib(unreclaimable),
    kernelStackKiB: stat?.get('NR_KERNEL_STACK_KB'),
    pageTablesKiB: kib(stat?.get('NR_PAGETABLE')),
    secondaryPageTablesKiB: kib(stat?.get('NR_SECONDARY_PAGETABLE')),
    bounceKiB: kib(stat?.get('NR_BOUNCE')),
    writebackTempKiB: kib(stat?.get('NR_WRITEBACK_TEMP')),
    commitLimitKiB: kib(get('commit limit', () => commitLimit(prog))),
    committedKiB: kib(get('committed', () => committedPages(prog))),
    vmallocUsedKiB: kib(get('vmalloc', () => vmallocPages(prog, stat))),
    percpuKiB: kib(get('per-CPU memory', () => percpuPages(prog))),
    hardwareCorruptedKiB: kib(get('poisoned pages', () => counter(prog, 'num_poisoned_pages'))),
    ...(stat && hugeMappings(prog, stat, kib)),
    cmaTotalKiB: kib(get('CMA', () => counter(prog, 'totalcma_pages'))),
    cmaFreeKiB: kib(stat?.get('NR_FREE_CMA_PAGES')),
    ...get('direct mapping', () => directMapping(prog)),
  };
  return { ...present(lines), problems };
});

function sum(a: number | undefined, b: number | undefined): number | undefined {
  return a === undefined || b === undefined ? undefined : a + b;
}

function minus(a: number | undefined, b: number | undefined): number | undefined {
  return a === undefined || b === undefined ? undefined : a - b;
}

/** Without the fields that are undefined. */
function present(lines: Record<string, number | undefined>): Omit<MemInfo, 'problems'> {
  return Object.fromEntries(Object.entries(lines).filter(([, value]) => value !== undefined));
}

/** A counter that is not below zero; undefined where no symbol tells its place. */
function counter(prog: Program, name: string): number | undefined {
  const value = longVariable(prog, name);
  return value === undefined ? undefined : Math.max(0, value);
}

/** pcpu_nr_pages (mm/percpu.c): populated pages, once for each unit. */
export function percpuPages(prog: Program): number | undefined {
  const populated = prog.findSymbol('pcpu_nr_populated');
  const units = prog.findSymbol('pcpu_nr_units');
  if (!populated || !units) return undefined;
  return prog.memory.u32(populated.address) * prog.memory.u32(units.address);
}

type HugeMappings = Pick<
  MemInfo,
  'anonHugePagesKiB' | 'shmemHugePagesKiB' | 'shmemPmdMappedKiB' | 'fileHugePagesKiB' | 'filePmdMappedKiB'
>;

/**
 * Transparent huge pages. They are counted in pages since commit 69473e5de873 ("mm: memcontrol: convert NR_ANON_THPS
 * account to pages", v5.12), which came in one release with NR_SWAPCACHE; in huge pages before.
 */
function hugeMappings(
  prog: Program,
  stat: VmStat,
  kib: (pages: number | undefined) => number | undefined,
): Record<keyof HugeMappings, number | undefined> {
  const unit = stat.get('NR_SWAPCACHE') === undefined ? hugePagePages(prog) : 1;
  const get = (name: string): number | undefined => {
    const count = stat.get(name);
    return kib(count === undefined ? undefined : count * unit);
  };
  return {
    anonHugePagesKiB: get('NR_ANON_THPS'),
    shmemHugePagesKiB: get('NR_SHMEM_THPS'),
    shmemPmdMappedKiB: get('NR_SHMEM_PMDMAPPED'),
    fileHugePagesKiB: get('NR_FILE_THPS'),
    filePmdMappedKiB: get('NR_FILE_PMDMAPPED'),
  };
}

/** What counts of pages of so many KiB are called. */
const DIRECT_MAP_LINES: Readonly<Record<number, string>> = {
  4: 'directMap4kKiB',
  64: 'directMap64kKiB',
  1024: 'directMap1mKiB',
  2048: 'directMap2mKiB',
  1048576: 'directMap1gKiB',
  2097152: 'directMap2gKiB',
};
/** `direct_pages_count[]` by level where the CPU says nothing else: arch/x86/mm/pat/set_memory.c. */
const DIRECT_PAGES = [
  { kib: 4, index: 1 },
  { kib: 2048, index: 2 },
  { kib: 1048576, index: 3 },
];

function directMapping(prog: Program): Record<string, number | undefined> {
  const symbol = prog.findSymbol('direct_pages_count');
  if (!symbol) return {};
  const pages = (level: number): number =>
    Number(prog.memory.ulong(addrAdd(symbol.address, level * prog.arch.pointerSize)));
  const out: Record<string, number> = {};
  for (const { kib, index } of prog.arch.directPages ?? DIRECT_PAGES) {
    const line = DIRECT_MAP_LINES[kib];
    if (line !== undefined) out[line] = pages(index) * kib;
  }
  return out;
}

/** Pages in the page caches of the block devices themselves (nr_blockdev_pages). */
function blockDevicePages(prog: Program): number {
  const pagesOf = (inode: Addr): number => {
    const mapping = prog.memory.ulong(addrAdd(inode, prog.offset('inode', 'i_mapping')));
    return Number(prog.memory.ulong(addrAdd(mapping, prog.offset('address_space', 'nrpages'))));
  };
  let pages = 0;
  const superblock = prog.findSymbol('blockdev_superblock');
  // until the commit "block: remove the all_bdevs list" (v5.9)
  const older = prog.findSymbol('all_bdevs');
  if (older) {
    const inode = prog.offset('block_device', 'bd_inode');
    const link = prog.offset('block_device', 'bd_list');
    for (const node of listEntries(prog, older.address, 'block devices', MAX_BLOCK_DEVICES)) {
      pages += pagesOf(prog.memory.ulong(addrAdd(node, inode - link)));
    }
    return pages;
  }
  const head = prog.memory.ulong(superblock?.address ?? prog.symbol('blockdev_superblock'));
  const link = prog.offset('inode', 'i_sb_list');
  const inodes = addrAdd(head, prog.offset('super_block', 's_inodes'));
  for (const node of listEntries(prog, inodes, 'block devices', MAX_BLOCK_DEVICES))
    pages += pagesOf(addrAdd(node, -link));
  return pages;
}

/** total_swapcache_pages(): a counter since commit b6038942480e ("mm: memcg: add swapcache stat for memcg v2", v5.12). */
function swapCachePages(prog: Program, stat: VmStat): number {
  const counted = stat.get('NR_SWAPCACHE');
  if (counted !== undefined) return counted;
  const spaces = prog.findSymbol('swapper_spaces');
  const counts = prog.findSymbol('nr_swapper_spaces');
  if (!spaces || !counts) return 0; // no swap configured
  const { memory } = prog;
  const size = prog.type('address_space').size;
  const nrpages = prog.offset('address_space', 'nrpages');
  let pages = 0;
  const all = Array.from({ length: Math.min(64, Math.floor(counts.size / 4)) }, (_, i) => i);
  // where no list tells how long the tables are: what is in use
  for (const i of counts.size > 0 ? all : swapAreas(prog).areas.map((a) => a.type)) {
    const count = memory.u32(addrAdd(counts.address, i * 4));
    if (count === 0 || count > MAX_SWAP_SPACES) continue;
    const first = memory.ulong(addrAdd(spaces.address, i * prog.arch.pointerSize));
    for (let n = 0; n < count; n++) pages += Number(memory.ulong(addrAdd(first, n * size + nrpages)));
  }
  return pages;
}

/** MemAvailable (si_mem_available): free pages above the reserves, and the part of the caches that can be dropped. */
function availablePages(prog: Program, stat: VmStat, slab: number): number {
  const low = lowWatermarks(prog);
  const reserve = reservedPages(prog);
  const cache = (stat.get('NR_ACTIVE_FILE') ?? 0) + (stat.get('NR_INACTIVE_FILE') ?? 0);
  const reclaimable = slab + (stat.get('NR_KERNEL_MISC_RECLAIMABLE') ?? 0);
  const free = (stat.get('NR_FREE_PAGES') ?? 0) - reserve;
  const half = (pages: number): number => pages - Math.min(Math.floor(pages / 2), low);
  return Math.max(0, free + half(cache) + half(reclaimable));
}

/** totalreserve_pages, which is the sum over the nodes (calculate_totalreserve_pages, mm/page_alloc.c). */
function reservedPages(prog: Program): number {
  const member = prog.offset('pglist_data', 'totalreserve_pages');
  let pages = 0;
  for (const node of memoryNodes(prog)) pages += Number(prog.memory.ulong(addrAdd(node, member)));
  return pages;
}

/** Sum of the low watermarks of all zones. */
function lowWatermarks(prog: Program): number {
  const zones = prog.findMember('pglist_data', 'node_zones');
  const array = zones?.type.resolve();
  const stride = array?.target?.size ?? 0;
  // commit a921444382b4 ("mm: move zone watermark accesses behind an accessor", v5.0); [1] is WMARK_LOW
  const mark = prog.offset('zone', '_watermark', 'watermark') + prog.arch.pointerSize;
  let pages = 0;
  for (const node of memoryNodes(prog)) {
    for (let i = 0; zones && i < (array?.length ?? 0); i++) {
      pages += Number(prog.memory.ulong(addrAdd(node, zones.offset + i * stride + mark)));
    }
  }
  return pages;
}
