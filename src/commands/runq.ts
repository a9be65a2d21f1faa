import { NotFoundError } from '../base/errors.ts';
import { hex64 } from '../base/hex.ts';
import { addrAdd } from '../base/u64.ts';
import type { Addr } from '../base/units.ts';
import { type FairQueue, fairQueue, waitingTasks } from '../kernel/fair-queue.ts';
import { attempt } from '../kernel/note-problem.ts';
import { type RunQueue, realTimeTasks, runQueues } from '../kernel/sched.ts';
import { findTask, taskTable } from '../kernel/task.ts';
import { taskTimes } from '../kernel/task-detail.ts';
import type { Problem } from '../program/ports.ts';
import type { Program } from '../program/program.ts';
import { parseCpus } from '../report/args.ts';
import { command } from '../report/command.ts';
import { digits } from '../report/pad.ts';
import { type ProblemData, problemBlocks, problemsOf, problemsSchema } from '../report/problems.ts';
import {
  arrayOf,
  boolean,
  hexString,
  integer,
  nullable,
  object,
  optional,
  type Schema,
  string,
} from '../report/schema.ts';
import { sinceText } from '../report/task-detail.ts';

interface QueuedTask {
  readonly pid: number;
  readonly task: string;
  readonly comm: string;
  readonly priority: number;
}

interface GroupData {
  readonly taskGroup: string;
  readonly queue: string;
  readonly name: string | null;
  readonly throttled: boolean;
  readonly tasks: readonly (QueuedTask & { readonly current: boolean })[];
  readonly groups: readonly GroupData[];
}

interface QueueData {
  readonly cpu: number;
  readonly address: string;
  readonly clockNs: string;
  readonly current: QueuedTask | null;
  readonly lastRunNs: string | null;
  readonly realTimeArray: string;
  readonly realTime: readonly QueuedTask[];
  readonly fairTree: string;
  readonly fair: readonly QueuedTask[];
  readonly group: GroupData | null;
  readonly onQueue?: readonly QueuedTask[];
}

export interface RunqData {
  readonly queues: readonly QueueData[];
  readonly problems?: readonly ProblemData[];
}

const taskMembers = {
  pid: integer('Process id.'),
  task: hexString('Address of `struct task_struct`.'),
  comm: string('Command name.'),
  priority: integer('`prio`; of real-time tasks the place of its list.'),
};

const groupSchema: Schema = object('A task group on this CPU.', {
  taskGroup: hexString('`struct task_group`.'),
  queue: hexString('`struct cfs_rq`.'),
  name: nullable(string('Name of its cgroup; null for the root.')),
  throttled: boolean('Its bandwidth is used up.'),
  tasks: arrayOf(
    'Its own tasks, the running one first.',
    object('A task.', { ...taskMembers, current: boolean('It runs.') }),
  ),
  groups: arrayOf('Groups inside, in the same form.', { type: 'object', description: 'A task group.' }),
});

export const runq = command<RunqData>({
  name: 'runq',
  summary: 'run queues',
  description: ['Shows for each CPU what it runs and what waits to run on it.'],
  args: {
    options: [
      { flag: 't', help: 'the clock of each run queue, and when its running task got the CPU, in nanoseconds' },
      { flag: 'T', help: 'how far the clock of each run queue is behind the latest one' },
      { flag: 'm', help: 'how long the running task has had the CPU' },
      { flag: 'g', help: 'by task groups' },
      { flag: 'd', help: 'the tasks of each CPU that say themselves that they are on its run queue' },
      { flag: 'c', value: 'cpus', help: 'of these CPUs only: 0,2-4' },
    ],
  },
  examples: [
    {
      line: 'runq -c 1',
      shows: 'What waits for one CPU:',
      output: [
        'CPU 1 RUNQUEUE: ffff8c421f331980',
        '  CURRENT: PID: 307    TASK: ffff8c421fe64180  COMMAND: "insmod"',
        '  RT PRIO_ARRAY: ffff8c421f331bc0',
        '     [no tasks queued]',
        '  CFS RB_ROOT: ffff8c421f331a30',
        '     [120] PID: 22     TASK: ffff8c42012b8000  COMMAND: "kworker/1:0"',
      ].join('\n'),
    },
    { line: 'runq -m', shows: 'How long each CPU has been running its task:' },
  ],
  schema: object('Run queues.', {
    queues: arrayOf(
      'By CPU.',
      object('`struct rq`.', {
        cpu: integer('Whose it is.'),
        address: hexString('Where it is.'),
        clockNs: string('`clock`, decimal, in nanoseconds.'),
        current: nullable(object('The task that it runs.', taskMembers)),
        lastRunNs: nullable(string('When that task got the CPU, by the same clock.')),
        realTimeArray: hexString('`rt.active`.'),
        realTime: arrayOf('Real-time tasks by priority.', object('A task.', taskMembers)),
        fairTree: hexString('`cfs.tasks_timeline`.'),
        fair: arrayOf('Fair tasks that wait, those of groups too.', object('A task.', taskMembers)),
        group: nullable(groupSchema),
        onQueue: optional(arrayOf('With -d: tasks of this CPU with `on_rq` set.', object('A task.', taskMembers))),
      }),
    ),
    problems: optional(problemsSchema),
  }),
  run({ prog }, args) {
    const { queues, problems } = runQueues(prog);
    if (queues.length === 0) throw new NotFoundError('run queue', 'of any CPU', problems[0]?.why);
    const wanted = args.value('c');
    const known = queues.map((q) => q.cpu);
    const cpus = wanted === undefined ? known : parseCpus(wanted, known, 'runq');
    const further: Problem[] = [];
    const shown = queues.filter((q) => cpus.includes(q.cpu));
    const data = shown.map((q) => ({
      ...queueData(prog, q, further),
      ...(args.has('d') && { onQueue: tasksOnQueue(prog, q.cpu, further) }),
    }));
    return { queues: data, ...problemsOf(problems, further) };
  },
  *blocks(data, args) {
    const cpuLines = CPU_LINES.find(([flag]) => args.has(flag))?.[1] ?? queueLines;
    yield { kind: 'lines', lines: args.has('T') ? lagLines(data.queues) : eachQueue(data.queues, cpuLines) };
    yield* problemBlocks(data);
  },
});

/** Tasks whose `on_rq` is set, whatever the queues hold. */
function tasksOnQueue(prog: Program, cpu: number, problems: Problem[]): QueuedTask[] {
  const place = prog.offset('task_struct', 'on_rq');
  return taskTable(prog)
    .tasks.filter((t) => t.cpu === cpu)
    .filter((t) => attempt(problems, 'on_rq', () => prog.memory.u32(addrAdd(t.address, place))) !== 0)
    .map((t) => queuedTask(prog, t.address, problems));
}

function queueData(prog: Program, queue: RunQueue, problems: Problem[]): QueueData {
  const at = (member: string): Addr => addrAdd(queue.address, prog.offset('rq', member));
  const fair = fairQueue(prog, at('cfs'), problems);
  const named = (task: Addr): QueuedTask => queuedTask(prog, task, problems);
  const times = attempt(problems, 'times of the running task', () => taskTimes(prog, queue.current, queue.cpu));
  return {
    cpu: queue.cpu,
    address: hex64(queue.address),
    clockNs: `${prog.memory.u64(at('clock'))}`,
    current: queue.current === 0n ? null : named(queue.current),
    lastRunNs: times ? `${times.lastRunNs}` : null,
    realTimeArray: hex64(at('rt.active')),
    realTime: realTimeTasks(prog, queue, problems)
      .filter(({ task }) => task !== queue.current)
      .map(({ task, priority }) => ({ ...named(task), priority })),
    fairTree: hex64(at('cfs.tasks_timeline')),
    fair: waitingTasks(fair).map(named),
    group: groupData(prog, fair, problems),
  };
}

function queuedTask(prog: Program, task: Addr, problems: Problem[]): QueuedTask {
  const known = findTask(prog, task);
  const priority = attempt(problems, 'priority', () =>
    prog.memory.i32(addrAdd(task, prog.offset('task_struct', 'prio'))),
  );
  return { pid: known?.pid ?? 0, task: hex64(task), comm: known?.comm ?? '?', priority: priority ?? 0 };
}

function groupData(prog: Program, queue: FairQueue, problems: Problem[]): GroupData {
  const root = prog.findSymbol('root_task_group')?.address ?? 0n;
  return {
    taskGroup: hex64(queue.taskGroup === 0n ? root : queue.taskGroup),
    queue: hex64(queue.address),
    name: queue.name ?? null,
    throttled: queue.throttled,
    tasks: queue.entities.flatMap(({ task, current }) =>
      task === undefined ? [] : [{ ...queuedTask(prog, task, problems), current }],
    ),
    groups: queue.entities.flatMap(({ group }) => (group ? [groupData(prog, group, problems)] : [])),
  };
}

// ---- text, in crash's layout

function* eachQueue(
  queues: readonly QueueData[],
  linesOf: (q: QueueData, i: number) => Iterable<string>,
): Iterable<string> {
  for (const [i, queue] of queues.entries()) yield* linesOf(queue, i);
}

function taskText(task: QueuedTask | null): string {
  if (!task) return '(none)';
  return `PID: ${String(task.pid).padEnd(5)}  TASK: ${digits(task.task)}  COMMAND: "${task.comm}"`;
}

function* entryLines(tasks: readonly QueuedTask[]): Iterable<string> {
  if (tasks.length === 0) yield '     [no tasks queued]';
  for (const task of tasks) yield `     [${String(task.priority).padStart(3)}] ${taskText(task)}`;
}

function* queueLines(queue: QueueData, i: number): Iterable<string> {
  if (i > 0) yield '';
  yield `CPU ${queue.cpu} RUNQUEUE: ${digits(queue.address)}`;
  yield `  CURRENT: ${taskText(queue.current)}`;
  yield `  RT PRIO_ARRAY: ${digits(queue.realTimeArray)}`;
  yield* entryLines(queue.realTime);
  yield `  CFS RB_ROOT: ${digits(queue.fairTree)}`;
  yield* entryLines(queue.fair);
}

function* groupLines(queue: QueueData, i: number): Iterable<string> {
  if (i > 0) yield '';
  yield `CPU ${queue.cpu}`;
  yield `  CURRENT: ${taskText(queue.current)}`;
  if (!queue.group) return;
  yield `  ROOT_TASK_GROUP: ${digits(queue.group.taskGroup)}  CFS_RQ: ${digits(queue.group.queue)}`;
  yield* groupEntries(queue.group, 5);
}

function* groupEntries(group: GroupData, indent: number): Iterable<string> {
  const margin = ' '.repeat(indent);
  if (group.tasks.length === 0 && group.groups.length === 0) yield `${margin}[no tasks queued]`;
  for (const task of group.tasks) {
    yield `${margin}[${String(task.priority).padStart(3)}] ${taskText(task)}${task.current ? ' [CURRENT]' : ''}`;
  }
  for (const inner of group.groups) {
    const name = inner.name === null ? '' : `  <${inner.name}>`;
    const throttled = inner.throttled ? ' (THROTTLED)' : '';
    yield `${margin}TASK_GROUP: ${digits(inner.taskGroup)}  CFS_RQ: ${digits(inner.queue)}${name}${throttled}`;
    yield* groupEntries(inner, indent + 3);
  }
}

function* onQueueLines(queue: QueueData): Iterable<string> {
  yield `CPU ${queue.cpu}`;
  for (const task of queue.onQueue ?? []) yield `  [${String(task.priority).padStart(3)}] ${taskText(task)}`;
}

function* clockLines(queue: QueueData): Iterable<string> {
  yield `${cpuLabel(queue.cpu, 2)}: ${queue.clockNs}`;
  const last = queue.lastRunNs ?? '?';
  yield `        ${last.padStart(queue.clockNs.length, queue.lastRunNs === null ? ' ' : '0')}  ${taskText(queue.current)}`;
}

function* stampLines(queue: QueueData): Iterable<string> {
  const ran = queue.lastRunNs === null ? 0n : BigInt(queue.clockNs) - BigInt(queue.lastRunNs);
  yield `${cpuLabel(queue.cpu, 2)}: [${sinceText(ran < 0n ? 0n : ran)}]  ${taskText(queue.current)}`;
}

function* lagLines(queues: readonly QueueData[]): Iterable<string> {
  const clock = (q: QueueData): bigint => BigInt(q.clockNs);
  const latest = queues.reduce((most, q) => (clock(q) > most ? clock(q) : most), 0n);
  const behind = [...queues].sort((a, b) => (clock(a) > clock(b) ? -1 : clock(a) < clock(b) ? 1 : 0));
  for (const q of behind) {
    yield `${cpuLabel(q.cpu, 3)}: ${(Number(latest - clock(q)) / 1e9).toFixed(2)} secs`;
  }
}

/** `CPU 3`, with the number right-aligned by blanks before the word. */
function cpuLabel(cpu: number, width: number): string {
  return `${' '.repeat(Math.max(0, width - String(cpu).length))}CPU ${cpu}`;
}

const CPU_LINES: readonly (readonly [flag: string, lines: (q: QueueData, i: number) => Iterable<string>])[] = [
  ['d', onQueueLines],
  ['t', clockLines],
  ['m', stampLines],
  ['g', groupLines],
];
