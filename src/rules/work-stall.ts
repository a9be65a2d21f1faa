import { attempt } from '../base/attempt.ts';
import { hex } from '../base/hex.ts';
import { addrAdd } from '../base/u64.ts';
import type { Case } from '../diagnosis/case.ts';
import { logEvidence, present, wordEvidence } from '../diagnosis/evidence.ts';
import type { Rule } from '../diagnosis/rule.ts';
import { taskWords, waitEvidence } from '../diagnosis/wait-evidence.ts';
import { findTask } from '../kernel/task.ts';
import { tickRate } from '../kernel/timekeeping.ts';
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
      const seconds = pool.pending.length > 0 ? sinceProgress(of, pool) : undefined;
      if (seconds === undefined || seconds < STALL_SECONDS) continue;
      yield finding(of, pool, seconds);
      if (++count === MOST_POOLS) return;
    }
  },
};

function sinceProgress(of: Case, pool: WorkerPool): number | undefined {
  const symbol = of.prog.findSymbol('jiffies_64') ?? of.prog.findSymbol('jiffies');
  const now = symbol && attempt(() => of.prog.memory.u64(symbol.address));
  const rate = attempt(() => tickRate(of.prog));
  return now === undefined || rate === undefined || now < pool.progress
    ? undefined
    : Number(now - pool.progress) / rate;
}

function finding(of: Case, pool: WorkerPool, seconds: number): Finding {
  const busy = pool.workers.filter((w) => w.work !== 0n);
  const where =
    pool.cpu < 0
      ? { en: `pool ${pool.id}`, zh: `工作池 ${pool.id}` }
      : { en: `CPU ${pool.cpu}`, zh: `CPU ${pool.cpu}` };
  const names = [...new Set(busy.map((w) => w.function ?? '?'))].slice(0, MOST_WORKERS).join(', ');
  const whole = Math.floor(seconds);
  const blocked = busy.filter((w) => findTask(of.prog, w.task)?.state === 'UN').length;
  return {
    severity: 'suspect',
    confidence: 'likely',
    title: { en: `Works of ${where.en} are not executed`, zh: `${where.zh} 的工作项得不到执行` },
    sentence: {
      en: `${pool.pending.length} works wait on ${where.en}, none was taken for ${whole} s; ${busy.length} workers are busy${names === '' ? '' : ` with ${names}`}, ${blocked} of them blocked.`,
      zh: `${where.zh} 上有 ${pool.pending.length} 个工作项等待，已 ${whole} 秒无进展；${busy.length} 个工作线程忙${names === '' ? '' : `于 ${names}`}，其中 ${blocked} 个阻塞。`,
    },
    subject: { address: hex(pool.address), type: 'worker_pool' },
    evidence: evidenceOf(of, pool, busy),
  };
}

function evidenceOf(of: Case, pool: WorkerPool, busy: readonly Worker[]): Evidence[] {
  const line = of.log.map((r) => r.text.split('\n')[0] ?? '').findLast((l) => LINE.test(l));
  const what = { en: 'the first work of its list', zh: '其列表中的第一个工作项' };
  const list = addrAdd(pool.address, of.prog.offset('worker_pool', 'worklist'));
  return [
    ...(line === undefined ? [] : [logEvidence(line)]),
    ...present(wordEvidence(of.prog, what, list)),
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
