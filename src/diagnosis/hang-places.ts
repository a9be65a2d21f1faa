import { attempt } from '../base/attempt.ts';
import { hexPad } from '../base/hex.ts';
import { gracePeriod } from '../kernel/rcu-grace-period.ts';
import { findTask } from '../kernel/task.ts';
import { type TaskWait, waitGraph } from '../kernel/wait-graph.ts';
import { workerPools } from '../kernel/workqueue.ts';
import type { Evidence } from '../report/finding.ts';
import type { Case } from './case.ts';
import { stuckCpu } from './stuck-cpu.ts';
import { stuckDisks } from './stuck-disk.ts';
import { taskPlace } from './task-place.ts';
import { canDieOfWaiting, startedEvidence, taskWords } from './wait-evidence.ts';

/** A function in which something stands that others wait for. */
export interface HangPlace {
  readonly module: string;
  readonly evidence: Evidence;
}

/** Of the pools, CPUs and readers, how many are looked at. */
const MOST = 16;

/**
 * Code of modules that takes part in a hang: of tasks in a deadlock, of those who wait for a lock or hold one that is waited
 * for, of readers and CPUs that hold up RCU, of works that others wait behind. None where the kernel did not die of waiting.
 */
export function hangPlaces(of: Case): HangPlace[] {
  if (!canDieOfWaiting(of.fatal?.kind)) return [];
  return [...waitPlaces(of), ...lockupPlaces(of), ...rcuPlaces(of), ...workPlaces(of), ...diskPlaces(of)];
}

function waitPlaces(of: Case): HangPlace[] {
  const graph = waitGraph(of.prog);
  const waits = new Set<TaskWait>(graph.cycles.flatMap((c) => c.waits));
  for (const wait of graph.waits) if (wait.task.state === 'UN') waits.add(wait);
  for (const root of graph.roots) if (root.own) waits.add(root.own);
  return [...waits].flatMap(({ task, site, caller }): HangPlace[] => {
    if (caller?.module === undefined) return [];
    const what = {
      en: `${taskWords(task)} waits in ${site.function}, called by its code`,
      zh: `${taskWords(task)} 在 ${site.function} 中等待，由它的代码调用`,
    };
    const evidence =
      caller.started === undefined
        ? { what, value: caller.function, command: `bt ${task.pid}` }
        : startedEvidence(taskWords(task), caller.function, caller.started);
    return [{ module: caller.module, evidence }];
  });
}

/** `watchdog: BUG: soft lockup - CPU#1 stuck for 22s!`, `Watchdog detected hard LOCKUP on cpu 1` */
const LOCKUP = /soft lockup - CPU#(\d+)|hard LOCKUP on cpu (\d+)/;

function lockupPlaces(of: Case): HangPlace[] {
  const line = of.fatalLines.map((l) => LOCKUP.exec(l)).find((m) => m !== null);
  const found = line ? attempt(() => stuckCpu(of, Number(line[1] ?? line[2]))) : undefined;
  if (!found || found.frame.module === null || found.frame.symbol === null) return [];
  const what = { en: `its code held CPU ${found.cpu}`, zh: `它的代码占用了 CPU ${found.cpu}` };
  const evidence = { what, value: found.frame.symbol, command: `bt -c ${found.cpu}` };
  return [{ module: found.frame.module, evidence }];
}

function rcuPlaces(of: Case): HangPlace[] {
  const grace = of.fatal?.kind === 'RCU stall' ? attempt(() => gracePeriod(of.prog)) : undefined;
  const stuck = (grace?.cpus ?? []).slice(0, MOST).flatMap((cpu) => attempt(() => stuckCpu(of, cpu)) ?? []);
  const readers = (grace?.tasks ?? []).slice(0, MOST).flatMap((address) => {
    const task = findTask(of.prog, address);
    const frame = task && attempt(() => taskPlace(of, task));
    return task && frame ? [{ task, frame }] : [];
  });
  return [...stuck, ...readers].flatMap(({ task, frame }): HangPlace[] => {
    if (frame.module === null || frame.symbol === null) return [];
    const what = { en: `RCU waits for ${taskWords(task)}, in its code`, zh: `RCU 在等待其代码中的 ${taskWords(task)}` };
    return [{ module: frame.module, evidence: { what, value: frame.symbol, command: `bt ${task.pid}` } }];
  });
}

function workPlaces(of: Case): HangPlace[] {
  const pools = attempt(() => workerPools(of.prog).pools) ?? [];
  const waitedFor = pools.filter((p) => p.pending.length > 0).slice(0, MOST);
  return waitedFor.flatMap((pool) =>
    pool.workers.slice(0, MOST).flatMap((worker): HangPlace[] => {
      const task = worker.module === undefined ? undefined : findTask(of.prog, worker.task);
      if (!task || worker.module === undefined || worker.function === undefined) return [];
      const what = {
        en: `works wait behind its function, which ${taskWords(task)} executes`,
        zh: `其他工作项排在它的函数之后，正由 ${taskWords(task)} 执行`,
      };
      return [{ module: worker.module, evidence: { what, value: worker.function, command: `bt ${task.pid}` } }];
    }),
  );
}

function diskPlaces(of: Case): HangPlace[] {
  return (attempt(() => stuckDisks(of.prog)) ?? []).flatMap(({ disk, driver }): HangPlace[] => {
    if (driver?.module === undefined) return [];
    const what = {
      en: `it drives disk ${disk.name}, which does not answer`,
      zh: `它驱动着无响应的磁盘 ${disk.name}`,
    };
    const evidence = { what, value: driver.function, command: `rd -s ${hexPad(driver.word)}` };
    return [{ module: driver.module, evidence }];
  });
}
