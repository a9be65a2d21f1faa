import { NotFoundError, UsageError } from '../base/errors.ts';
import { hex64 } from '../base/hex.ts';
import { needTasks } from '../kernel/need-tasks.ts';
import { panicFacts } from '../kernel/panic.ts';
import { currentTask } from '../kernel/sched.ts';
import { findTask, makeActive, taskTable } from '../kernel/task.ts';
import { infoAddress } from '../kernel/task-detail.ts';
import { taskStateNames } from '../kernel/task-state.ts';
import type { Program } from '../program/program.ts';
import { type Args, parsePidOrAddress } from '../report/args.ts';
import { lines } from '../report/block.ts';
import { type CommandContext, command } from '../report/command.ts';
import { arrayOf, boolean, hexString, integer, nullable, object, optional, string } from '../report/schema.ts';
import { sessionVariables, type Variable } from '../report/session-variables.ts';
import type { Settings } from '../report/settings.ts';
import { taskAddress } from '../report/task-data.ts';

interface ContextData {
  readonly pid: number;
  readonly comm: string;
  readonly task: string;
  readonly threadInfo: string | null;
  readonly cpu: number;
  readonly state: string;
  readonly stateNames: readonly string[];
  readonly active: boolean;
  readonly panic: boolean;
  readonly sysrq: boolean;
  readonly sharing?: { readonly index: number; readonly count: number };
}

interface VariableData {
  readonly name: string;
  readonly value: string;
  readonly line: string;
}

type SetData =
  | (ContextData & { readonly marked?: true })
  | { readonly variables: readonly VariableData[]; readonly all?: true };

export const set = command<SetData>({
  name: 'set',
  summary: 'show or change the current task, or a variable of the session',
  description: [
    'Commands that work on a task use the current one when they are given none. At the start that is the task that crashed.',
    `The variables are crash's: ${sessionVariables.map((v) => `${v.name} (${v.takes})`).join(', ')}. Without a value the variable is shown. They may be set in the start-up file.`,
  ],
  args: {
    options: [
      { flag: 'c', value: 'cpu', help: 'the task that ran on this CPU' },
      { flag: 'p', help: 'the task that crashed' },
      { flag: 'v', help: 'every variable and its value' },
      { flag: 'a', help: 'the task is the one that its CPU ran, whatever the run queue says; for damaged dumps' },
    ],
    operands: [
      { name: 'pid | task | variable', help: 'a pid, the hexadecimal address of a task_struct, or a variable' },
      { name: 'value', help: 'what the variable is to be; further variables and values may follow', many: true },
    ],
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
    { line: 'set radix 16', shows: 'Numbers in hexadecimal:', output: 'output radix: 16 (hex)' },
    { line: 'set -v', shows: 'Every variable:' },
  ],
  schema: object('The current task, or variables.', {
    pid: optional(integer('Process id.')),
    comm: optional(string('Command name.')),
    task: optional(hexString('Address of `struct task_struct`.')),
    threadInfo: optional(nullable(hexString('Address of its `struct thread_info`.'))),
    cpu: optional(integer('CPU it runs or last ran on.')),
    state: optional(string('State in the letters of crash.')),
    stateNames: optional(arrayOf("The bits of its state, by the kernel's names.", string('Name.'))),
    active: optional(boolean('Whether it was the current task of its CPU.')),
    panic: optional(boolean('Whether it is the task that crashed.')),
    sysrq: optional(boolean('Whether the crash was asked for (SysRq).')),
    marked: optional(boolean('Whether it was made the task that its CPU ran (`-a`).')),
    sharing: optional(
      object('Among how many tasks of this pid it is which one; the idle tasks share 0.', {
        index: integer('From 1.'),
        count: integer('How many.'),
      }),
    ),
    all: optional(boolean('Whether every variable was asked for (`-v`).')),
    variables: optional(
      arrayOf(
        'Variables, instead of a task.',
        object('A variable.', {
          name: string('Its name.'),
          value: string('Its value.'),
          line: string('How `set` prints it.'),
        }),
      ),
    ),
  }),
  run(context, args): SetData {
    if (args.has('a') && args.operands.length !== 1) throw new UsageError('set: -a needs a pid or a task');
    const settings = context.session?.settings;
    if (args.has('v') && settings) return { variables: sessionVariables.map((v) => shown(v, settings)), all: true };
    const [word, ...rest] = args.operands;
    if (word !== undefined && settings && (rest.length > 0 || variableNamed(word))) {
      return { variables: changed(settings, args.operands) };
    }
    return { ...taskContext(context, args), ...(args.has('a') && { marked: true as const }) };
  },
  *blocks(data) {
    if ('variables' in data) {
      if (data.all) yield { kind: 'facts', width: 14, facts: data.variables.map((v) => [v.name, v.value] as const) };
      else yield { kind: 'lines', lines: data.variables.map((v) => v.line) };
      return;
    }
    if (data.marked) {
      const { comm, task, cpu } = data;
      yield lines(`"${comm}" task ${task.slice(2)} has been marked as the active task on cpu ${cpu}`);
      return;
    }
    const among = data.sharing ? `  (${data.sharing.index} of ${data.sharing.count})` : '';
    yield {
      kind: 'facts',
      width: 7,
      facts: [
        ['PID', String(data.pid)],
        ['COMMAND', `"${data.comm}"`],
        ['TASK', taskAddress(data).replace(/(?=\s*\[|$)/, among)],
        ['CPU', String(data.cpu)],
        [
          'STATE',
          `${data.stateNames.join('|') || '(unknown)'}${data.panic ? ` (${data.sysrq ? 'SYSRQ' : 'PANIC'})` : data.active ? ' (ACTIVE)' : ''}`,
        ],
      ],
    };
  },
});

function taskContext(context: CommandContext, args: Args): ContextData {
  const { prog } = context;
  needTasks(prog);
  const address = wantedTask(context, args);
  const task = findTask(prog, address);
  if (!task) throw new NotFoundError('task', hex64(address));
  if (args.has('a')) makeActive(prog, task);
  else context.setTask(address);
  const same = taskTable(prog).tasks.filter((t) => t.pid === task.pid);
  return {
    pid: task.pid,
    comm: task.comm,
    task: hex64(address),
    threadInfo: infoAddress(prog, address),
    cpu: task.cpu,
    state: task.state,
    stateNames: stateNames(prog, address),
    active: task.active,
    panic: panicFacts(prog).task === address,
    sysrq: /\bsysrq\b/i.test(panicFacts(prog).cause ?? panicFacts(prog).message ?? ''),
    ...(same.length > 1 && {
      sharing: { index: same.findIndex((t) => t.address === address) + 1, count: same.length },
    }),
  };
}

/** Linux 2f064a59a11f ("sched: Change task_struct::state"), v5.14, renamed `state`. */
function stateNames(prog: Program, task: bigint): string[] {
  const state = prog.memory.u32(task + BigInt(prog.offset('task_struct', '__state', 'state')));
  const exitState = prog.memory.u32(task + BigInt(prog.offset('task_struct', 'exit_state')));
  return taskStateNames(state, exitState);
}

function variableNamed(word: string): Variable | undefined {
  if (word === 'hex' || word === 'dec') return sessionVariables.find((v) => v.name === 'radix');
  return sessionVariables.find((v) => v.name === word);
}

function shown(variable: Variable, settings: Settings): VariableData {
  const value = variable.show(settings);
  return { name: variable.name, value, line: variable.line?.(settings) ?? `${variable.name}: ${value}` };
}

/** Variables and values one after the other; `hex` and `dec` are short for a radix. */
function changed(settings: Settings, words: readonly string[]): VariableData[] {
  const out: VariableData[] = [];
  for (let i = 0; i < words.length; i++) {
    const word = words[i] as string;
    const variable = variableNamed(word);
    if (!variable)
      throw new UsageError(`set: '${word}' is no variable; there are ${sessionVariables.map((v) => v.name).join(' ')}`);
    if (word === 'hex' || word === 'dec') variable.change(settings, word);
    else if (words[i + 1] !== undefined) variable.change(settings, words[++i] as string);
    out.push(shown(variable, settings));
  }
  return out;
}

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
