import { hex64 } from '../base/hex.ts';
import {
  type PendingSignals,
  type ProcessSignals,
  processSignals,
  type ThreadSignals,
  threadSignals,
} from '../kernel/signal.ts';
import {
  actionFlagNames,
  parseSignalSet,
  SIGNALS,
  signalName,
  signalNames,
  signalsOf,
} from '../kernel/signal-names.ts';
import { type TaskRecord, taskTable } from '../kernel/task.ts';
import { chosenTasks } from '../kernel/task-choice.ts';
import type { Problem } from '../program/ports.ts';
import { type CommandContext, command } from '../report/command.ts';
import { digits, shortDigits } from '../report/pad.ts';
import { type ProblemData, problemBlocks, problemsOf, problemsSchema } from '../report/problems.ts';
import { arrayOf, boolean, hexString, integer, object, optional, string } from '../report/schema.ts';
import { taskLine } from '../report/stack-lines.ts';
import type { TaskName } from '../report/task-data.ts';

interface PendingData {
  readonly set: string;
  readonly queue: readonly { readonly signal: number; readonly siginfo: string }[];
}

interface ThreadData extends TaskName {
  /** Whether a signal is pending that it does not block. */
  readonly deliverable: boolean;
  readonly blocked: string;
  readonly pending: PendingData;
}

interface ActionData {
  readonly signal: number;
  readonly address: string;
  readonly handler: string;
  readonly mask: string;
  readonly flags: string;
  readonly flagNames: readonly string[];
}

interface ProcessData extends TaskName {
  readonly signalStruct: string;
  readonly threadCount: number;
  readonly actions: readonly ActionData[];
  readonly shared: PendingData;
  readonly threads: readonly ThreadData[];
}

export interface SigData {
  readonly signals?: readonly { readonly signal: number; readonly names: string }[];
  readonly processes?: readonly ProcessData[];
  readonly problems?: readonly ProblemData[];
}

const pendingSchema = object('Signals that were sent and not yet delivered.', {
  set: hexString('As a set; bit 0 is signal 1.'),
  queue: arrayOf(
    'Those that are queued.',
    object('A queued signal.', { signal: integer('Its number.'), siginfo: hexString('Address of its siginfo.') }),
  ),
});

const nameMembers = {
  pid: integer('Process id.'),
  task: hexString('Address of `struct task_struct`.'),
  cpu: integer('CPU it runs or last ran on.'),
  comm: string('Command name.'),
};

export const sig = command<SigData>({
  name: 'sig',
  summary: 'signal handling of tasks',
  description: [
    'For each signal what the process does on it: address of the sigaction, handler, mask and flags; then what is blocked ' +
      'and pending. Without a task, of the current one.',
    '-l lists the signals, -s translates a set, as BLOCKED and SIGNAL are printed, into names.',
  ],
  args: {
    options: [
      { flag: 'l', help: 'numbers and names of all signals' },
      { flag: 's', value: 'sigset', help: 'names of the signals in a set, in hexadecimal' },
      { flag: 'g', help: 'of all threads of the process' },
    ],
    operands: [{ name: 'pid | task', help: 'which tasks; the current one when absent', many: true }],
  },
  examples: [
    { line: 'sig 1', shows: 'Signal handling of a process:' },
    {
      line: 'sig -s 8000000200000800',
      shows: 'Which signals a set holds:',
      output: 'SIGUSR2 SIGRTMIN+2 SIGRTMAX',
    },
    { line: 'sig -g', shows: 'With every thread of the current process:' },
  ],
  schema: object('Signals.', {
    signals: optional(
      arrayOf(
        'With -l all signals, with -s those of the set.',
        object('A signal.', { signal: integer('Its number.'), names: string('Its names, separated by slashes.') }),
      ),
    ),
    processes: optional(
      arrayOf(
        'In the order in which tasks were named.',
        object('What the threads of a process share, and one thread or with -g all.', {
          ...nameMembers,
          signalStruct: hexString('Address of `struct signal_struct`.'),
          threadCount: integer('How many threads it counts.'),
          actions: arrayOf(
            'By signal; empty when the process has none any more.',
            object('What is done on a signal.', {
              signal: integer('Its number.'),
              address: hexString('Of `struct k_sigaction`.'),
              handler: hexString('0 the default, 1 ignored, else an address in user space.'),
              mask: hexString('Signals that are blocked meanwhile.'),
              flags: hexString('`sa_flags`.'),
              flagNames: arrayOf('Their names.', string('A flag.')),
            }),
          ),
          shared: pendingSchema,
          threads: arrayOf(
            'The task, or with -g every thread.',
            object('A thread.', {
              ...nameMembers,
              deliverable: boolean('Whether a signal is pending that it does not block.'),
              blocked: hexString('The signals that it blocks.'),
              pending: pendingSchema,
            }),
          ),
        }),
      ),
    ),
    problems: optional(problemsSchema),
  }),
  run(context, args) {
    if (args.has('l')) return { signals: Array.from({ length: SIGNALS }, (_, i) => nameData(i + 1)) };
    const set = args.value('s');
    if (set !== undefined) return { signals: signalsOf(parseSignalSet(set)).map(nameData) };
    return processesData(context, args.operands, args.has('g'));
  },
  *blocks(data, args) {
    yield { kind: 'lines', lines: textLines(data, args.has('l'), args.has('g')) };
    yield* problemBlocks(data);
  },
});

function nameData(signal: number): { signal: number; names: string } {
  return { signal, names: signalNames(signal) };
}

function processesData({ prog, task }: CommandContext, words: readonly string[], group: boolean): SigData {
  const problems: Problem[] = [];
  const processes = chosenTasks(prog, words, task).map((chosen) => {
    const members = group ? taskTable(prog).tasks.filter((t) => t.tgid === chosen.tgid && !t.idle) : [];
    const threads = members.length > 0 ? members : [chosen];
    const leader = threads.find((t) => t.threadGroupLeader) ?? chosen;
    const shared = processSignals(prog, leader.address, problems);
    return {
      ...taskName(leader),
      ...sharedData(shared),
      threads: threads.map((t) => threadData(t, threadSignals(prog, t.address, problems), shared)),
    };
  });
  return { processes, ...problemsOf(problems) };
}

function taskName(t: TaskRecord): TaskName {
  return { pid: t.pid, task: hex64(t.address), cpu: t.cpu, comm: t.comm };
}

function sharedData(process: ProcessSignals): Omit<ProcessData, 'threads' | keyof TaskName> {
  return {
    signalStruct: hex64(process.address),
    threadCount: process.threads,
    actions: process.actions.map((a) => ({
      signal: a.signal,
      address: hex64(a.address),
      handler: hex64(a.handler),
      mask: hex64(a.mask),
      flags: hex64(a.flags),
      flagNames: actionFlagNames(a.flags),
    })),
    shared: pendingData(process.shared),
  };
}

function threadData(task: TaskRecord, own: ThreadSignals, { shared }: ProcessSignals): ThreadData {
  const deliverable = ((own.pending.set | shared.set) & ~own.blocked) !== 0n;
  return { ...taskName(task), deliverable, blocked: hex64(own.blocked), pending: pendingData(own.pending) };
}

function pendingData({ set, queue }: PendingSignals): PendingData {
  return { set: hex64(set), queue: queue.map((q) => ({ signal: q.signal, siginfo: hex64(q.info) })) };
}

// ---- text, in crash's layout

const HEADER = ' SIG    SIGACTION        HANDLER       MASK       FLAGS';
const NAMES_WIDTH = 80;

function* textLines(data: SigData, list: boolean, group: boolean): Iterable<string> {
  if (list) for (const { signal, names } of data.signals ?? []) yield `${`[${signal}]`.padStart(4)} ${names}`;
  else if (data.signals) yield* wrapped(data.signals.map((s) => signalName(s.signal)));
  for (const process of data.processes ?? []) yield* group ? groupLines(process) : processLines(process);
}

function* wrapped(words: readonly string[]): Iterable<string> {
  let line = '';
  for (const word of words) {
    if (line !== '' && line.length + 1 + word.length > NAMES_WIDTH) {
      yield line;
      line = '';
    }
    line += line === '' ? word : ` ${word}`;
  }
  yield line;
}

function* processLines(process: ProcessData): Iterable<string> {
  yield* headLines(process);
  for (const thread of process.threads) yield* threadLines(thread);
  yield* pendingLines('SHARED_PENDING', process.shared);
  yield '';
}

function* groupLines(process: ProcessData): Iterable<string> {
  yield* headLines(process);
  yield* pendingLines('SHARED_PENDING', process.shared);
  yield '';
  for (const thread of process.threads) {
    yield `  ${taskLine(thread)}`;
    for (const line of threadLines(thread)) yield `  ${line}`;
    yield '';
  }
}

function* headLines(process: ProcessData): Iterable<string> {
  yield taskLine(process);
  yield `SIGNAL_STRUCT: ${digits(process.signalStruct)}  NR_THREADS: ${process.threadCount}`;
  yield HEADER;
  for (const action of process.actions) yield actionLine(action);
}

function actionLine(action: ActionData): string {
  const handler = BigInt(action.handler);
  const shown = handler === 0n ? 'SIG_DFL' : handler === 1n ? 'SIG_IGN' : shortDigits(action.handler);
  const names = action.flagNames.length > 0 ? `(${action.flagNames.join('|')})` : '';
  const place = `${`[${action.signal}]`.padStart(4)} ${digits(action.address)}`;
  return `${place} ${shown.padStart(10)} ${digits(action.mask)} ${shortDigits(action.flags)} ${names}`;
}

function* threadLines(thread: ThreadData): Iterable<string> {
  yield `SIGPENDING: ${thread.deliverable ? 'yes' : 'no'}`;
  yield `   BLOCKED: ${digits(thread.blocked)}`;
  yield* pendingLines('PRIVATE_PENDING', thread.pending);
}

function* pendingLines(title: string, pending: PendingData): Iterable<string> {
  yield title;
  yield `    SIGNAL: ${digits(pending.set)}`;
  if (pending.queue.length === 0) {
    yield '  SIGQUEUE: (empty)';
    return;
  }
  yield '  SIGQUEUE:  SIG      SIGINFO';
  for (const { signal, siginfo } of pending.queue)
    yield `             ${String(signal).padStart(3)}  ${digits(siginfo)}`;
}
