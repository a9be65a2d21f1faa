import type { Case } from '../diagnosis/case.ts';
import {
  holderEvidence,
  largestHolders,
  percent,
  pressure,
  processEvidence,
  share,
  watermarkEvidence,
} from '../diagnosis/memory-pressure.ts';
import { oomStop } from '../diagnosis/oom-stop.ts';
import type { Rule } from '../diagnosis/rule.ts';
import type { Finding } from '../report/finding.ts';
import { memoryJudgement } from '../report/memory-judgement-data.ts';
import { HOLDER_NAMES, swapSentence } from '../report/memory-sentences.ts';
import { OUTCOMES } from '../report/zone-mark-data.ts';

/** No zone could give a page without reclaiming: the kernel's own test, not a share of free memory. */
export const memoryExhausted: Rule = {
  id: 'memory.exhausted',
  title: "Memory is short by the kernel's own test",
  source: '__zone_watermark_ok() and should_reclaim_retry() in mm/page_alloc.c',
  *check(of: Case): Iterable<Finding> {
    const memory = memoryJudgement(of.prog);
    const outcome = pressure(memory);
    // then that rule tells it
    const stopped = oomStop(of) !== undefined;
    if (outcome === 'nothing' || stopped) return;
    const swap = swapSentence(memory);
    const [first] = largestHolders(memory, 1);
    const most = first && {
      en: `; most of the memory is held by: ${HOLDER_NAMES[first.holder].en} (${percent(share(memory, first.pages))})`,
      zh: `；占用最多的是：${HOLDER_NAMES[first.holder].zh}（${percent(share(memory, first.pages))}）`,
    };
    const tight = outcome === 'kswapd';
    yield {
      severity: tight ? 'context' : 'suspect',
      confidence: 'certain',
      title: tight
        ? { en: 'Memory is tight: kswapd works', zh: '内存紧张：kswapd 在工作' }
        : { en: 'Memory is exhausted', zh: '内存耗尽' },
      sentence: {
        en: `When the kernel asks for a page, ${OUTCOMES[outcome].en}${most?.en ?? ''}. ${swap.en}`,
        zh: `内核申请一页内存时，${OUTCOMES[outcome].zh}${most?.zh ?? ''}。${swap.zh}`,
      },
      evidence: [
        ...watermarkEvidence(memory),
        ...holderEvidence(memory, 3),
        ...(tight ? [] : processEvidence(memory, 3)),
      ],
    };
  },
};
