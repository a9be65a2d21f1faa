import type { Phrase } from '../base/phrase.ts';
import type { Case } from '../diagnosis/case.ts';
import { logEvidence } from '../diagnosis/evidence.ts';
import { hungReports } from '../diagnosis/hung-reports.ts';
import { lockOrderEvidence } from '../diagnosis/lock-order.ts';
import type { Rule } from '../diagnosis/rule.ts';
import { spinHolders } from '../diagnosis/spin-holders.ts';
import {
  callerWords,
  canDieOfWaiting,
  resourceWords,
  SYMPTOMS_OF_WAITING,
  taskWords,
  waitEvidence,
  waitSubject,
} from '../diagnosis/wait-evidence.ts';
import { type WaitCycle, waitGraph } from '../kernel/wait-graph.ts';
import type { Evidence, Finding } from '../report/finding.ts';

/** More tasks of one circle are not told one by one. */
const MOST = 6;

/** Tasks wait for each other in a circle: none of them will ever go on. */
export const waitDeadlock: Rule = {
  id: 'wait.deadlock',
  title: 'Deadlock',
  source: 'Documentation/locking/lockdep-design.rst, "Multi-lock dependency rules"; the AB-BA order of two mutexes',
  *check(of) {
    for (const cycle of waitGraph(of.prog).cycles) {
      // cpu.spin-deadlock tells of spinning locks what the code on the stacks has taken
      const spins = cycle.waits.every((w) => w.task.active && spinHolders(of.prog, w).length > 0);
      if (cycle.waits.length > 1 && !spins) yield finding(of, cycle);
    }
  },
};

function finding(of: Case, cycle: WaitCycle): Finding {
  const told = cycle.waits.slice(0, MOST);
  const first = told[0] as (typeof told)[number];
  const names = told.map((w) => resourceWords(of.prog, w.resource));
  const kills = canDieOfWaiting(of.fatal?.kind);
  const behind = cycle.behind.length;
  return {
    severity: kills && cycle.sure ? 'cause' : 'suspect',
    confidence: cycle.sure ? 'certain' : 'possible',
    title: {
      en: `Deadlock of ${cycle.waits.length} tasks: ${callers(cycle)}`,
      zh: `${cycle.waits.length} 个任务死锁：${callers(cycle)}`,
    },
    sentence: sentence(cycle, names, behind),
    subject: waitSubject(first),
    evidence: [...told.flatMap((w) => waitEvidence(of.prog, w)), ...kernelWords(of, cycle)],
    ...(!cycle.sure && { settle: [cycle.waits.every((w) => w.site.kind === 'futex') ? USER : UNSURE] }),
    explains: SYMPTOMS_OF_WAITING,
  };
}

/** What the kernel noticed of it. */
function kernelWords(of: Case, { waits }: WaitCycle): Evidence[] {
  const own = hungReports(of).filter((h) => waits.some((w) => w.task.pid === h.pid && w.task.comm === h.comm));
  const tasks = waits.map((w) => w.task);
  return [...lockOrderEvidence(of, tasks), ...own.slice(0, MOST).map((h) => logEvidence(h.line))];
}

const UNSURE: Phrase = {
  en: 'a kernel with CONFIG_PROVE_LOCKING names the holder of every lock',
  zh: '启用 CONFIG_PROVE_LOCKING 的内核会给出每个锁的持有者',
};

const USER: Phrase = {
  en: "the threads' own stacks, in a core of the process: which of its locks each has taken",
  zh: '该进程 core 中各线程的用户态栈：它们各自持有哪些锁',
};

function callers(cycle: WaitCycle): string {
  return [...new Set(cycle.waits.slice(0, MOST).map(callerWords))].join(', ');
}

function sentence(cycle: WaitCycle, names: readonly Phrase[], behind: number): Phrase {
  const links = cycle.waits.slice(0, MOST).map((wait, i) => {
    const next = cycle.waits[(i + 1) % cycle.waits.length] ?? wait;
    const works = wait.resource?.kind === 'work';
    return {
      en: `${taskWords(wait.task)} waits for ${names[i]?.en}, which ${taskWords(next.task)} ${works ? 'executes' : 'holds'}`,
      zh: `${taskWords(wait.task)} 等待 ${taskWords(next.task)} ${works ? '执行' : '持有'}的 ${names[i]?.zh}`,
    };
  });
  const more = cycle.waits.length - links.length;
  const en = [...links.map((l) => l.en), ...(more > 0 ? [`and so on through ${more} more`] : [])].join('; ');
  const zh = [...links.map((l) => l.zh), ...(more > 0 ? [`依此类推，还有 ${more} 个`] : [])].join('；');
  return {
    en: `Deadlock: ${en}. None of them can go on${behind > 0 ? `, nor can the ${behind} that wait behind them` : ''}.`,
    zh: `死锁：${zh}。它们都无法继续${behind > 0 ? `，其后等待的 ${behind} 个任务也一样` : ''}。`,
  };
}
