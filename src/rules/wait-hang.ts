import type { Phrase } from '../base/phrase.ts';
import type { Case } from '../diagnosis/case.ts';
import { longWait } from '../diagnosis/hung-reports.ts';
import { lostOwner } from '../diagnosis/lost-owner.ts';
import type { Rule } from '../diagnosis/rule.ts';
import {
  callerWords,
  canDieOfWaiting,
  resourceWords,
  taskWords,
  waitEvidence,
  waitSubject,
} from '../diagnosis/wait-evidence.ts';
import { type TaskWait, type WaitGraph, type WaitRoot, waitGraph } from '../kernel/wait-graph.ts';
import type { Finding } from '../report/finding.ts';

const LOCKS = new Set([
  'mutex',
  'rwsem',
  'percpu-rwsem',
  'rt-mutex',
  'semaphore',
  'spinlock',
  'rwlock',
  'page',
  'bit',
  'work',
]);
const MOST = 3;

/** Tasks wait long for a lock whose holder does not go on: the root of the chain. */
export const waitHang: Rule = {
  id: 'wait.hang',
  title: 'Tasks hang behind one that does not go on',
  source: 'kernel/hung_task.c; Documentation/admin-guide/sysctl/kernel.rst, hung_task_timeout_secs',
  *check(of) {
    const graph = waitGraph(of.prog);
    let count = 0;
    for (const root of graph.roots) {
      const first = longestOf(graph, root);
      if (!first || (first.seconds ?? 0) < longWait(of) || lostOwner(of.prog, first)) continue;
      yield finding(of, root, first);
      if (++count === MOST) return;
    }
  },
};

/** The task that has waited longest for a lock that the root has. */
function longestOf(graph: WaitGraph, root: WaitRoot): TaskWait | undefined {
  const direct = graph.waits.filter(
    (w) => w.resource && LOCKS.has(w.resource.kind) && root.resources.includes(w.resource) && w.task.state === 'UN',
  );
  return direct.sort((a, b) => (b.seconds ?? 0) - (a.seconds ?? 0))[0];
}

function finding(of: Case, root: WaitRoot, first: TaskWait): Finding {
  const who = taskWords(root.task);
  const what = resourceWords(of.prog, first.resource);
  const seconds = Math.floor(first.seconds ?? 0);
  const count = root.waiting.length;
  const does = rootWords(of, root);
  const kills = root.sure && canDieOfWaiting(of.fatal?.kind);
  return {
    severity: kills ? 'cause' : 'suspect',
    confidence: kills ? 'likely' : 'possible',
    title: {
      en: `${count} ${count === 1 ? 'task hangs' : 'tasks hang'} behind ${who}`,
      zh: `${count} 个任务卡在 ${who} 之后`,
    },
    sentence: {
      en: `${count} ${count === 1 ? 'task waits' : 'tasks wait'}, the longest since ${seconds} s, for ${what.en}, held by ${who}, which ${does.en}.`,
      zh: `${count} 个任务在等待 ${who} 持有的 ${what.zh}，最长已等 ${seconds} 秒；持有者${does.zh}。`,
    },
    subject: { ...waitSubject(first), pid: root.task.pid },
    evidence: [...waitEvidence(of.prog, first), ...(root.own ? waitEvidence(of.prog, root.own) : [])],
    explains: ['wait.hung-task', 'panic.asked', 'panic.nmi'],
  };
}

function rootWords(of: Case, { task, own }: WaitRoot): Phrase {
  if (task.active) return { en: `runs on CPU ${task.cpu}`, zh: `正运行于 CPU ${task.cpu}` };
  if (!own) return { en: `is in state ${task.state}`, zh: `处于状态 ${task.state}` };
  const seconds = Math.floor(own.seconds ?? 0);
  if (!own.resource) {
    const where = callerWords(own);
    return { en: `sleeps in ${where} since ${seconds} s`, zh: `在 ${where} 中已睡眠 ${seconds} 秒` };
  }
  const what = resourceWords(of.prog, own.resource);
  return { en: `waits for ${what.en} itself since ${seconds} s`, zh: `自身也在等待 ${what.zh}，已 ${seconds} 秒` };
}
