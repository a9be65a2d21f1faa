import type { Case } from '../diagnosis/case.ts';
import { percent, pressure, share } from '../diagnosis/memory-pressure.ts';
import type { Rule } from '../diagnosis/rule.ts';
import type { Finding } from '../report/finding.ts';
import { memoryJudgement } from '../report/memory-judgement-data.ts';
import { swapSentence } from '../report/memory-sentences.ts';

/** Without swap only this part of memory in processes makes it worth a word. */
const MUCH = 0.5;

/** No swap space, or none left: processes' memory cannot be reclaimed. */
export const swapSpace: Rule = {
  id: 'memory.swap',
  title: 'Swap space is absent or full',
  source: 'can_reclaim_anon_pages() in mm/vmscan.c',
  *check(of: Case): Iterable<Finding> {
    const memory = memoryJudgement(of.prog);
    const { total, free } = memory.swap;
    if (total === null || free === null) return;
    const { anonymous = 0, sharedMemory = 0 } = memory.balance.held;
    const part = share(memory, anonymous + sharedMemory);
    const full = total > 0 && free <= 0;
    if (!full && !(total === 0 && (part >= MUCH || pressure(memory) !== 'nothing'))) return;
    const sentence = swapSentence(memory);
    yield {
      severity: 'context',
      confidence: 'certain',
      title: full
        ? { en: 'Swap space is full', zh: '交换空间已满' }
        : { en: 'There is no swap space', zh: '没有交换空间' },
      sentence: {
        en: `${sentence.en} Processes and shared memory hold ${percent(part)} of the memory.`,
        zh: `${sentence.zh}进程和共享内存占用全部内存的 ${percent(part)}。`,
      },
      evidence: [
        // `swap` needs the symbol of the areas, which not every kernel keeps
        {
          what: { en: 'swap space', zh: '交换空间' },
          value: full ? sentence.en : 'There is no swap space',
          command: 'memory',
        },
        {
          what: { en: 'anonymous memory of processes, pages', zh: '进程的匿名内存（页）' },
          value: String(anonymous),
          command: 'memory',
        },
      ],
    };
  },
};
