import type { Phrase } from '../base/phrase.ts';
import type { MemoryHolder } from '../kernel/memory-balance.ts';
import type { ReclaimKind } from '../kernel/reclaim-tasks.ts';
import { formatSize } from './format-size.ts';
import type { MemoryJudgement, OvercommitData } from './memory-judgement-schema.ts';
import type { WatermarkData } from './zone-mark-data.ts';

/** Names of who holds memory. */
export const HOLDER_NAMES: Readonly<Record<MemoryHolder, Phrase>> = {
  free: { en: 'free', zh: '空闲' },
  cpuLists: { en: 'free, on lists of CPUs', zh: '空闲（各 CPU 的链表上）' },
  anonymous: { en: 'anonymous memory of processes', zh: '进程的匿名内存' },
  sharedMemory: { en: 'shared memory and tmpfs', zh: '共享内存和 tmpfs' },
  pageCache: { en: 'page cache', zh: '页缓存' },
  unevictable: { en: 'unevictable (locked)', zh: '不可回收（已锁定）' },
  slabReclaimable: { en: 'slab, reclaimable', zh: 'slab（可回收）' },
  slabUnreclaimable: { en: 'slab, unreclaimable', zh: 'slab（不可回收）' },
  vmalloc: { en: 'vmalloc', zh: 'vmalloc' },
  kernelStacks: { en: 'kernel stacks', zh: '内核栈' },
  pageTables: { en: 'page tables', zh: '页表' },
  percpu: { en: 'per-CPU memory', zh: 'per-CPU 内存' },
  hugetlb: { en: 'pools of huge pages', zh: '大页池' },
  compressed: { en: 'compressed memory (zsmalloc)', zh: '压缩内存（zsmalloc）' },
  miscReclaimable: { en: 'other reclaimable kernel memory', zh: '其他可回收的内核内存' },
};

export const RECLAIM_NAMES: Readonly<Record<ReclaimKind, Phrase>> = {
  oom: { en: 'calls the OOM killer', zh: '正在调用 OOM killer' },
  'memcg-oom': { en: 'calls the OOM killer for its control group', zh: '正在为其控制组调用 OOM killer' },
  'memcg-reclaim': { en: 'reclaims memory of its control group', zh: '正在回收其控制组的内存' },
  'direct-reclaim': { en: 'reclaims memory itself (direct reclaim)', zh: '正在自己回收内存（直接回收）' },
  compaction: { en: 'compacts memory', zh: '正在规整内存' },
  kswapd: { en: 'reclaims memory in the background', zh: '正在后台回收内存' },
  'node-reclaim': { en: 'reclaims memory of its node', zh: '正在回收本节点的内存' },
  throttled: { en: 'is held back because reclaim makes too little progress', zh: '因回收进展过慢而被限流' },
  'dirty-throttled': { en: 'is held back because too many pages are dirty', zh: '因脏页过多而被限流' },
  'drop-caches': { en: 'drops caches (vm.drop_caches)', zh: '正在丢弃缓存（vm.drop_caches）' },
};

/** What vm.overcommit_memory means for what was found. */
export function overcommitSentence({ mode, limit, committed }: OvercommitData): Phrase {
  const over = limit !== null && committed !== null && committed > limit;
  if (mode === 'never') {
    return over
      ? {
          en: 'Mode 2 enforces the limit and it is exceeded (it was switched on, or lowered, after that much was in use): requests for memory fail.',
          zh: '模式 2 会强制执行该上限，而现在已超出（在已用这么多之后才启用或调低）：申请内存会失败。',
        }
      : {
          en: 'Mode 2 enforces the limit: a request that would exceed it fails, however much memory is free.',
          zh: '模式 2 会强制执行该上限：超出上限的申请会失败，不论还有多少空闲内存。',
        };
  }
  if (mode === 'always') {
    return {
      en: 'Mode 1 grants every request; the kernel computes the limit and does not look at it.',
      zh: '模式 1 满足一切申请；内核只计算上限，并不使用它。',
    };
  }
  if (mode === 'heuristic') {
    return {
      en: `Mode 0 does not enforce the limit: a single request is refused only when it could never be met${over ? ', so that more than the limit is committed is no fault and no sign of a shortage' : ''}. What counts is the memory in use.`,
      zh: `模式 0 不执行该上限：只有单次申请绝无可能满足时才会被拒绝${over ? '，所以已提交量超过上限既不是错误，也不说明内存短缺' : ''}。真正要看的是实际使用的内存。`,
    };
  }
  return {
    en: 'The dump does not tell vm.overcommit_memory; the limit matters in mode 2 only.',
    zh: '转储中没有 vm.overcommit_memory 的值；该上限只在模式 2 下有意义。',
  };
}

/** What the swap space is good for. */
export function swapSentence({ swap, pageBytes }: MemoryJudgement): Phrase {
  const { total, free } = swap;
  if (total === null) return { en: 'The dump does not tell.', zh: '转储中没有这些信息。' };
  if (total === 0) {
    return {
      en: 'There is no swap space: memory of processes cannot be reclaimed, only page cache and slab can.',
      zh: '没有交换空间：进程的匿名内存无法回收，只能回收页缓存和 slab。',
    };
  }
  const size = formatSize(total * pageBytes);
  if (free !== null && free <= 0) {
    return {
      en: `All of the ${size} of swap space is used: no more memory of processes can be reclaimed.`,
      zh: `${size} 的交换空间已全部用完：进程的内存无法再回收。`,
    };
  }
  const left = free === null ? '?' : formatSize(free * pageBytes);
  return { en: `${left} of ${size} of swap space are free.`, zh: `${size} 的交换空间中有 ${left} 空闲。` };
}

/** Where a rule of thumb for the watermarks goes wrong; undefined where it would not. */
export function thumbSentence(watermarks: WatermarkData): Phrase | undefined {
  const zone = watermarks.zones.reduce<(typeof watermarks.zones)[number] | undefined>(
    (most, z) => (most === undefined || z.managed > most.managed ? z : most),
    undefined,
  );
  if (!zone || (Math.abs(zone.low - zone.thumbLow) <= 1 && Math.abs(zone.high - zone.thumbHigh) <= 1)) return undefined;
  const factor = watermarks.scaleFactor === null ? '' : ` = ${watermarks.scaleFactor}`;
  return {
    en: `The rule of thumb "low is 1.25 min, high is 1.5 low" would say ${zone.thumbLow} and ${zone.thumbHigh} pages for zone ${zone.zone}; the kernel holds ${zone.low} and ${zone.high}. Between min, low and high lies the same distance: a quarter of min, or watermark_scale_factor${factor} of 10000 parts of the zone when that is more.`,
    zh: `经验公式“low 为 min 的 1.25 倍、high 为 low 的 1.5 倍”对区域 ${zone.zone} 得出 ${zone.thumbLow} 和 ${zone.thumbHigh} 页；内核中的实际值是 ${zone.low} 和 ${zone.high}。min、low、high 之间的间距相等：min 的四分之一，或区域大小的 watermark_scale_factor${factor}（万分之几），取较大者。`,
  };
}
