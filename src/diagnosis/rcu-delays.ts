import { attempt } from '../base/attempt.ts';
import { hexPad } from '../base/hex.ts';
import type { Phrase } from '../base/phrase.ts';
import type { GracePeriod } from '../kernel/rcu-grace-period.ts';
import { findTask, type TaskRecord } from '../kernel/task.ts';
import type { Evidence } from '../report/finding.ts';
import type { FrameData } from '../report/stack-data.ts';
import { frameName } from './blame.ts';
import type { Case } from './case.ts';
import { contextWords, type StuckCpu, stuckCpu } from './stuck-cpu.ts';
import { taskPlace } from './task-place.ts';
import { taskWords } from './wait-evidence.ts';

/** Of the CPUs and readers that hold it up, how many are told. */
const MOST = 8;

/** A CPU that has not reported, or a reader that was preempted or sleeps. */
export interface RcuDelay {
  readonly cpu?: number;
  readonly task?: TaskRecord;
  readonly frame?: FrameData | undefined;
  /** Where that CPU is: maybe in an interrupt or softirq, with which the task has nothing to do. */
  readonly stuck?: StuckCpu;
}

/** Who holds up a grace period, as far as that can be told. */
export function rcuDelays(of: Case, grace: GracePeriod | undefined): RcuDelay[] {
  const cpus = (grace?.cpus ?? []).slice(0, MOST).map((cpu): RcuDelay => {
    const stuck = attempt(() => stuckCpu(of, cpu));
    return stuck ? { cpu, task: stuck.task, frame: stuck.frame, stuck } : { cpu };
  });
  const readers = (grace?.tasks ?? []).slice(0, MOST).flatMap((address): RcuDelay[] => {
    const task = findTask(of.prog, address);
    return task ? [{ task, frame: attempt(() => taskPlace(of, task)) }] : [];
  });
  return [...cpus, ...readers];
}

export function delayWords({ cpu, task, frame, stuck }: RcuDelay): Phrase {
  if (cpu !== undefined) {
    const where = task ? `${taskWords(task)}, ${frameName(frame)}` : '?';
    const context = stuck ? contextWords(stuck) : { en: '', zh: '' };
    return { en: `CPU ${cpu} (${where}${context.en})`, zh: `CPU ${cpu}（${where}${context.zh}）` };
  }
  const who = task ? taskWords(task) : '?';
  if (!frame) return { en: `the reader ${who}`, zh: `读者 ${who}` };
  const sleeps = task?.state !== 'RU';
  return {
    en: `the reader ${who}, which ${sleeps ? 'sleeps' : 'was preempted'} in ${frameName(frame)}`,
    zh: `读者 ${who}（${sleeps ? '睡眠于' : '被抢占于'} ${frameName(frame)}）`,
  };
}

/** Where the CPU or the reader is that holds it up. */
export function delayEvidence({ cpu, task, frame }: RcuDelay): Evidence[] {
  if (!task) return [];
  if (cpu !== undefined) {
    const what = { en: `what CPU ${cpu} runs, which has not reported`, zh: `尚未上报的 CPU ${cpu} 上运行的任务` };
    return [{ what, value: hexPad(task.address), command: `bt -c ${cpu}` }];
  }
  if (!frame || frame.symbol === null) return [];
  const what = { en: `where the reader ${taskWords(task)} is`, zh: `读者 ${taskWords(task)} 所在的函数` };
  return [{ what, value: frame.symbol, command: `bt ${task.pid}` }];
}
