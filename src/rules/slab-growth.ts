import type { Case } from '../diagnosis/case.ts';
import { type Inodes, inodesOf } from '../diagnosis/inode-holder.ts';
import { percent, pressure, share, sizeOf } from '../diagnosis/memory-pressure.ts';
import type { Rule } from '../diagnosis/rule.ts';
import { taskTable } from '../kernel/task.ts';
import type { Evidence, Finding } from '../report/finding.ts';
import { memoryJudgement } from '../report/memory-judgement-data.ts';
import type { MemoryJudgement, SlabShareData } from '../report/memory-judgement-schema.ts';

/** One cache that cannot be reclaimed, from this part of the memory on, looks like a leak: healthy machines stay far below. */
const LEAK = 0.12;
/** Inodes and directory entries may take what nobody else needs. */
const RECLAIMABLE = 0.4;
/** Objects that every task has a few of are explained by the tasks. */
const A_TASK = 4;

/** A slab cache has grown out of proportion. */
export const slabGrowth: Rule = {
  id: 'memory.slab-growth',
  title: 'A slab cache holds an unusual part of the memory',
  source: 'Leaks of kernel objects as SUnreclaim of /proc/meminfo shows them; Documentation/filesystems/proc.rst',
  *check(of: Case): Iterable<Finding> {
    const memory = memoryJudgement(of.prog);
    const few = A_TASK * taskTable(of.prog).tasks.length;
    const leak = memory.slab.find((c) => !c.reclaimable && share(memory, c.pages) >= LEAK && c.objects > few);
    if (leak) yield leakFinding(memory, leak, inodesOf(of.prog, leak));
    const loose = memory.balance.held.slabReclaimable ?? 0;
    const largest = memory.slab.find((c) => c.reclaimable);
    if (largest && share(memory, loose) >= RECLAIMABLE) yield cacheFinding(memory, loose, largest);
  },
};

function leakFinding(memory: MemoryJudgement, { cache, pages, objects }: SlabShareData, inodes?: Inodes): Finding {
  const size = `${sizeOf(memory, pages)} (${percent(share(memory, pages))})`;
  const short = pressure(memory) !== 'nothing';
  return {
    severity: short ? 'suspect' : 'context',
    confidence: short ? 'likely' : 'possible',
    title: {
      en: `Slab cache ${cache} holds an unusual part of the memory`,
      zh: `slab 缓存 ${cache} 占用了异常多的内存`,
    },
    sentence: {
      en: `Slab cache ${cache}, which cannot be reclaimed, holds ${size} of the memory: ${inodes ? `${inodes.words.en}, which were not removed` : 'objects of it look leaked by the kernel or a driver'}.`,
      zh: `不可回收的 slab 缓存 ${cache} 占用 ${size} 的内存：${inodes ? `${inodes.words.zh}，没有被删除` : '其对象像是被内核或驱动泄漏'}。`,
    },
    subject: { cache },
    evidence: [pagesOf(cache, pages), objectsOf(cache, objects), ...(inodes ? [inodes.evidence] : [])],
    settle: [
      inodes?.settle ?? {
        en: `Boot with slub_debug=U,${cache} and compare alloc_traces of the cache in /sys/kernel/debug/slab over time.`,
        zh: `以 slub_debug=U,${cache} 启动，并持续比较 /sys/kernel/debug/slab 中该缓存的 alloc_traces。`,
      },
    ],
  };
}

function cacheFinding(memory: MemoryJudgement, loose: number, largest: SlabShareData): Finding {
  const size = `${sizeOf(memory, loose)} (${percent(share(memory, loose))})`;
  return {
    severity: 'context',
    confidence: 'certain',
    title: { en: 'Reclaimable slab caches have grown large', zh: '可回收的 slab 缓存很大' },
    sentence: {
      en: `Slab caches that can be reclaimed hold ${size} of the memory, most of it ${largest.cache}; it is given back when memory is needed, but shrinking them takes time.`,
      zh: `可回收的 slab 占用 ${size} 的内存，其中最多的是 ${largest.cache}；需要内存时会被回收，但收缩需要时间。`,
    },
    subject: { cache: largest.cache },
    evidence: [pagesOf(largest.cache, largest.pages), objectsOf(largest.cache, largest.objects)],
  };
}

function pagesOf(cache: string, pages: number): Evidence {
  return { what: { en: `pages of ${cache}`, zh: `${cache} 的页数` }, value: String(pages), command: 'memory' };
}

function objectsOf(cache: string, objects: number): Evidence {
  const what = { en: `objects that fit into ${cache}`, zh: `${cache} 可容纳的对象数` };
  return { what, value: String(objects), command: 'memory' };
}
