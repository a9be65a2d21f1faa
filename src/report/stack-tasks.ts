import { UsageError } from '../base/errors.ts';
import type { Addr } from '../base/units.ts';
import { panicFacts } from '../kernel/panic.ts';
import { presentCpus } from '../kernel/percpu.ts';
import { currentTask } from '../kernel/sched.ts';
import { findTask, type TaskRecord, taskTable } from '../kernel/task.ts';
import type { Program } from '../program/program.ts';
import { type Args, parseCpus, parsePidOrAddress } from './args.ts';
import type { CommandContext } from './command.ts';

/** The tasks that `bt` was asked for: by CPU, by pid or address, the one that crashed, or the current one. @param missing takes those that there are not */
export function stackTasks(
  context: CommandContext,
  args: Args,
  missing: { what: string; why: string }[],
): TaskRecord[] {
  const { prog } = context;
  const add = (into: TaskRecord[], what: string, key: number | Addr | undefined): void => {
    const task = key === undefined ? undefined : findTask(prog, key);
    if (task) into.push(task);
    else missing.push({ what, why: 'no such task' });
  };
  const found: TaskRecord[] = [];
  const cpus = args.value('c');
  if (cpus !== undefined || args.has('a') || args.has('A')) {
    const known = presentCpus(prog);
    for (const cpu of parseCpus(cpus ?? 'a', known, 'bt'))
      add(found, `active task of CPU ${cpu}`, currentTask(prog, cpu));
    return found;
  }
  for (const word of args.operands) {
    const key = parsePidOrAddress(word);
    if (key === undefined) throw new UsageError(`bt: '${word}' is neither a pid nor a task address`);
    if (key === 0) found.push(...presentCpus(prog).flatMap((cpu) => idleTask(prog, cpu)));
    else add(found, word, key);
  }
  if (args.operands.length === 0) {
    const task = args.has('p') ? panicFacts(prog).task : context.task;
    add(found, 'that crashed (the dump does not tell; name one, or use bt -a)', task);
  }
  return found;
}

/** pid 0 stands for every CPU's idle task. */
function idleTask(prog: Program, cpu: number): TaskRecord[] {
  return taskTable(prog).tasks.filter((t) => t.idle && t.cpu === cpu);
}

/** Every thread of a task's group, the leader first. */
export function threadGroup(prog: Program, task: TaskRecord): TaskRecord[] {
  if (task.idle) return [task];
  const threads = taskTable(prog).tasks.filter((t) => t.tgid === task.tgid && !t.idle);
  return [...threads.filter((t) => t.threadGroupLeader), ...threads.filter((t) => !t.threadGroupLeader)];
}
