import { attempt } from '../base/attempt.ts';
import type { Phrase } from '../base/phrase.ts';
import { frameName } from '../diagnosis/blame.ts';
import type { Case } from '../diagnosis/case.ts';
import { longWait } from '../diagnosis/hung-reports.ts';
import { lostOwner } from '../diagnosis/lost-owner.ts';
import type { Rule } from '../diagnosis/rule.ts';
import { stuckCpu } from '../diagnosis/stuck-cpu.ts';
import {
  callerWords,
  canDieOfWaiting,
  resourceWords,
  taskWords,
  waitEvidence,
  waitSubject,
} from '../diagnosis/wait-evidence.ts';
import { quotaEvidence, quotaSettle, waitsForCpu } from '../diagnosis/waits-for-cpu.ts';
import type { TaskRecord } from '../kernel/task.ts';
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
    (w) =>
      w.resource &&
      (LOCKS.has(w.resource.kind) || isForThread(w, root)) &&
      root.resources.includes(w.resource) &&
      w.task.state === 'UN',
  );
  return direct.sort((a, b) => (b.seconds ?? 0) - (a.seconds ?? 0))[0];
}

/** kthread_stop() and kthread_park(): they wait for a completion of the thread. */
function isForThread({ resource }: TaskWait, { task }: WaitRoot): boolean {
  return resource?.holders.some((h) => h.how === 'thread' && h.task === task.address) ?? false;
}

/** For what the tasks wait, and what the root has to do with it. */
function waitedFor(of: Case, first: TaskWait, root: WaitRoot): Phrase {
  const who = taskWords(root.task);
  if (isForThread(first, root)) {
    const call = first.site.purpose ?? first.site.function;
    return { en: `for the thread ${who} to end (${call})`, zh: `线程 ${who} 结束（${call}）` };
  }
  const what = resourceWords(of.prog, first.resource);
  const executes = first.resource?.kind === 'work';
  return {
    en: `for ${what.en}, ${executes ? 'the turn of' : 'held by'} ${who}`,
    zh: `${executes ? '应由' : ''} ${who} ${executes ? '执行' : '持有'}的 ${what.zh}`,
  };
}

function finding(of: Case, root: WaitRoot, first: TaskWait): Finding {
  const who = taskWords(root.task);
  const what = waitedFor(of, first, root);
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
      en: `${count} ${count === 1 ? 'task waits' : 'tasks wait'}, the longest since ${seconds} s, ${what.en}, which ${does.en}.`,
      zh: `${count} 个任务在等待 ${what.zh}，最长已等 ${seconds} 秒；${who} ${does.zh}。`,
    },
    subject: { ...waitSubject(first), pid: root.task.pid },
    evidence: [
      ...waitEvidence(of.prog, first),
      ...(root.own && root.task.state !== 'RU' ? waitEvidence(of.prog, root.own) : []),
      ...quotaEvidence(of.prog, root.task),
    ],
    settle: quotaSettle(of.prog, root.task),
    explains: ['wait.hung-task', 'panic.asked', 'panic.nmi'],
  };
}

function rootWords(of: Case, { task, own }: WaitRoot): Phrase {
  if (task.active) return runningWords(of, task);
  if (task.state === 'RU') return waitsForCpu(of.prog, task);
  if (!own) return { en: `is in state ${task.state}`, zh: `处于状态 ${task.state}` };
  const seconds = Math.floor(own.seconds ?? 0);
  if (!own.resource) {
    const where = callerWords(own);
    return { en: `sleeps in ${where} since ${seconds} s`, zh: `在 ${where} 中已睡眠 ${seconds} 秒` };
  }
  const what = resourceWords(of.prog, own.resource);
  return { en: `waits for ${what.en} itself since ${seconds} s`, zh: `自身也在等待 ${what.zh}，已 ${seconds} 秒` };
}

function runningWords(of: Case, { cpu }: TaskRecord): Phrase {
  const frame = attempt(() => stuckCpu(of, cpu))?.frame;
  const where = frame ? frameName(frame) : undefined;
  return where === undefined
    ? { en: `runs on CPU ${cpu}`, zh: `正运行于 CPU ${cpu}` }
    : { en: `runs on CPU ${cpu}, in ${where}`, zh: `正运行于 CPU ${cpu}，位于 ${where}` };
}
