import type { Phrase } from '../base/phrase.ts';
import { lostOwner } from '../diagnosis/lost-owner.ts';
import type { Rule } from '../diagnosis/rule.ts';
import {
  callerWords,
  canDieOfWaiting,
  resourceWords,
  SYMPTOMS_OF_WAITING,
  taskWords,
  waitEvidence,
  waitSubject,
} from '../diagnosis/wait-evidence.ts';
import { type TaskWait, waitGraph } from '../kernel/wait-graph.ts';

/** A task waits for a lock that it has itself: these locks are not recursive. */
export const waitSelfDeadlock: Rule = {
  id: 'wait.self-deadlock',
  title: 'A task waits for its own lock',
  source: 'Documentation/locking/mutex-design.rst: a task may not take a mutex twice',
  *check(of) {
    for (const { waits, sure, behind } of waitGraph(of.prog).cycles) {
      const wait = waits.length === 1 ? waits[0] : undefined;
      if (!wait || lostOwner(of.prog, wait)) continue;
      const what = resourceWords(of.prog, wait.resource);
      const who = taskWords(wait.task);
      const count = behind.length;
      const more =
        count === 0
          ? { en: '', zh: '' }
          : {
              en: `; ${count} more ${count === 1 ? 'task waits' : 'tasks wait'} behind it`,
              zh: `；另有 ${count} 个任务在其后等待`,
            };
      yield {
        severity: canDieOfWaiting(of.fatal?.kind) && sure ? 'cause' : 'suspect',
        confidence: sure ? 'certain' : 'possible',
        title: { en: `Self-deadlock in ${callerWords(wait)}`, zh: `${callerWords(wait)} 中的自死锁` },
        sentence: {
          en: `${who} waits in ${callerWords(wait)} for ${what.en}, ${held(wait).en}${more.en}.`,
          zh: `${who} 在 ${callerWords(wait)} 中等待 ${what.zh}，而${held(wait).zh}${more.zh}。`,
        },
        subject: waitSubject(wait),
        evidence: waitEvidence(of.prog, wait),
        explains: SYMPTOMS_OF_WAITING,
      };
    }
  },
};

/** What it has of that which it waits for. */
function held({ resource }: TaskWait): Phrase {
  switch (resource?.kind) {
    case 'grace-period':
      return {
        en: 'which cannot end because it is in a read-side section of RCU itself',
        zh: '它自身正处于 RCU 读侧临界区，宽限期无法结束',
      };
    case 'work':
      if (resource.type === 'workqueue_struct') {
        return { en: 'one of whose works it executes itself', zh: '它自身正在执行其中的一个工作项' };
      }
      return { en: 'which it executes itself', zh: '正在执行它的正是该任务自己' };
    default:
      return { en: 'which it holds itself', zh: '持有者正是它自己' };
  }
}
