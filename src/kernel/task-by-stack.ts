import { AnalysisError } from '../base/errors.ts';
import type { Addr } from '../base/units.ts';
import type { Problem } from '../program/ports.ts';
import type { Program } from '../program/program.ts';
import { cpuRegisters } from './cpu-registers.ts';
import { chooseCurrent, runQueues } from './sched.ts';

/**
 * What a CPU ran whose run queue cannot be read: the task on whose stack its registers in the dump are. The task is chosen
 * for the CPU from then on. Returns what was found.
 */
export function currentByStack(prog: Program, tasks: Iterable<Addr>, problems: Problem[]): Addr[] {
  const { unwind } = prog.arch;
  const known = new Set(runQueues(prog).queues.map((q) => q.cpu));
  const lost = prog.image.cpuNotes.map((_, cpu) => cpu).filter((cpu) => !known.has(cpu));
  if (!unwind || lost.length === 0) return [];
  const pointers = new Map<number, Addr>();
  for (const cpu of lost) {
    const values = cpuRegisters(prog, cpu);
    const sp = values && !unwind.isUser(prog, values) ? values[unwind.sp] : undefined;
    if (sp !== undefined) pointers.set(cpu, sp);
  }
  const found: Addr[] = [];
  for (const task of pointers.size > 0 ? tasks : []) {
    const stack = rangeOf(prog, task);
    if (!stack) continue;
    for (const [cpu, sp] of pointers) {
      if (sp <= stack.low || sp > stack.high) continue;
      pointers.delete(cpu);
      found.push(task);
      chooseCurrent(prog, cpu, task);
      problems.push({ what: `running task of CPU ${cpu}`, why: 'found by the stack that its registers are on' });
    }
  }
  return found;
}

function rangeOf(prog: Program, task: Addr): { low: Addr; high: Addr } | undefined {
  try {
    return prog.arch.unwind?.taskStack(prog, task);
  } catch (e) {
    if (!(e instanceof AnalysisError)) throw e;
    return undefined;
  }
}
