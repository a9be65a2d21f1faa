import { hexPad } from '../base/hex.ts';
import type { Phrase } from '../base/phrase.ts';
import { type UsedUpQuota, usedUpQuota } from '../kernel/cpu-quota.ts';
import type { TaskRecord } from '../kernel/task.ts';
import type { Program } from '../program/program.ts';
import type { Evidence } from '../report/finding.ts';

/** Why a task that is ready to run does not, as in `which <words>`. */
export function waitsForCpu(prog: Program, task: TaskRecord): Phrase {
  const quota = usedUpQuota(prog, task.address);
  const plain = { en: `is ready to run and does not get CPU ${task.cpu}`, zh: `可以运行，但得不到 CPU ${task.cpu}` };
  if (!quota) return plain;
  const share = shareWords(quota);
  return {
    en: `${plain.en}, because its control group ${quota.group} has used up its CPU time (cpu.max: ${share.en})`,
    zh: `${plain.zh}，因为其控制组 ${quota.group} 的 CPU 时间已用完（cpu.max：${share.zh}）`,
  };
}

/** `1 ms in each 1000 ms` */
function shareWords({ quotaSeconds, periodSeconds }: UsedUpQuota): Phrase {
  const ms = (seconds: number): string => `${Number((seconds * 1000).toFixed(3))} ms`;
  return {
    en: `${ms(quotaSeconds)} in each ${ms(periodSeconds)}`,
    zh: `每 ${ms(periodSeconds)} 可用 ${ms(quotaSeconds)}`,
  };
}

/** That its group is throttled. */
export function quotaEvidence(prog: Program, task: TaskRecord): Evidence[] {
  const quota = task.state === 'RU' && !task.active ? usedUpQuota(prog, task.address) : undefined;
  if (!quota) return [];
  return [
    {
      what: { en: `${quota.group} is held back on this CPU`, zh: `${quota.group} 在该 CPU 上被限流` },
      value: '1',
      command: `struct cfs_rq.throttled ${hexPad(quota.queue)}`,
    },
  ];
}

/** What helps where a group's share of CPU time keeps a lock from being given back. */
export function quotaSettle(prog: Program, task: TaskRecord): Phrase[] {
  const quota = task.state === 'RU' && !task.active ? usedUpQuota(prog, task.address) : undefined;
  if (!quota) return [];
  return [
    {
      en: `Raise cpu.max of ${quota.group} (resources.limits.cpu of a container): a task that is held back inside a system call keeps its locks, and others wait for them.`,
      zh: `提高 ${quota.group} 的 cpu.max（容器的 resources.limits.cpu）：任务在系统调用中被限流时仍持有锁，其他任务只能等待。`,
    },
  ];
}
