import type { Case } from '../diagnosis/case.ts';
import type { Rule } from '../diagnosis/rule.ts';
import type { Finding } from '../report/finding.ts';
import { memoryJudgement } from '../report/memory-judgement-data.ts';
import { RECLAIM_NAMES } from '../report/memory-sentences.ts';

/** The task that died was reclaiming memory, or others were. */
export const reclaimAtDeath: Rule = {
  id: 'memory.reclaim',
  title: 'Memory was being reclaimed when the kernel died',
  source: 'Four dumps of one fleet that all died below shrink_slab(); mm/vmscan.c',
  *check(of: Case): Iterable<Finding> {
    const { reclaim } = memoryJudgement(of.prog);
    const own = reclaim.find((t) => t.pid === of.crashed?.pid);
    const shown = own ?? reclaim[0];
    if (!shown) return;
    const others = reclaim.length - 1;
    const what = RECLAIM_NAMES[shown.kind];
    const shrinker = shown.shrinker === undefined ? '' : ` in ${shown.shrinker}`;
    const who = `${shown.comm} (pid ${shown.pid})`;
    const alike = others === 1 ? ', and so does 1 other task' : others > 1 ? `, and so do ${others} other tasks` : '';
    yield {
      severity: 'context',
      confidence: 'certain',
      title: own
        ? { en: 'The task that died was reclaiming memory', zh: '崩溃的任务当时正在回收内存' }
        : { en: 'Memory was being reclaimed', zh: '当时正在回收内存' },
      sentence: {
        en: `${who} ${what.en}${shrinker}${alike}.`,
        zh: `${who} ${what.zh}${shrinker === '' ? '' : `（${shown.shrinker}）`}${others > 0 ? `，另有 ${others} 个任务也是如此` : ''}。`,
      },
      subject: { pid: shown.pid, function: shown.function },
      evidence: [
        {
          what: { en: `function in the stack of ${who}`, zh: `${who} 栈中的函数` },
          value: shown.function,
          command: 'memory',
        },
      ],
    };
  },
};
