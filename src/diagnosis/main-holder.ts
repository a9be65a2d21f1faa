import { attempt } from '../base/attempt.ts';
import { hexPad } from '../base/hex.ts';
import type { Addr } from '../base/units.ts';
import { type HugePageSize, hugePageSizes } from '../kernel/hugetlb.ts';
import { vmapAreas } from '../kernel/vmalloc.ts';
import type { Program } from '../program/program.ts';
import type { Evidence } from '../report/finding.ts';
import type { MemoryJudgement } from '../report/memory-judgement-schema.ts';
import { crowdHolder, largestCrowd } from './crowd-holder.ts';
import { type HeldBy, KEPT, pagesOf } from './held-by.ts';
import { type Inodes, inodesOf } from './inode-holder.ts';
import { percent, share, sizeOf } from './memory-pressure.ts';
import { compressedHolder, tablesHolder } from './process-holders.ts';
import { sharedHolder } from './shared-holder.ts';
import { unknownHolder } from './uncounted-holder.ts';

/** From this part of all memory on it is worth a name. */
const MUCH = 0.3;

/** What holds most of the memory where no process does. */
export interface MainHolder extends HeldBy {
  /** `400 MB (80%)` */
  readonly size: string;
  /** Part of all memory, 0 to 1. */
  readonly share: number;
}

/**
 * What holds more than the largest process and a large part of the memory: slab objects, vmalloc, tmpfs, pools of huge pages,
 * page tables, stacks, compressed swap, or nobody. @param process pages of that process that are in memory
 */
export function mainHolder(prog: Program, memory: MemoryJudgement, process: number): MainHolder | undefined {
  const { held, unaccounted } = memory.balance;
  const candidates: Candidate[] = [
    { pages: held.slabUnreclaimable ?? 0, describe: slabHolder },
    { pages: held.slabReclaimable ?? 0, describe: pinnedSlabHolder },
    { pages: held.vmalloc ?? 0, describe: vmallocHolder },
    { pages: held.sharedMemory ?? 0, describe: sharedHolder },
    { pages: held.hugetlb ?? 0, describe: hugetlbHolder },
    { pages: held.pageTables ?? 0, describe: tablesHolder },
    { pages: held.compressed ?? 0, describe: compressedHolder },
    { pages: unaccounted ?? 0, describe: unknownHolder },
    ...crowds(prog, memory),
  ].sort((a, b) => b.pages - a.pages);
  const [first] = candidates;
  if (!first || first.pages <= process || share(memory, first.pages) < MUCH) return undefined;
  const part = share(memory, first.pages);
  const size = `${first.about ? 'about ' : ''}${sizeOf(memory, first.pages)} (${percent(part)})`;
  return { size, share: part, ...first.describe(prog, memory, first.pages) };
}

interface Candidate {
  readonly pages: number;
  /** Added up of parts of which some are shares. */
  readonly about?: true;
  readonly describe: (prog: Program, memory: MemoryJudgement, pages: number) => HeldBy;
}

/** Page tables, slabs and stacks of many tasks are in several of the others: together they may be more than any of these. */
function crowds(prog: Program, memory: MemoryJudgement): Candidate[] {
  const crowd = attempt(() => largestCrowd(prog, memory));
  return crowd ? [{ pages: crowd.pages, about: true, describe: () => crowdHolder(crowd) }] : [];
}

function inodeHolder({ words, evidence, settle }: Inodes, pages: Evidence[]): HeldBy {
  return {
    words: { en: `slab objects, most of them ${words.en},`, zh: `slab 对象（其中最多的是 ${words.zh}）` },
    ends: KEPT,
    subject: {},
    evidence: [...pages, evidence],
    settle,
  };
}

function slabHolder(prog: Program, memory: MemoryJudgement, pages: number): HeldBy {
  const cache = memory.slab.find((c) => !c.reclaimable);
  const inodes = cache && inodesOf(prog, cache);
  if (inodes) {
    const own = [
      pagesOf({ en: 'unreclaimable slabs', zh: '不可回收的 slab' }, pages),
      pagesOf({ en: cache.cache, zh: cache.cache }, cache.pages),
    ];
    return { ...inodeHolder(inodes, own), subject: { cache: cache.cache } };
  }
  const name = cache?.cache ?? '?';
  return {
    words: {
      en: `slab objects that cannot be reclaimed, most of them ${name},`,
      zh: `不可回收的 slab 对象（其中最多的是 ${name}）`,
    },
    ends: KEPT,
    subject: { ...(cache && { cache: name }) },
    evidence: [
      pagesOf({ en: 'unreclaimable slabs', zh: '不可回收的 slab' }, pages),
      ...(cache ? [pagesOf({ en: name, zh: name }, cache.pages)] : []),
    ],
    settle: {
      en: `Boot with slub_debug=U,${name} and compare alloc_traces of the cache in /sys/kernel/debug/slab over time.`,
      zh: `以 slub_debug=U,${name} 启动，并持续比较 /sys/kernel/debug/slab 中该缓存的 alloc_traces。`,
    },
  };
}

/** The cache calls them reclaimable, and yet they were not given back: somebody holds a reference, or they are what tmpfs is made of. */
function pinnedSlabHolder(_: Program, memory: MemoryJudgement, pages: number): HeldBy {
  const caches = memory.slab.filter((c) => c.reclaimable).slice(0, 2);
  const names = caches.map((c) => c.cache).join(', ');
  return {
    words: {
      en: `slab objects of the reclaimable sort that are in use, most of them ${names},`,
      zh: `可回收类但仍在使用的 slab 对象（其中最多的是 ${names}）`,
    },
    ends: KEPT,
    subject: { ...(caches[0] && { cache: caches[0].cache }) },
    evidence: [
      pagesOf({ en: 'reclaimable slabs', zh: '可回收的 slab' }, pages),
      ...caches.map((c) => pagesOf({ en: c.cache, zh: c.cache }, c.pages)),
    ],
    settle: {
      en: 'Count the files and directories (df -i): files in tmpfs and names of files that are open cannot be reclaimed.',
      zh: '统计文件和目录数（df -i）：tmpfs 中的文件以及已打开文件的名字无法回收。',
    },
  };
}

function vmallocHolder(prog: Program, _: MemoryJudgement, pages: number): HeldBy {
  const top = attempt(() => topVmallocCaller(prog));
  const by = top ? `, most of it (${top.areas} areas) asked for by ${top.name},` : '';
  const byZh = top ? `（其中最多的由 ${top.name} 申请，共 ${top.areas} 块）` : '';
  return {
    words: { en: `areas of vmalloc${by}`, zh: `vmalloc 区域${byZh}` },
    ends: KEPT,
    subject: { ...(top && { function: top.function }), ...(top?.module && { module: top.module }) },
    evidence: [
      pagesOf({ en: 'vmalloc', zh: 'vmalloc' }, pages),
      ...(top
        ? [
            {
              what: { en: `one of the areas that ${top.name} asked for`, zh: `${top.name} 申请的区域之一` },
              value: hexPad(top.caller),
              command: `struct vm_struct.caller ${hexPad(top.vm)}`,
            },
          ]
        : []),
    ],
    settle: {
      en: 'Read /proc/vmallocinfo over time: it names who asked for each area.',
      zh: '持续查看 /proc/vmallocinfo：它给出每块区域的申请者。',
    },
  };
}

interface VmallocCaller {
  readonly function: string;
  readonly module?: string;
  readonly name: string;
  readonly areas: number;
  readonly caller: Addr;
  /** `struct vm_struct` of one of the areas. */
  readonly vm: Addr;
}

function topVmallocCaller(prog: Program): VmallocCaller | undefined {
  const callers = new Map<Addr, { pages: number; areas: number; vm: Addr }>();
  for (const { caller, pages, vm } of vmapAreas(prog).areas) {
    const known = callers.get(caller);
    callers.set(caller, { pages: (known?.pages ?? 0) + pages, areas: (known?.areas ?? 0) + 1, vm });
  }
  const [top] = [...callers].sort((a, b) => b[1].pages - a[1].pages);
  const symbol = top && prog.symbolAt(top[0]);
  if (!symbol) return undefined;
  const { name, module } = symbol;
  const { areas, vm } = top[1];
  const words = module ? `${name} [${module}]` : name;
  return { function: name, ...(module && { module }), name: words, areas, caller: top[0], vm };
}

function hugetlbHolder(prog: Program, memory: MemoryJudgement, pages: number): HeldBy {
  const pools = attempt(() => hugePageSizes(prog)) ?? [];
  const [pool] = [...pools].sort((a, b) => b.total * b.bytes - a.total * a.bytes);
  const used = pool ? `${pool.total - pool.free} of ${pool.total} of ${pool.name} are in use` : '';
  const usedZh = pool ? `${pool.name} 的 ${pool.total} 个大页中 ${pool.total - pool.free} 个在使用` : '';
  return {
    words: {
      en: `pools of huge pages${pool ? ` (${used})` : ''}`,
      zh: `大页池${pool ? `（${usedZh}）` : ''}`,
    },
    ends: { en: 'which nothing but huge pages can use', zh: '除大页外不能用于其他用途' },
    subject: { ...(pool && { address: hexPad(pool.address), type: 'struct hstate' }) },
    evidence: [pagesOf({ en: 'the pools of huge pages', zh: '大页池' }, pages), ...(pool ? [poolEvidence(pool)] : [])],
    settle: {
      en: `Lower vm.nr_hugepages (or hugepages= of the command line) to what the programs really map: a pool is taken from the ${sizeOf(memory, memory.balance.total ?? 0)} of the machine whether it is used or not.`,
      zh: `把 vm.nr_hugepages（或启动参数 hugepages=）降到程序真正映射的数量：无论是否使用，大页池都占用机器的 ${sizeOf(memory, memory.balance.total ?? 0)} 内存。`,
    },
  };
}

function poolEvidence({ name, total }: HugePageSize): Evidence {
  const what = { en: `huge pages of ${name}`, zh: `${name} 的大页数` };
  return { what, value: String(total), command: 'kmem -h' };
}
