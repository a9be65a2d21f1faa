import { AnalysisError, MemoryFault, NotFoundError, UnsupportedError, UsageError } from '../base/errors.ts';
import { hex64 } from '../base/hex.ts';
import { evaluate, frameScope, memberScope } from '../expr/index.ts';
import { needTasks } from '../kernel/need-tasks.ts';
import { type TaskRecord, taskTable } from '../kernel/task.ts';
import type { Problem } from '../program/ports.ts';
import type { Program } from '../program/program.ts';
import type { Block } from '../report/block.ts';
import { lines } from '../report/block.ts';
import { command } from '../report/command.ts';
import { type ProblemData, problemBlocks, problemsOf, problemsSchema } from '../report/problems.ts';
import { arrayOf, hexString, integer, object, optional, string } from '../report/schema.ts';
import { selectTasks } from '../report/select-tasks.ts';
import type { SessionPort } from '../report/session-port.ts';
import { taskLine } from '../report/stack-lines.ts';

interface ForeachAnswer {
  readonly command: string;
  readonly data?: object;
  readonly error?: string;
}

interface ForeachData {
  readonly tasks: readonly {
    readonly pid: number;
    readonly comm: string;
    readonly task: string;
    readonly answers: readonly ForeachAnswer[];
  }[];
  readonly problems?: readonly ProblemData[];
}

/** What a line of `foreach` asks for. */
interface Plan {
  readonly session: SessionPort;
  readonly tasks: readonly TaskRecord[];
  /** The commands, each with its words in front of the task. */
  readonly commands: readonly string[];
  readonly rest: readonly string[];
}

const COMMANDS = ['bt', 'vm', 'task', 'files', 'net', 'set', 'ps', 'sig', 'vtop'];
/** These print no line that names the task. */
const NAMELESS = ['set', 'vtop'];
const STATES = ['RU', 'IN', 'UN', 'ST', 'ZO', 'TR', 'SW', 'DE', 'WA', 'PA', 'ID', 'NE'];
const KINDS: Readonly<Record<string, (t: TaskRecord) => boolean>> = {
  kernel: (t) => t.kernelThread,
  user: (t) => !t.kernelThread,
  gleader: (t) => !t.kernelThread && t.pid === t.tgid,
  active: (t) => t.active,
};

/** The plan behind the data: text is made task by task, so that 20,000 stacks need not be kept at once. */
const plans = new WeakMap<object, Plan>();

export const foreach = command<ForeachData>({
  name: 'foreach',
  summary: 'run a command for many tasks',
  description: [
    `Runs one or more of ${COMMANDS.join(', ')} for each task that is selected, without changing the current task; flags and arguments behind the command are passed to it. Without a selection, for every task.`,
    'Tasks are selected by pid, task address, name, regular expression, state, or kind; selections of different sorts narrow each other: `foreach user UN bt` means user tasks in uninterruptible sleep.',
    'A condition narrows them further: `if` and a C expression in parentheses, in which the members of `task_struct` are names, and `task` is its address. A task for which it has no value (`mm->map_count` of a kernel thread) is not selected, and how many there were is said.',
  ],
  args: {
    operands: [
      {
        name: 'pid | task | name | regex | state | kind',
        help: `which tasks; a state is one of ${STATES.join(' ')}, a kind one of ${Object.keys(KINDS).join(' ')}; a backslash before a word makes it a name`,
        many: true,
        words: [...Object.keys(KINDS), ...STATES],
      },
      { name: 'if (condition)', help: 'only tasks of which a C expression about `task_struct` is true', many: true },
      { name: 'command', help: 'what to run, with its flags and arguments', many: true, words: COMMANDS },
    ],
    expression: true,
  },
  examples: [
    { line: 'foreach UN bt', shows: 'Stacks of all that wait without being interruptible:' },
    { line: "foreach 'kworker.*' ps", shows: 'Tasks by a regular expression:' },
    { line: 'foreach user files -R /var/log', shows: 'Who has something open there:' },
    { line: 'foreach if (mm && signal->nr_threads > 1) ps', shows: 'Processes of several threads:' },
    { line: 'foreach active bt -l', shows: 'What each CPU was doing, with source lines:' },
  ],
  schema: object('Answers by task.', {
    tasks: arrayOf(
      'The selected tasks.',
      object('A task.', {
        pid: integer('Process id.'),
        comm: string('Command name.'),
        task: hexString('Address of `struct task_struct`.'),
        answers: arrayOf(
          'One entry a command.',
          object('An answer.', {
            command: string('Command line without the task.'),
            data: optional({ type: 'object', description: 'What it answered; see the command.' }),
            error: optional(string('Why there is no answer.')),
          }),
        ),
      }),
    ),
    problems: optional(problemsSchema),
  }),
  run({ prog, session }, args) {
    if (!session) throw new UnsupportedError('foreach: there is no session that would run a command');
    needTasks(prog);
    const { condition, operands } = withoutCondition(args.operands);
    const at = operands.findIndex((w) => COMMANDS.includes(w));
    if (at < 0) throw new UsageError(`foreach: needs one of the commands ${COMMANDS.join(', ')}`);
    const after = operands.slice(at).findIndex((w) => !COMMANDS.includes(w));
    const end = after < 0 ? operands.length : at + after;
    const problems: Problem[] = [];
    const named = selected(taskTable(prog).tasks, operands.slice(0, at));
    const tasks = condition === undefined ? named : fulfilling(prog, named, condition, problems);
    const plan: Plan = {
      session,
      tasks: eachOnce(tasks, operands.slice(at)),
      commands: operands.slice(at, end),
      rest: operands.slice(end),
    };
    const first = plan.tasks[0];
    // the first one at once: a wrong option is then an error of the whole line
    if (first) for (const name of plan.commands) session.run(wordsFor(plan, name, [first]));
    const data: ForeachData = {
      get tasks() {
        return plan.tasks.map((t) => ({
          pid: t.pid,
          comm: t.comm,
          task: hex64(t.address),
          answers: plan.commands.map((name) => answerOf(plan, name, t)),
        }));
      },
      ...problemsOf(problems),
    };
    plans.set(data, plan);
    return data;
  },
  *blocks(data) {
    const plan = plans.get(data);
    if (!plan) return;
    for (const name of plan.commands) {
      if (isTable(plan, name)) yield* blocksOf(plan, name, plan.tasks);
    }
    const single = plan.commands.filter((name) => !isTable(plan, name));
    if (single.length > 0) yield* oneByOne(plan, single);
    yield* problemBlocks(data);
  },
});

function* oneByOne(plan: Plan, single: readonly string[]): Iterable<Block> {
  for (const t of plan.tasks) {
    for (const name of single) {
      if (NAMELESS.includes(name)) yield lines(taskLine({ ...t, task: hex64(t.address) }));
      yield* blocksOf(plan, name, [t]);
    }
    yield lines('');
  }
}

/** `if (...)` in front of the command. @throws UsageError */
function withoutCondition(words: readonly string[]): { condition?: string; operands: readonly string[] } {
  const end = words.findIndex((w) => COMMANDS.includes(w));
  const at = words.slice(0, Math.max(end, 0)).indexOf('if');
  if (at < 0) return { operands: words };
  const condition = words[at + 1] as string;
  if (!/^\(.*\)$/s.test(condition)) throw new UsageError("foreach: behind 'if' stands a condition in parentheses");
  return { condition, operands: [...words.slice(0, at), ...words.slice(at + 2)] };
}

/** The tasks of which the condition is true. @throws UsageError NotFoundError for a condition that makes no sense */
function fulfilling(
  prog: Program,
  tasks: readonly TaskRecord[],
  condition: string,
  problems: Problem[],
): readonly TaskRecord[] {
  let missed = 0;
  let first = '';
  const found = tasks.filter((t) => {
    try {
      const scope = memberScope(prog, 'task_struct', t.address, 'task', frameScope(prog, undefined));
      return evaluate(prog, condition, scope).isTrue();
    } catch (e) {
      if (!(e instanceof MemoryFault)) throw e;
      if (missed++ === 0) first = `${t.comm} (${t.pid}): ${e.message}`;
      return false;
    }
  });
  if (missed > 0) problems.push({ what: 'condition', why: `no value for ${missed} tasks, first for ${first}` });
  return found;
}

/** `sig -g` tells of all threads of a process: one of them is enough. */
function eachOnce(tasks: readonly TaskRecord[], words: readonly string[]): readonly TaskRecord[] {
  if (words[0] !== 'sig' || !words.includes('-g')) return tasks;
  const groups = new Set<number>();
  return tasks.filter((t) => t.idle || (!groups.has(t.tgid) && groups.add(t.tgid)));
}

/** `ps` is one table of all tasks, unless what is asked for is a text for each. */
function isTable({ rest }: Plan, name: string): boolean {
  return name === 'ps' && !rest.some((w) => /^-[pctargs]/.test(w));
}

function wordsFor({ rest }: Plan, name: string, tasks: readonly TaskRecord[]): string[] {
  const addresses = tasks.map((t) => hex64(t.address).slice(2));
  if (name === 'vtop' && !rest.some((w) => w === '-k' || w === '-c')) return [name, '-c', ...addresses, ...rest];
  const how = name === 'net' && !rest.some((w) => /^-[sSn]/.test(w)) ? ['-s'] : []; // the devices are of no task
  return [name, ...how, ...rest, ...addresses];
}

function answerOf(plan: Plan, name: string, task: TaskRecord): ForeachAnswer {
  const line = [name, ...plan.rest].join(' ');
  try {
    const answer = plan.session.run(wordsFor(plan, name, [task]));
    return { command: line, data: answer?.data ?? {} };
  } catch (e) {
    if (e instanceof AnalysisError) return { command: line, error: e.message };
    throw e;
  }
}

/** The text of one command; an error takes the place of the answer, the other tasks still have theirs. */
function* blocksOf(plan: Plan, name: string, tasks: readonly TaskRecord[]): Iterable<Block> {
  if (tasks.length === 0) return;
  try {
    yield* plan.session.run(wordsFor(plan, name, tasks))?.blocks ?? [];
  } catch (e) {
    if (!(e instanceof AnalysisError)) throw e;
    yield lines(`${name}: ${e.message}`);
  }
}

/** Words of one sort add up, words of different sorts narrow each other. */
function selected(tasks: readonly TaskRecord[], words: readonly string[]): TaskRecord[] {
  const kinds = words.filter((w) => w in KINDS);
  const states = words.filter((w) => STATES.includes(w));
  const others = words.filter((w) => !(w in KINDS) && !STATES.includes(w)).map((w) => w.replace(/^\\/, ''));
  let found = [...tasks];
  if (others.length > 0) {
    const { found: named, missing } = selectTasks(tasks, others);
    if (missing.length > 0) throw new NotFoundError('task', missing.join(', '), 'and no such command or kind of task');
    const chosen = new Set(named);
    found = found.filter((t) => chosen.has(t));
  }
  if (kinds.length > 0) found = found.filter((t) => kinds.some((k) => KINDS[k]?.(t)));
  if (states.length > 0) found = found.filter((t) => states.includes(t.state));
  return found;
}
