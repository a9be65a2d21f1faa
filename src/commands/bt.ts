import { NotFoundError, UsageError } from '../base/errors.ts';
import type { Addr } from '../base/units.ts';
import { cpuRegisters } from '../kernel/cpu-registers.ts';
import { needTasks } from '../kernel/need-tasks.ts';
import { panicFacts } from '../kernel/panic.ts';
import { presentCpus } from '../kernel/percpu.ts';
import { currentTask } from '../kernel/sched.ts';
import { findTask, type TaskRecord, taskTable } from '../kernel/task.ts';
import type { Program } from '../program/program.ts';
import { type Args, parseCpus, parsePidOrAddress } from '../report/args.ts';
import type { Block } from '../report/block.ts';
import { type CommandContext, command } from '../report/command.ts';
import { debugDoubts } from '../report/debug-doubts.ts';
import { type ProblemData, problemBlocks, problemsOf, problemsSchema } from '../report/problems.ts';
import { arrayOf, object, optional } from '../report/schema.ts';
import { type TaskStack, taskStackSchema } from '../report/stack-data.ts';
import { type StackDataOptions, taskStackData } from '../report/task-stack.ts';
import { unwindTask } from '../unwind/unwind-task.ts';

export interface BtData {
  readonly tasks: readonly TaskStack[];
  readonly problems?: readonly ProblemData[];
}

export const bt = command<BtData>({
  name: 'bt',
  summary: 'kernel stack of tasks and CPUs',
  description: [
    'The kernel stack of the current task, or of the tasks named. Frames come from the unwind tables and symbols in the ' +
      'dump itself: exceptions, interrupts and the stacks of the CPU are crossed, and a line names each stack that is left. ' +
      'Where the trace cannot be followed to its end, the reason stands under the last frame.',
    'The address in brackets is where the return address lies on the stack.',
  ],
  args: {
    options: [
      { flag: 'a', help: 'the active task of every CPU' },
      { flag: 'c', value: 'cpus', help: 'the active tasks of these CPUs: 1, 0-3, 0,2-4 or a for all' },
      { flag: 'p', help: 'the task that crashed' },
      { flag: 'l', help: 'with file and line of each frame, where known' },
      { flag: 'f', help: 'with the contents of the stack in each frame' },
      { flag: 'source', help: 'with the source around the line of each frame; needs the source (`--source DIR`)' },
      { flag: 'locals', help: 'with the parameters and local variables of each frame, where known' },
      { flag: 's', help: 'with the offset into each function and its size' },
    ],
    operands: [{ name: 'pid | task', help: 'a pid, or the hexadecimal address of a task_struct', many: true }],
  },
  examples: [
    {
      line: 'bt',
      shows: 'The task that crashed:',
      output: [
        'PID: 535      TASK: ffff8f13c2a88000  CPU: 0    COMMAND: "insmod"',
        ' #0 [ffffd4928067bbb8] panic at ffffffff829cd21a',
        ' #1 [ffffd4928067bc58] page_fault_oops at ffffffff8207b4d9',
        ' ...',
      ].join('\n'),
    },
    { line: 'bt -a', shows: 'What every CPU was doing:' },
    {
      line: 'bt -s 1',
      shows: 'Where init waits, with offsets:',
      output: ' #0 [ffffd49280013c70] __schedule+0x34d/0x7e0 at ffffffff82a10e3d',
    },
  ],
  schema: object('Stacks.', {
    tasks: arrayOf('One a task, in the order asked for.', taskStackSchema),
    problems: optional(problemsSchema),
  }),
  run(context, args) {
    const { prog } = context;
    needTasks(prog);
    const missing: { what: string; why: string }[] = [];
    const tasks = wantedTasks(context, args, missing);
    if (tasks.length === 0) throw new NotFoundError('task', missing.map((m) => m.what).join(', '));
    const options = {
      raw: args.has('f'),
      lines: args.has('l') || args.has('source') || context.full === true,
      source: args.has('source') ? context.source : undefined,
      locals: wantsLocals(context, args),
    };
    return { tasks: tasks.map((t) => stackOf(prog, t, options)), ...problemsOf(missing, debugDoubts(prog)) };
  },
  *blocks(data, args) {
    const style = { lines: args.has('l') || args.has('source'), offsets: args.has('s') };
    let first = true;
    for (const stack of data.tasks) {
      if (!first) yield { kind: 'lines', lines: [''] } satisfies Block;
      first = false;
      yield { kind: 'stack', stack, style };
    }
    yield* problemBlocks(data);
  },
});

function wantsLocals(context: CommandContext, args: Args): boolean {
  return args.has('locals') || context.full === true;
}

/** The stack of one task as data: from the registers of its CPU when it ran there, from its saved context otherwise. */
export function stackOf(prog: Program, task: TaskRecord, data: StackDataOptions = {}): TaskStack {
  const options = task.active ? { cpu: task.cpu, ...registersOf(prog, task.cpu) } : {};
  const recover = data.locals ?? false;
  return taskStackData(prog, task, unwindTask(prog, task.address, { ...options, recover }), data);
}

function registersOf(prog: Program, cpu: number): { registers?: NonNullable<ReturnType<typeof cpuRegisters>> } {
  const registers = cpuRegisters(prog, cpu);
  return registers ? { registers } : {};
}

function wantedTasks(context: CommandContext, args: Args, missing: { what: string; why: string }[]): TaskRecord[] {
  const { prog } = context;
  const add = (into: TaskRecord[], what: string, key: number | Addr | undefined): void => {
    const task = key === undefined ? undefined : findTask(prog, key);
    if (task) into.push(task);
    else missing.push({ what, why: 'no such task' });
  };
  const found: TaskRecord[] = [];
  const cpus = args.value('c');
  if (cpus !== undefined || args.has('a')) {
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
