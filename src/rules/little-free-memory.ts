import type { Case } from '../diagnosis/case.ts';
import { percent, pressure, share, sizeOf, watermarkEvidence } from '../diagnosis/memory-pressure.ts';
import type { Rule } from '../diagnosis/rule.ts';
import type { Finding } from '../report/finding.ts';
import { memoryJudgement } from '../report/memory-judgement-data.ts';

/** Free memory below this part of all looks like a shortage to a reader of `kmem -i`. */
const LITTLE = 0.05;

/** Little is free, but the watermarks are met: what looks like the cause and is none. */
export const littleFreeMemory: Rule = {
  id: 'memory.little-free',
  title: 'Little memory is free, which is no shortage',
  source:
    'A dump with 112 MB free of 15 GB, taken for exhausted while every zone was above its high watermark; mm/page_alloc.c',
  *check(of: Case): Iterable<Finding> {
    const memory = memoryJudgement(of.prog);
    const free = memory.balance.held.free;
    if (free === undefined || share(memory, free) >= LITTLE || pressure(memory) !== 'nothing') return;
    if (memory.watermarks.allocations.length === 0) return;
    const size = `${sizeOf(memory, free)} (${percent(share(memory, free))})`;
    const cache = (memory.balance.held.pageCache ?? 0) + (memory.balance.held.slabReclaimable ?? 0);
    yield {
      severity: 'context',
      confidence: 'certain',
      title: { en: 'Little memory is free, but it is not short', zh: '空闲内存很少，但内存并不短缺' },
      sentence: {
        en: `Only ${size} is free, and still every request is served at once: a zone is above its low watermark. ${sizeOf(memory, cache)} of page cache and slab can be dropped when needed.`,
        zh: `只有 ${size} 空闲，但申请仍能立即满足：有内存区域高于 low 水位。另有 ${sizeOf(memory, cache)} 的页缓存和 slab 可在需要时回收。`,
      },
      evidence: watermarkEvidence(memory),
    };
  },
};
