import type { Case } from '../diagnosis/case.ts';
import type { Rule } from '../diagnosis/rule.ts';
import type { Evidence, Finding } from '../report/finding.ts';
import { memoryJudgement } from '../report/memory-judgement-data.ts';
import type { OvercommitData } from '../report/memory-judgement-schema.ts';
import { overcommitSentence } from '../report/memory-sentences.ts';

/** In mode 2 requests fail near the limit: from this part of it on it is worth a look. */
const NEAR = 0.95;

/** More is committed than CommitLimit: a fault in one mode, nothing in the others. */
export const overcommitted: Rule = {
  id: 'memory.overcommit',
  title: 'More memory is committed than the limit',
  source: 'Documentation/mm/overcommit-accounting.rst; __vm_enough_memory() in mm/util.c',
  *check(of: Case): Iterable<Finding> {
    const { overcommit } = memoryJudgement(of.prog);
    const { limit, committed, mode } = overcommit;
    if (limit === null || committed === null || limit === 0) return;
    const enforced = mode === 'never';
    if (committed <= (enforced ? limit * NEAR : limit)) return;
    const percent = `${Math.round((committed * 100) / limit)}%`;
    const sentence = overcommitSentence(overcommit);
    yield {
      severity: enforced ? 'suspect' : 'context',
      confidence: enforced ? 'likely' : 'certain',
      title: enforced
        ? { en: 'Requests for memory fail: the commit limit is reached', zh: '申请内存会失败：已达到提交上限' }
        : {
            en: `${percent} of the commit limit is committed, which is no fault`,
            zh: `已提交上限的 ${percent}，这不是错误`,
          },
      sentence: {
        en: `Processes have asked for ${percent} of CommitLimit. ${sentence.en}`,
        zh: `进程申请的内存为 CommitLimit 的 ${percent}。${sentence.zh}`,
      },
      evidence: evidenceOf(overcommit, limit, committed),
    };
  },
};

function evidenceOf({ mode }: OvercommitData, limit: number, committed: number): Evidence[] {
  const evidence: Evidence[] = [
    { what: { en: 'CommitLimit, pages', zh: 'CommitLimit（页）' }, value: String(limit), command: 'memory' },
    { what: { en: 'Committed_AS, pages', zh: 'Committed_AS（页）' }, value: String(committed), command: 'memory' },
  ];
  const modes = { heuristic: '0 (heuristic)', always: '1 (always)', never: '2 (never)' };
  if (mode !== null) {
    evidence.unshift({
      what: { en: 'mode', zh: '模式' },
      value: `vm.overcommit_memory ${modes[mode]}`,
      command: 'memory',
    });
  }
  return evidence;
}
