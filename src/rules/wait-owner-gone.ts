import type { Phrase } from '../base/phrase.ts';
import { addrAdd } from '../base/u64.ts';
import type { Case } from '../diagnosis/case.ts';
import { logEvidence, present, wordEvidence } from '../diagnosis/evidence.ts';
import { longWait } from '../diagnosis/hung-reports.ts';
import { killedTasks } from '../diagnosis/killed-tasks.ts';
import { type LostOwner, lostOwner } from '../diagnosis/lost-owner.ts';
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
import { type GraphResource, type TaskWait, waitGraph } from '../kernel/wait-graph.ts';
import type { OopsReport } from '../oops/oops-report.ts';
import type { Finding } from '../report/finding.ts';

const MOST = 3;

/** Tasks wait for a lock whose owner has ended without giving it back. */
export const waitOwnerGone: Rule = {
  id: 'wait.owner-gone',
  title: 'A lock was left taken by a task that has ended',
  source:
    'Documentation/locking/mutex-design.rst: a task may not exit with a mutex held; kernel/exit.c, make_task_dead()',
  *check(of) {
    const told = new Set<GraphResource>();
    const waits = waitGraph(of.prog).waits.filter((w) => w.task.state === 'UN' && (w.seconds ?? 0) >= longWait(of));
    for (const wait of waits.sort((a, b) => (b.seconds ?? 0) - (a.seconds ?? 0))) {
      if (!wait.resource || told.has(wait.resource)) continue;
      told.add(wait.resource);
      const lost = lostOwner(of.prog, wait);
      if (lost) yield finding(of, wait, wait.resource, lost);
      if (told.size === MOST) return;
    }
  },
};

function finding(of: Case, wait: TaskWait, resource: GraphResource, lost: LostOwner): Finding {
  const what = resourceWords(of.prog, resource);
  const n = Math.max(1, resource.waiting.length);
  const seconds = Math.floor(wait.seconds ?? 0);
  const killed = killedTasks(of)[0];
  const oops = killed ? oopsWords(killed) : { en: '', zh: '' };
  const kills = canDieOfWaiting(of.fatal?.kind);
  const owner = { en: 'its owner: a task that is no more', zh: '其 owner：已不存在的任务' };
  const at = addrAdd(resource.address, of.prog.offset(resource.type, 'owner'));
  return {
    severity: kills ? 'cause' : 'suspect',
    confidence: 'likely',
    title: {
      en: `A task ended with ${what.en} held${killed ? `, killed by an oops in ${killed.frame}` : ''}`,
      zh: `有任务在持有 ${what.zh} 时结束${killed ? `：被 ${killed.frame} 中的 oops 杀死` : ''}`,
    },
    sentence: {
      en: `${n} ${n === 1 ? 'task waits' : 'tasks wait'}, the longest since ${seconds} s in ${callerWords(wait)}, for ${what.en}, which nobody will give back: ${lost.why.en}${oops.en}.`,
      zh: `${n} 个任务在等待 ${what.zh}，最长的在 ${callerWords(wait)} 中已等 ${seconds} 秒，但无人会释放它：${lost.why.zh}${oops.zh}。`,
    },
    subject: { ...waitSubject(wait), ...(killed && { function: killed.frame, ...moduleOf(killed) }) },
    evidence: [
      ...(killed ? [logEvidence(killed.message, KILLED)] : []),
      ...waitEvidence(of.prog, wait).slice(0, 2),
      ...present(wordEvidence(of.prog, owner, at)),
    ],
    ...(killed === undefined && { settle: [SETTLE] }),
    explains: SYMPTOMS_OF_WAITING,
  };
}

const KILLED: Phrase = { en: 'the oops that killed a task before', zh: '此前杀死任务的 oops' };
const SETTLE: Phrase = {
  en: 'which code takes this lock and returns, or ends its thread, without giving it back: a kernel with CONFIG_PROVE_LOCKING reports a task that exits with a lock held',
  zh: '哪段代码取得该锁后未释放便返回或结束线程：启用 CONFIG_PROVE_LOCKING 的内核会报告带锁退出的任务',
};

function oopsWords({ reporter, frame }: OopsReport): Phrase {
  const who = taskWords({ pid: reporter.pid ?? 0, comm: reporter.comm ?? '?' });
  return {
    en: `; ${who} was killed by an oops in ${frame} before, and what it held stays taken`,
    zh: `；此前 ${who} 在 ${frame} 中被 oops 杀死，它所持有的锁不会再释放`,
  };
}

/** The module of the function that is blamed. */
function moduleOf({ place, traces, mainTrace, frame }: OopsReport): { module?: string } {
  const frames = [...(place ? [place] : []), ...(traces[mainTrace ?? 0]?.frames ?? [])];
  const module = frames.find((f) => f.function === frame)?.module;
  return module === undefined ? {} : { module };
}
