import { NotFoundError, UsageError } from '../base/errors.ts';
import { hex64 } from '../base/hex.ts';
import { needTasks } from '../kernel/need-tasks.ts';
import { panicFacts } from '../kernel/panic.ts';
import { currentTask } from '../kernel/sched.ts';
import { findTask } from '../kernel/task.ts';
import { infoAddress } from '../kernel/task-detail.ts';
import { type Args, parsePidOrAddress } from '../report/args.ts';
import { type CommandContext, command } from '../report/command.ts';
import { boolean, hexString, integer, nullable, object, string } from '../report/schema.ts';
import { stateName } from '../report/state-name.ts';
import { taskAddress } from '../report/task-data.ts';

interface SetData {
  readonly pid: number;
  readonly comm: string;
  readonly task: string;
  readonly threadInfo: string | null;
  readonly cpu: number;
  readonly state: string;
  readonly active: boolean;
  readonly panic: boolean;
}

export const set = command<SetData>({
  name: 'set',
  summary: 'show or change the current task',
  description: [
    'Commands that work on a task use the current one when they are given none. At the start that is the task that crashed.',
  ],
  args: {
    options: [
      { flag: 'c', value: 'cpu', help: 'the task that ran on this CPU' },
      { flag: 'p', help: 'the task that crashed' },
    ],
    operands: [{ name: 'pid | task', help: 'a pid, or the hexadecimal address of a task_struct' }],
  },
  examples: [
    {
      line: 'set 1',
      shows: 'Make init the current task:',
      output: [
        '    PID: 1',
        'COMMAND: "init"',
        '   TASK: ffff888003df8000',
        '    CPU: 0',
        '  STATE: TASK_INTERRUPTIBLE',
      ].join('\n'),
    },
    { line: 'set -p', shows: 'Back to the task that crashed:' },
  ],
  schema: object('The current task.', {
    pid: integer('Process id.'),
    comm: string('Command name.'),
    task: hexString('Address of `struct task_struct`.'),
    threadInfo: nullable(hexString('Address of its `struct thread_info`.')),
    cpu: integer('CPU it runs or last ran on.'),
    state: string('State in the letters of crash.'),
    active: boolean('Whether it was the current task of its CPU.'),
    panic: boolean('Whether it is the task that crashed.'),
  }),
  run(context, args) {
    const { prog } = context;
    needTasks(prog);
    const address = wantedTask(context, args);
    const task = findTask(prog, address);
    if (!task) throw new NotFoundError('task', hex64(address));
    context.setTask(address);
    return {
      pid: task.pid,
      comm: task.comm,
      task: hex64(address),
      threadInfo: infoAddress(prog, address),
      cpu: task.cpu,
      state: task.state,
      active: task.active,
      panic: panicFacts(prog).task === address,
    };
  },
  *blocks(data) {
    yield {
      kind: 'facts',
      width: 7,
      facts: [
        ['PID', String(data.pid)],
        ['COMMAND', `"${data.comm}"`],
        ['TASK', taskAddress(data)],
        ['CPU', String(data.cpu)],
        ['STATE', `${stateName(data.state)}${data.panic ? ' (PANIC)' : data.active ? ' (ACTIVE)' : ''}`],
      ],
    };
  },
});

function wantedTask(context: CommandContext, args: Args): bigint {
  const { prog } = context;
  const word = args.operands[0];
  if (word !== undefined) {
    const key = parsePidOrAddress(word);
    const task = key === undefined ? undefined : findTask(prog, key);
    if (!task) throw new NotFoundError('task', word);
    return task.address;
  }
  const cpu = args.value('c');
  if (cpu !== undefined) {
    if (!/^\d{1,5}$/.test(cpu)) throw new UsageError(`set: '${cpu}' is no CPU number`);
    const task = currentTask(prog, Number(cpu));
    if (task === undefined) throw new NotFoundError('CPU', cpu);
    return task;
  }
  const task = args.has('p') ? panicFacts(prog).task : context.task;
  if (task === undefined) throw new NotFoundError('task', 'that crashed', 'the dump does not tell; use set <pid>');
  return task;
}
