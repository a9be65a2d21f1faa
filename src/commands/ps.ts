import { AnalysisError, NotFoundError, UsageError } from '../base/errors.ts';
import { hex64 } from '../base/hex.ts';
import { needTasks } from '../kernel/need-tasks.ts';
import { presentCpus } from '../kernel/percpu.ts';
import { type TaskRecord, taskTable } from '../kernel/task.ts';
import { taskArguments } from '../kernel/task-arguments.ts';
import {
  type ResourceLimit,
  resourceLimits,
  SCHED_POLICIES,
  savedStackPointer,
  schedPolicy,
  taskPriority,
  taskTimes,
} from '../kernel/task-detail.ts';
import { kernelTime } from '../kernel/timekeeping.ts';
import type { Program } from '../program/program.ts';
import { type Args, parseCpus } from '../report/args.ts';
import { command } from '../report/command.ts';
import { type ProblemData, problemBlocks, problemsOf, problemsSchema } from '../report/problems.ts';
import { arrayOf, hexString, integer, object, optional, string } from '../report/schema.ts';
import { selectTasks } from '../report/select-tasks.ts';
import { DETAILS, type PsTask, RELATIVES, taskBlocks } from '../report/task-blocks.ts';
import { type TaskData, type TaskName, taskMembers, taskNameSchema } from '../report/task-data.ts';
import { type LimitData, limitsSchema, type TimesData, timesSchema } from '../report/task-detail.ts';

export interface PsData {
  readonly tasks: readonly PsTask[];
  readonly problems?: readonly ProblemData[];
}

export const ps = command<PsData>({
  name: 'ps',
  summary: 'tasks',
  description: [
    'Every task, threads and the idle task of each CPU included, or those selected by pid, by the address of their ' +
      'task_struct, by command name or by a regular expression over names. An angle bracket marks the active task of a CPU; ' +
      'names in brackets are kernel threads. VSZ and RSS are in KiB.',
    'Tasks are looked for in several independent ways (the pid table, the task list, the run queues, the memory of the ' +
      'task_struct slab), so that one broken list does not hide them.',
  ],
  args: {
    options: [
      { flag: 'k', help: 'only kernel threads' },
      { flag: 'u', help: 'only user tasks' },
      { flag: 'G', help: 'only thread group leaders' },
      { flag: 'A', help: 'only the active task of each CPU' },
      { flag: 'p', help: 'the parents of each task up to the first' },
      { flag: 'c', help: 'the children of each task' },
      { flag: 'g', help: 'the threads of each thread group' },
      { flag: 't', help: 'how long each task has run, and its CPU time in ns' },
      { flag: 'l', help: 'when each task last got its CPU, latest first' },
      { flag: 'm', help: 'how long ago that was, in days, hours, minutes, seconds and milliseconds' },
      { flag: 'C', value: 'cpus', help: 'with -l or -m: by CPU; 1, 0-3, 0,2-4 or a for all' },
      { flag: 'a', help: 'arguments and environment; most filtered dumps do not hold them' },
      { flag: 'r', help: 'resource limits' },
      { flag: 's', help: 'the saved kernel stack pointer instead of the task address' },
      {
        flag: 'y',
        value: 'policy',
        help: 'only tasks with these scheduling policies: NORMAL, FIFO, RR, ... or numbers, with commas',
      },
      { flag: 'I', help: 'without the idle tasks' },
      {
        flag: 'Y',
        value: 'policy',
        optional: true,
        help: 'with the scheduling policy and priority of each task; -Y=FIFO,RR only those with these policies',
      },
      { flag: 'S', help: 'only the number of tasks in each state' },
      { flag: 'H', help: 'without the header line' },
    ],
    operands: [{ name: 'pid | task | command', help: 'only these; command may be a regular expression', many: true }],
  },
  examples: [
    {
      line: 'ps -u',
      shows: 'User tasks:',
      output: [
        '      PID    PPID  CPU       TASK        ST  %MEM      VSZ      RSS  COMM',
        '        1       0   0  ffff8f13c11f8000  IN   0.3     2260     1820  init',
        '>     535       1   0  ffff8f13c2a88000  RU   0.2     2260     1128  insmod',
      ].join('\n'),
    },
    { line: 'ps -S', shows: 'How many tasks are in which state:', output: '  RU: 4\n  IN: 39\n  UN: 2' },
    { line: "ps -p 'kworker.*'", shows: 'Where all kworkers come from:' },
  ],
  schema: object('Tasks.', {
    tasks: arrayOf(
      'Idle tasks by CPU first, then ascending by pid; those selected in the order of the arguments.',
      object('A task.', {
        ...taskMembers,
        parents: optional(arrayOf('From the oldest ancestor down (`-p`).', taskNameSchema)),
        children: optional(arrayOf('Children (`-c`).', taskNameSchema)),
        threads: optional(arrayOf('The other threads of its group (`-g`).', taskNameSchema)),
        stackPointer: optional(hexString('Saved kernel stack pointer (`-s`).')),
        times: optional(timesSchema),
        limits: optional(limitsSchema),
        scheduling: optional(
          object('How it is scheduled (`-Y`).', {
            policy: string('Policy.'),
            priority: integer("The kernel's priority: up to 99 real time, 100 to 139 fair, -1 deadline."),
          }),
        ),
        args: optional(arrayOf('Arguments (`-a`).', string('One.'))),
        environment: optional(arrayOf('Environment (`-a`).', string('NAME=value.'))),
        unread: optional(string('Why what was asked for could not be read.')),
      }),
    ),
    problems: optional(problemsSchema),
  }),
  run({ prog }, args) {
    const { tasks, problems } = taskTable(prog);
    if (args.operands.length > 0) needTasks(prog);
    const { found, missing } =
      args.operands.length === 0 ? { found: tasks, missing: [] } : selectTasks(tasks, args.operands);
    if (args.operands.length > 0 && found.length === 0) throw new NotFoundError('task', missing.join(', '));
    const shown = found.filter(
      (t) =>
        (!args.has('k') || t.kernelThread) &&
        (!args.has('u') || !t.kernelThread) &&
        (!(args.has('G') || args.has('g')) || t.threadGroupLeader) &&
        (!args.has('g') || !t.idle || t.cpu === 0) &&
        (!args.has('I') || !t.idle) &&
        (!args.has('A') || t.active),
    );
    const chosen = byPolicy(prog, byCpu(prog, shown, args), args);
    const gone = missing.map((what) => ({ what, why: 'no such task' }));
    return {
      tasks: inOrder(
        chosen.map((t) => psTask(prog, t, tasks, args)),
        args,
      ),
      ...problemsOf(problems, gone),
    };
  },
  *blocks(data, args) {
    yield* taskBlocks(data.tasks, args);
    yield* problemBlocks(data);
  },
});

/** A record of the task table as JSON. */
function taskData(t: TaskRecord): TaskData {
  return {
    pid: t.pid,
    ppid: t.idle ? 0 : t.ppid, // the kernel links the idle tasks of later CPUs to init
    cpu: t.cpu,
    task: hex64(t.address),
    state: t.state,
    comm: t.comm,
    vszKiB: t.vszKiB,
    rssKiB: t.rssKiB,
    kernelThread: t.kernelThread,
    active: t.active,
    tgid: t.tgid,
    stateLetter: t.stateLetter,
    memoryPercent: Math.round(t.memoryPercent * 10) / 10,
  };
}

function psTask(prog: Program, t: TaskRecord, all: readonly TaskRecord[], args: Args): PsTask {
  const data = taskData(t);
  if (![...RELATIVES, ...DETAILS, 's', 'Y'].some((flag) => args.has(flag))) return data;
  return {
    ...data,
    ...(args.has('Y') && { scheduling: scheduling(prog, t) }),
    ...(args.has('p') && { parents: ancestors(t, all).map(taskName) }),
    ...(args.has('c') && { children: all.filter((c) => isChild(c, t)).map(taskName) }),
    ...(args.has('g') && {
      threads: all.filter((c) => c !== t && c.tgid === t.tgid && c.idle === t.idle).map(taskName),
    }),
    ...details(prog, t, args),
  };
}

function details(prog: Program, t: TaskRecord, args: Args): Partial<PsTask> {
  try {
    return {
      ...(args.has('s') && { stackPointer: hex64(savedStackPointer(prog, t.address)) }),
      ...((args.has('t') || args.has('l') || args.has('m')) && { times: timesData(prog, t) }),
      ...(args.has('r') && { limits: resourceLimits(prog, t.address).map(limitData) }),
      ...(args.has('a') && t.mm !== 0n && taskArguments(prog, t.mm)),
    };
  } catch (e) {
    if (!(e instanceof AnalysisError)) throw e;
    return { unread: e.message };
  }
}

function scheduling(prog: Program, t: TaskRecord): NonNullable<PsTask['scheduling']> {
  const policy = schedPolicy(prog, t.address);
  return { policy: SCHED_POLICIES[policy] ?? String(policy), priority: taskPriority(prog, t.address) };
}

function timesData(prog: Program, t: TaskRecord): TimesData {
  const times = taskTimes(prog, t.address, t.cpu);
  const now = BigInt(Math.round(kernelTime(prog).monotonicSeconds * 1e9));
  return {
    lastRunNs: hex64(times.lastRunNs),
    sinceRunNs: hex64(times.sinceRunNs),
    startNs: hex64(times.startNs),
    runTimeNs: hex64(now > times.startNs ? now - times.startNs : 0n),
    userNs: hex64(times.userNs),
    systemNs: hex64(times.systemNs),
  };
}

function limitData(limit: ResourceLimit): LimitData {
  return { resource: limit.resource, current: hex64(limit.current), maximum: hex64(limit.maximum) };
}

function byPolicy(prog: Program, tasks: readonly TaskRecord[], args: Args): readonly TaskRecord[] {
  const wanted = args.value('y') ?? (args.value('Y') || undefined);
  if (wanted === undefined) return tasks;
  const policies = wanted.split(',').map((word) => {
    const value = /^\d+$/.test(word) ? Number(word) : SCHED_POLICIES.indexOf(word.toUpperCase());
    if (value < 0 || value >= SCHED_POLICIES.length) throw new UsageError(`ps: no scheduling policy '${word}'`);
    return value;
  });
  return tasks.filter((t) => policies.includes(schedPolicy(prog, t.address)));
}

function byCpu(prog: Program, tasks: readonly TaskRecord[], args: Args): readonly TaskRecord[] {
  const wanted = args.value('C');
  if (wanted === undefined) return tasks;
  if (!args.has('l') && !args.has('m')) throw new UsageError('ps: -C goes with -l or -m');
  const cpus = parseCpus(wanted, presentCpus(prog), 'ps');
  return cpus.flatMap((cpu) => tasks.filter((t) => t.cpu === cpu));
}

/** With -l and -m the task that ran last comes first, on each CPU where they are shown by CPU; with -t the oldest. */
function inOrder(tasks: PsTask[], args: Args): PsTask[] {
  if (args.has('t')) return tasks.sort((a, b) => compare(a.times?.startNs ?? '', b.times?.startNs ?? ''));
  if (!args.has('l') && !args.has('m')) return tasks;
  const at = (t: PsTask): string => t.times?.lastRunNs ?? '';
  const byTime = (a: PsTask, b: PsTask): number => compare(at(b), at(a));
  return tasks.sort((a, b) => (args.has('C') ? a.cpu - b.cpu : 0) || byTime(a, b));
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function taskName(t: TaskRecord): TaskName {
  return { pid: t.pid, task: hex64(t.address), cpu: t.cpu, comm: t.comm };
}

function isChild(child: TaskRecord, parent: TaskRecord): boolean {
  if (child === parent) return false;
  if (child.idle) return child.cpu !== 0 && parent.idle && parent.cpu === 0;
  if (child.ppid !== parent.tgid) return false;
  return parent.idle ? parent.cpu === 0 : true;
}

/** Oldest first; ends at a parent that is not there or was met before. */
function ancestors(t: TaskRecord, all: readonly TaskRecord[]): TaskRecord[] {
  const chain: TaskRecord[] = [];
  let child = t;
  for (;;) {
    const parent = all.find((p) => isChild(child, p) && (p.threadGroupLeader || p.idle));
    if (!parent || parent === t || chain.includes(parent)) break;
    chain.unshift(parent);
    child = parent;
  }
  return chain;
}
