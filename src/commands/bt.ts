import { NotFoundError, UsageError } from '../base/errors.ts';
import { hex64 } from '../base/hex.ts';
import { perOwner } from '../base/lazy.ts';
import type { Addr } from '../base/units.ts';
import { needTasks } from '../kernel/need-tasks.ts';
import { possibleCpus, presentCpus } from '../kernel/percpu.ts';
import { stackOverflowSigns } from '../kernel/stack-text.ts';
import { type TaskRecord, taskTable } from '../kernel/task.ts';
import { taskStack } from '../kernel/task-stack.ts';
import type { StackRange } from '../program/ports.ts';
import type { Program } from '../program/program.ts';
import { type Args, parseAddress, parseCpus } from '../report/args.ts';
import type { Block } from '../report/block.ts';
import { type CommandContext, command } from '../report/command.ts';
import { debugDoubts } from '../report/debug-doubts.ts';
import { type ProblemData, problemBlocks, problemsOf, problemsSchema } from '../report/problems.ts';
import { arrayOf, boolean, object, oneOf, optional, string } from '../report/schema.ts';
import { type TaskStack, taskStackSchema } from '../report/stack-data.ts';
import { type StackStyle, taskLine } from '../report/stack-lines.ts';
import { stackOf } from '../report/stack-of.ts';
import {
  type SearchKind,
  type StackSearch,
  searchCpuStack,
  searchTaskStack,
  stackSearchSchema,
} from '../report/stack-search.ts';
import { searchLines } from '../report/stack-search-lines.ts';
import { stackTasks, threadGroup } from '../report/stack-tasks.ts';
import { type TaskName, taskNameMembers } from '../report/task-data.ts';
import type { StackDataOptions } from '../report/task-stack.ts';
import type { UnwindOptions } from '../unwind/unwind-task.ts';

/** A task with what shows that its stack overflowed. */
interface OverflowData extends TaskName {
  readonly signs: readonly string[];
}

export interface BtData {
  readonly tasks: readonly TaskStack[];
  readonly searches?: readonly StackSearch[];
  readonly searchKind?: SearchKind;
  readonly overflows?: readonly OverflowData[];
  readonly oldMethod?: boolean;
  readonly problems?: readonly ProblemData[];
}

const overflowSchema = object('A task.', {
  ...taskNameMembers,
  signs: arrayOf('What shows it.', string('One sign.')),
});

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
      { flag: 'A', help: 'the same; vector registers are shown by crash on s390x only' },
      { flag: 'c', value: 'cpus', help: 'the active tasks of these CPUs: 1, 0-3, 0,2-4 or a for all' },
      { flag: 'n', value: 'idle', help: 'with -a or -c: of idle tasks the name only' },
      { flag: 'p', help: 'the task that crashed' },
      { flag: 'g', help: 'every thread of the thread group, the leader first' },
      { flag: 'l', help: 'with file and line of each frame, where known' },
      { flag: 's', help: 'with the offset into each function' },
      { flag: 'x', help: 'with -s: offsets in hexadecimal' },
      { flag: 'd', help: 'with -s: offsets in decimal' },
      { flag: 'f', help: 'with the contents of the stack in each frame' },
      { flag: 'F', help: 'the same with symbols and the names of slab caches; -FF with the addresses of objects too' },
      { flag: 'r', help: 'the whole stack as it is' },
      { flag: 't', help: 'every code address from where the task stopped to the top of its stack, stale ones too' },
      { flag: 'T', help: 'the same from the end of the stack on' },
      { flag: 'o', help: 'the same as numbered frames: what crash calls its old method' },
      { flag: 'O', help: 'from now on (until it is given again) that is what bt prints' },
      { flag: 'e', help: 'exception frames on the stack, told by their contents' },
      { flag: 'E', help: 'exception frames on the interrupt and exception stacks of the CPUs (of those of -c)' },
      { flag: 'v', help: 'check the stacks of all tasks for signs that they overflowed' },
      { flag: 'R', value: 'ref', help: 'only stacks that this function or code address occurs in' },
      { flag: 'I', value: 'ip', help: 'start at this instruction' },
      { flag: 'S', value: 'sp', help: 'start at this stack pointer' },
      { flag: 'source', help: 'with the source around the line of each frame; needs the source (`--source DIR`)' },
      { flag: 'locals', help: 'with the parameters and local variables of each frame, where known' },
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
      output: ' #0 [ffffd49280013c70] __schedule+845 at ffffffff82a10e3d',
    },
  ],
  schema: object('Stacks.', {
    tasks: arrayOf('One a task, in the order asked for; empty where something else was asked for.', taskStackSchema),
    searchKind: optional(
      oneOf('What the stacks were searched for.', ['raw', 'texts', 'all-texts', 'exceptions', 'old']),
    ),
    oldMethod: optional(boolean('Whether bt prints every code address on a stack from now on (`-O`).')),
    searches: optional(arrayOf('Stacks that were searched (`-r`, `-t`, `-T`, `-o`, `-e`, `-E`).', stackSearchSchema)),
    overflows: optional(arrayOf('Tasks whose stack shows signs of an overflow (`-v`).', overflowSchema)),
    problems: optional(problemsSchema),
  }),
  run(context, args) {
    const { prog } = context;
    needTasks(prog);
    if (args.has('O')) return toggleOldMethod(prog);
    if (args.has('v')) return { tasks: [], overflows: stackOverflows(prog) };
    if (args.has('E')) return { tasks: [], searchKind: 'exceptions', searches: cpuStackSearches(prog, args) };
    const missing: { what: string; why: string }[] = [];
    const wanted = stackTasks(context, args, missing);
    if (wanted.length === 0) throw new NotFoundError('task', missing.map((m) => m.what).join(', '));
    const tasks = args.has('g') ? wanted.flatMap((task) => threadGroup(prog, task)) : wanted;
    const kind = searchKind(prog, args);
    if (kind) {
      return {
        tasks: [],
        searchKind: kind,
        searches: tasks.flatMap((t) => searchesOf(prog, t, kind, args)),
        ...problemsOf(missing),
      };
    }
    const options: StackDataOptions = {
      raw: args.count('F') > 1 ? 'objects' : args.has('F') ? 'caches' : args.has('f'),
      lines: args.has('l') || args.has('source') || context.full === true,
      source: args.has('source') ? context.source : undefined,
      locals: wantsLocals(context, args),
    };
    const start = startOf(args);
    const stacks = tasks.map((t) => (hides(t, args) ? nameOnly(t) : stackOf(prog, t, options, start)));
    const reference = args.value('R');
    const shown = reference === undefined ? stacks : stacks.filter((stack) => refersTo(prog, stack, reference));
    // only lines and variables come from files with debug information
    const doubts = options.lines || options.locals ? debugDoubts(prog) : [];
    return { tasks: shown, ...problemsOf(missing, doubts) };
  },
  *blocks(data, args) {
    const style: StackStyle = { lines: args.has('l') || args.has('source'), ...offsetStyle(args) };
    let first = true;
    for (const stack of data.tasks) {
      if (!first) yield { kind: 'lines', lines: [''] } satisfies Block;
      first = false;
      yield { kind: 'stack', stack, style };
    }
    if (data.searches) yield { kind: 'lines', lines: searchLines(data.searches, data.searchKind ?? 'exceptions') };
    if (data.overflows) yield { kind: 'lines', lines: overflowLines(data.overflows) };
    if (data.oldMethod !== undefined) {
      yield {
        kind: 'lines',
        lines: [`bt: ${data.oldMethod ? 'every code address on the stack' : 'frames'} from now on`],
      };
    }
    yield* problemBlocks(data);
  },
});

/** Whether `bt -O` was given; crash's toggle. */
const oldMethod = perOwner((_prog: Program) => ({ on: false }));

function toggleOldMethod(prog: Program): BtData {
  const state = oldMethod(prog);
  state.on = !state.on;
  return { tasks: [], oldMethod: state.on };
}

function searchKind(prog: Program, args: Args): SearchKind | undefined {
  const flags = [
    ['r', 'raw'],
    ['T', 'all-texts'],
    ['t', 'texts'],
    ['e', 'exceptions'],
    ['o', 'old'],
  ] as const;
  const given = flags.find(([flag]) => args.has(flag))?.[1];
  return given ?? (oldMethod(prog).on ? 'old' : undefined);
}

function offsetStyle(args: Args): Pick<StackStyle, 'offsets'> {
  if (!args.has('s')) return {};
  return { offsets: args.has('x') ? 'hex' : 'decimal' };
}

function searchesOf(prog: Program, task: TaskRecord, kind: SearchKind, args: Args): StackSearch[] {
  const start = startOf(args);
  const { frames } = taskStack(prog, task, start ? { start } : {});
  return searchTaskStack(prog, { ...task, task: hex64(task.address) }, frames, kind);
}

/** The stacks for interrupts of all CPUs, then those for exceptions. */
function cpuStackSearches(prog: Program, args: Args): StackSearch[] {
  const known = presentCpus(prog);
  const cpus = args.value('c') === undefined ? known : parseCpus(args.value('c') as string, known, 'bt');
  const { unwind } = prog.arch;
  // what enters on the trampoline is copied to the task's stack at once
  const isThere = (stack: StackRange): boolean =>
    stack.name !== 'entry' && typeof prog.memory.translate(stack.low) !== 'string';
  const stacks = cpus.flatMap((cpu) =>
    (unwind?.cpuStacks(prog, cpu) ?? []).filter(isThere).map((stack) => ({ cpu, stack })),
  );
  const isIrq = (s: (typeof stacks)[number]): boolean => s.stack.name === 'irq';
  const ordered = [...stacks.filter(isIrq), ...stacks.filter((s) => !isIrq(s))];
  return ordered.map(({ cpu, stack }) => searchCpuStack(prog, cpu, stack));
}

function stackOverflows(prog: Program): OverflowData[] {
  const cpus = possibleCpus(prog);
  return taskTable(prog).tasks.flatMap((t) => {
    const signs = stackOverflowSigns(prog, t.address, cpus);
    return signs.length === 0 ? [] : [{ pid: t.pid, task: hex64(t.address), cpu: t.cpu, comm: t.comm, signs }];
  });
}

function* overflowLines(overflows: readonly OverflowData[]): Iterable<string> {
  for (const task of overflows) {
    yield taskLine(task);
    for (const sign of task.signs) yield `  possible stack overflow: ${sign}`;
    yield '';
  }
  if (overflows.length === 0) yield 'No stack overflows detected';
}

function hides(task: TaskRecord, args: Args): boolean {
  const what = args.value('n');
  if (what !== undefined && what !== 'idle') throw new UsageError(`bt: -n takes 'idle', not '${what}'`);
  return what !== undefined && task.idle && (args.has('a') || args.has('A') || args.has('c'));
}

function nameOnly(task: TaskRecord): TaskStack {
  return { pid: task.pid, comm: task.comm, task: hex64(task.address), cpu: task.cpu, frames: [] };
}

function startOf(args: Args): UnwindOptions['start'] {
  const address = (flag: string): Addr | undefined => {
    const word = args.value(flag);
    const at = word === undefined ? undefined : parseAddress(word);
    if (word !== undefined && at === undefined) throw new UsageError(`bt: '${word}' is no address`);
    return at;
  };
  const pc = address('I');
  const sp = address('S');
  if (pc === undefined && sp === undefined) return undefined;
  return { ...(pc !== undefined && { pc }), ...(sp !== undefined && { sp }) };
}

function refersTo(prog: Program, stack: TaskStack, reference: string): boolean {
  const at = prog.findSymbol(reference) ? undefined : parseAddress(reference);
  return stack.frames.some((f) => f.symbol === reference || (at !== undefined && BigInt(f.pc) === at));
}

function wantsLocals(context: CommandContext, args: Args): boolean {
  return args.has('locals') || context.full === true;
}
