import { attempt } from '../base/attempt.ts';
import { addrAdd } from '../base/u64.ts';
import type { Addr } from '../base/units.ts';
import type { Program } from '../program/program.ts';
import { isKernelPointer } from './kernel-struct.ts';
import { cgroupPath } from './memory-cgroup.ts';

/** A control group that has used up its share of CPU time, so that its tasks do not run until the next period (cpu.max). */
export interface UsedUpQuota {
  readonly group: string;
  /** Seconds of CPU time in each period. */
  readonly quotaSeconds: number;
  readonly periodSeconds: number;
  /** `struct cfs_rq *` of the task's CPU. */
  readonly queue: Addr;
}

const MAX_DEPTH = 32;

/**
 * The nearest group above a task that is throttled on its CPU now (CONFIG_CFS_BANDWIDTH); undefined when none is, or that cannot
 * be told. @param task `struct task_struct *`
 */
export function usedUpQuota(prog: Program, task: Addr): UsedUpQuota | undefined {
  if (!prog.findMember('cfs_rq', 'throttled') || !prog.findMember('sched_entity', 'cfs_rq')) return undefined;
  return attempt(() => {
    let entity = addrAdd(task, prog.offset('task_struct', 'se'));
    for (let depth = 0; isKernelPointer(prog, entity) && depth < MAX_DEPTH; depth++) {
      const own = prog.at('sched_entity', entity);
      const queue = own.get('cfs_rq').toBigInt();
      const runs = prog.at('cfs_rq', queue);
      const quota = runs.get('throttled').toNumber() === 0 ? undefined : quotaOf(prog, queue);
      if (quota && quota.quotaSeconds > 0) return quota; // RUNTIME_INF is -1: no limit, so the mark is damage
      entity = own.get('parent').toBigInt();
    }
    return undefined;
  });
}

function quotaOf(prog: Program, queue: Addr): UsedUpQuota {
  const group = prog.at('task_group', prog.at('cfs_rq', queue).get('tg').toBigInt());
  const seconds = (path: string): number => Number(BigInt.asIntN(64, group.get(path).toBigInt())) / 1e9;
  return {
    group: cgroupPath(prog, group.get('css.cgroup').toBigInt()),
    quotaSeconds: seconds('cfs_bandwidth.quota'),
    periodSeconds: seconds('cfs_bandwidth.period'),
    queue,
  };
}
