import { attempt } from '../base/attempt.ts';
import { hex64 } from '../base/hex.ts';
import type { PanicFacts } from '../kernel/panic.ts';
import { presentCpus } from '../kernel/percpu.ts';
import { currentTask } from '../kernel/sched.ts';
import { findTask, type TaskRecord, taskTable } from '../kernel/task.ts';
import type { Program } from '../program/program.ts';
import type { CrashReport, ReportTask } from '../report/crash-report.ts';
import { stackOf } from '../report/stack-of.ts';

const MAX_BLOCKED = 8;
const MAX_CPUS = 8;
/** Innermost functions of a task that is only mentioned. */
const BRIEF = 4;

/** Tasks in brief. */
export function tasksPart(prog: Program): CrashReport['tasks'] {
  const { tasks, problems } = taskTable(prog);
  return {
    total: countOf(tasks, problems),
    states: countStates(tasks),
    blocked: blocked(prog, tasks),
  };
}

/** What the other CPUs were doing, the busy ones first: there may be hundreds. */
export function otherCpus(prog: Program, panic: PanicFacts, crashed: TaskRecord | undefined): ReportTask[] {
  const found: TaskRecord[] = [];
  for (const cpu of attempt(() => presentCpus(prog)) ?? []) {
    if (cpu === (panic.cpu ?? crashed?.cpu)) continue;
    const address = attempt(() => currentTask(prog, cpu));
    const task = address === undefined ? undefined : findTask(prog, address);
    if (task) found.push({ ...task, cpu });
  }
  const busyFirst = [...found.filter((t) => !t.idle), ...found.filter((t) => t.idle)];
  return busyFirst.slice(0, MAX_CPUS).map((t) => brief(prog, t));
}

function blocked(prog: Program, tasks: readonly TaskRecord[]): ReportTask[] {
  return tasks
    .filter((t) => t.state === 'UN')
    .slice(0, MAX_BLOCKED)
    .map((t) => brief(prog, t));
}

/** How a sleeping task went to sleep says nothing: every one of them did it that way. */
const SLEEPING =
  /^(?:__schedule|schedule|__switch_to(?:_asm)?|schedule_timeout|io_schedule|schedule_preempt_disabled)$/;

function brief(prog: Program, task: TaskRecord): ReportTask {
  const frames = stackOf(prog, task).frames.filter((f) => f.symbol !== null && !SLEEPING.test(f.symbol));
  return {
    pid: task.pid,
    comm: task.comm,
    task: hex64(task.address),
    cpu: task.cpu,
    state: task.state,
    functions: frames.slice(0, BRIEF).map((f) => `${f.symbol}${f.module === null ? '' : ` [${f.module}]`}`),
  };
}

/** No entries and a reason for it: how many there are is not known. */
export function countOf(found: readonly unknown[], problems: readonly unknown[]): number | null {
  return found.length === 0 && problems.length > 0 ? null : found.length;
}

function countStates(tasks: readonly TaskRecord[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const state of tasks.map((t) => t.state).sort()) counts[state] = (counts[state] ?? 0) + 1;
  return counts;
}
