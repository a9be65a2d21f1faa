import { attempt } from '../base/attempt.ts';
import { perOwner } from '../base/lazy.ts';
import { type HeldLock, heldLocks } from '../fault/held-locks.ts';
import { presentCpus } from '../kernel/percpu.ts';
import { currentTask } from '../kernel/sched.ts';
import { findTask, type TaskRecord } from '../kernel/task.ts';
import { taskStack } from '../kernel/task-stack.ts';
import type { TaskWait } from '../kernel/wait-graph.ts';
import type { Program } from '../program/program.ts';

/** More CPUs are not followed: each takes the code of its whole stack. */
const MAX_CPUS = 64;

/** Who has a spinning lock, by the code on the stack of the CPU that it runs on. */
export interface SpinHolder extends HeldLock {
  readonly cpu: number;
  readonly task: TaskRecord;
}

/** The spinning locks that code on any CPU has taken. Those of CPUs whose stacks cannot be read are missing. */
const heldOnCpus = perOwner((prog: Program): readonly SpinHolder[] =>
  presentCpus(prog)
    .slice(0, MAX_CPUS)
    .flatMap((cpu) => {
      const address = attempt(() => currentTask(prog, cpu));
      const found = address === undefined ? undefined : findTask(prog, address);
      if (!found) return [];
      const task = { ...found, cpu, active: true };
      const stack = taskStack(prog, task, { recover: true });
      return heldLocks(prog, stack, { cpu, task: task.address }).map((held) => ({ ...held, cpu, task }));
    }),
);

/** Who has the lock that a CPU spins on; a way that certainly took it before one that may have. */
export function spinHolders(prog: Program, { resource }: TaskWait): readonly SpinHolder[] {
  if (!resource || (resource.kind !== 'spinlock' && resource.kind !== 'rwlock')) return [];
  const kinds = resource.kind === 'spinlock' ? ['spin'] : ['read', 'write'];
  const held = heldOnCpus(prog).filter((h) => h.lock === resource.address && kinds.includes(h.how));
  return held.sort((a, b) => Number(b.sure) - Number(a.sure));
}
