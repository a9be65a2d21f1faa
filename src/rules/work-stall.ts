import { attempt } from '../base/attempt.ts';
import { hex } from '../base/hex.ts';
import { addrAdd } from '../base/u64.ts';
import { frameSubject } from '../diagnosis/blame.ts';
import type { Case } from '../diagnosis/case.ts';
import { logEvidence, present, wordEvidence } from '../diagnosis/evidence.ts';
import type { Rule } from '../diagnosis/rule.ts';
import { canDieOfWaiting, taskWords, waitEvidence } from '../diagnosis/wait-evidence.ts';
import { findTask } from '../kernel/task.ts';
import { secondsSinceTick } from '../kernel/ticks.ts';
import { waitGraph } from '../kernel/wait-graph.ts';
import { type Worker, type WorkerPool, workerPools } from '../kernel/workqueue.ts';
import type { Evidence, Finding } from '../report/finding.ts';

/** The kernel's own limit: CONFIG_WQ_WATCHDOG, workqueue.watchdog_thresh. */
const STALL_SECONDS = 30;
const LINE = /^BUG: workqueue lockup/;
const MOST_POOLS = 2;
const MOST_WORKERS = 4;

/** Works wait in a pool from which none has been taken for long. */
export const workStall: Rule = {
  id: 'work.stall',
  title: 'Works are not executed',
  source: 'kernel/workqueue.c, wq_watchdog_timer_fn(); Documentation/core-api/workqueue.rst',
  *check(of) {
    let count = 0;
    for (const pool of workerPools(of.prog).pools) {
      if (pool.pending.length === 0) continue;
      const seconds = attempt(() => secondsSinceTick(of.prog, pool.progress));
      if (seconds === undefined || seconds < STALL_SECONDS) continue;
      yield finding(of, pool, Math.floor(seconds));
      if (++count === MOST_POOLS) return;
    }
  },
};

/** A worker with a work: one that runs keeps the pool from waking another. */
interface Busy extends Worker {
  readonly state: string | undefined;
}

function busyWorkers(of: Case, pool: WorkerPool): Busy[] {
  const busy = pool.workers.filter((w) => w.work !== 0n);
  return busy.map((w) => ({ ...w, state: findTask(of.prog, w.task)?.state }));
}

function finding(of: Case, pool: WorkerPool, seconds: number): Finding {
  const busy = busyWorkers(of, pool);
  const running = busy.find((w) => w.state === 'RU');
  const where =
    pool.cpu < 0
      ? { en: `pool ${pool.id}`, zh: `工作池 ${pool.id}` }
      : { en: `CPU ${pool.cpu}`, zh: `CPU ${pool.cpu}` };
  const names = [...new Set(busy.map((w) => w.function ?? '?'))].slice(0, MOST_WORKERS).join(', ');
  const blocked = busy.filter((w) => w.state === 'UN').length;
  const n = pool.pending.length;
  const hog = running?.function;
  const kills = canDieOfWaiting(of.fatal?.kind);
  const by = hog === undefined ? '' : `: ${hog} does not give way`;
  return {
    severity: kills ? 'cause' : 'suspect',
    confidence: 'likely',
    title: {
      en: `Works of ${where.en} are not executed${by}`,
      zh: `${where.zh} 的工作项得不到执行${hog === undefined ? '' : `：${hog} 不让出`}`,
    },
    sentence: {
      en: `${n} ${n === 1 ? 'work waits' : 'works wait'} on ${where.en}, none was taken for ${seconds} s; ${busy.length} ${busy.length === 1 ? 'worker is' : 'workers are'} busy${names === '' ? '' : ` with ${names}`}, ${blocked} of them blocked.`,
      zh: `${where.zh} 上有 ${n} 个工作项等待，已 ${seconds} 秒无进展；${busy.length} 个工作线程忙${names === '' ? '' : `于 ${names}`}，其中 ${blocked} 个阻塞。`,
    },
    subject: { ...workSubject(running ?? busy[0]), address: hex(pool.address), type: 'worker_pool' },
    evidence: evidenceOf(of, pool, busy),
    explains: ['panic.asked', 'panic.nmi', 'wait.hung-task'],
  };
}

/** The function of the work that a worker executes, with its module. */
function workSubject(worker: Busy | undefined): Finding['subject'] {
  return worker?.function === undefined ? {} : frameSubject({ symbol: worker.function, module: worker.module ?? null });
}

function evidenceOf(of: Case, pool: WorkerPool, busy: readonly Worker[]): Evidence[] {
  const line = of.log.map((r) => r.text.split('\n')[0] ?? '').findLast((l) => LINE.test(l));
  const what = { en: 'the first work of its list', zh: '其列表中的第一个工作项' };
  const since = {
    en: 'in ticks, when a work was taken last (jiffies tells the time now)',
    zh: '最近一次取走工作项的时刻（单位为节拍；当前时刻见 jiffies）',
  };
  const at = (member: string): bigint => addrAdd(pool.address, of.prog.offset('worker_pool', member));
  return [
    ...(line === undefined ? [] : [logEvidence(line)]),
    ...present(
      wordEvidence(of.prog, what, at('worklist')),
      attempt(() => wordEvidence(of.prog, since, at('last_progress_ts'))) ??
        attempt(() => wordEvidence(of.prog, since, at('watchdog_ts'))),
    ),
    ...busy.slice(0, MOST_WORKERS).flatMap((w) => workerEvidence(of, w)),
  ];
}

function workerEvidence(of: Case, worker: Worker): Evidence[] {
  const task = findTask(of.prog, worker.task);
  const wait = task && waitGraph(of.prog).waits.find((w) => w.task.address === task.address);
  if (wait) return waitEvidence(of.prog, wait);
  if (!task || worker.function === undefined) return [];
  const what = { en: `the work that ${taskWords(task)} executes`, zh: `${taskWords(task)} 正在执行的工作项` };
  return [{ what, value: worker.function, command: `bt ${task.pid}` }];
}
