import { attempt } from '../base/attempt.ts';
import { perOwner } from '../base/lazy.ts';
import { addrAdd } from '../base/u64.ts';
import type { Program } from '../program/program.ts';
import { runQueues } from './sched.ts';
import type { TaskRecord } from './task.ts';

/** The scheduler's clock as the run queues last read it: an idle CPU does not, so the latest of all. Nanoseconds. */
const latestClock = perOwner((prog: Program): bigint => {
  const clock = prog.offset('rq', 'clock');
  let latest = 0n;
  for (const queue of runQueues(prog).queues) {
    const now = attempt(() => prog.memory.u64(addrAdd(queue.address, clock))) ?? 0n;
    if (now > latest) latest = now;
  }
  return latest;
});

/**
 * Seconds since a task last ran; of a running one, since it got its CPU. `se.exec_start` is set whenever the scheduler
 * accounts for a running task, last when it goes to sleep; `sched_info.last_arrival` when it gets its CPU.
 */
export function blockedFor(prog: Program, task: TaskRecord): number | undefined {
  return attempt(() => {
    const read = (member: string): bigint => {
      const place = prog.findMember('task_struct', member);
      return place ? prog.memory.u64(addrAdd(task.address, place.offset)) : 0n;
    };
    const arrival = read('sched_info.last_arrival'); // CONFIG_SCHED_INFO
    const accounted = task.active ? 0n : read('se.exec_start');
    const last = arrival > accounted ? arrival : accounted;
    const now = latestClock(prog);
    return last > 0n && now >= last ? Number(now - last) / 1e9 : undefined;
  });
}
