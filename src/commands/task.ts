import { AnalysisError, NotFoundError, UsageError } from '../base/errors.ts';
import { hex64 } from '../base/hex.ts';
import type { Addr } from '../base/units.ts';
import {
  type ObjectMembers,
  objectMembers,
  type PrintFormat,
  parseObjectMembers,
  treeText,
  type ValueNode,
} from '../expr/index.ts';
import { findTask, type TaskRecord } from '../kernel/task.ts';
import { chosenTasks } from '../kernel/task-choice.ts';
import { infoAddress } from '../kernel/task-detail.ts';
import type { Problem } from '../program/ports.ts';
import type { Program } from '../program/program.ts';
import { type Args, parseAddress } from '../report/args.ts';
import { type CommandContext, command } from '../report/command.ts';
import { type ProblemData, problemBlocks, problemsOf, problemsSchema } from '../report/problems.ts';
import { arrayOf, boolean, hexString, integer, object, oneOf, optional, string } from '../report/schema.ts';
import { taskLine } from '../report/stack-lines.ts';
import type { TaskName } from '../report/task-data.ts';
import { valueSchema } from '../report/value-schema.ts';

const STRUCTS = ['task_struct', 'thread_info'] as const;
type StructName = (typeof STRUCTS)[number];

interface TaskPart {
  readonly struct: StructName;
  /** Path of a member; '' for the whole structure. */
  readonly member: string;
  readonly value: ValueNode;
  /** It is the last of its structure. */
  readonly last?: true;
}

export interface TaskAnswer {
  readonly tasks: readonly (TaskName & { readonly parts: readonly TaskPart[] })[];
  readonly problems?: readonly ProblemData[];
}

export const task = command<TaskAnswer>({
  name: 'task',
  summary: 'contents of task_struct and thread_info',
  description: [
    'Shows the `task_struct` and `thread_info` of tasks, or members of them: a path such as `se.on_rq` or ' +
      '`comm[0]`, several separated by commas. A member that both structures have is shown of both.',
    'Without a task, the current one. Members may also be named without -R.',
  ],
  args: {
    options: [
      { flag: 'R', value: 'member[,member]', help: 'only these members' },
      { flag: 'x', help: 'integers in hexadecimal' },
      { flag: 'd', help: 'integers in decimal' },
    ],
    operands: [{ name: 'pid | task', help: 'which tasks; the current one when absent', many: true }],
  },
  examples: [
    { line: 'task', shows: 'All of the current task:' },
    {
      line: 'task -R pid,comm,se.on_rq 1',
      shows: 'Some members of a task:',
      output: [
        'PID: 1        TASK: ffff888003df8000  CPU: 0    COMMAND: "init"',
        '  pid = 1,',
        '  comm = "init\\000\\000\\000\\000\\000\\000\\000\\000\\000\\000\\000",',
        '  se.on_rq = 0,',
      ].join('\n'),
    },
    { line: 'foreach UN task -R flags -x', shows: 'A member of many tasks, in hexadecimal:' },
  ],
  schema: object('Structures of tasks.', {
    tasks: arrayOf(
      'In the order in which they were named.',
      object('A task.', {
        pid: integer('Process id.'),
        task: hexString('Address of `struct task_struct`.'),
        cpu: integer('CPU it runs or last ran on.'),
        comm: string('Command name.'),
        parts: arrayOf(
          'The structures, or the members that were asked for.',
          object('A structure or member.', {
            struct: oneOf('Of which structure.', STRUCTS),
            member: string('Path of the member; empty for the whole structure.'),
            value: valueSchema,
            last: optional(boolean('It is the last of its structure.')),
          }),
        ),
      }),
    ),
    problems: optional(problemsSchema),
  }),
  run(context, args) {
    const { words, members } = operandsOf(context.prog, args);
    const tasks = chosenTasks(context.prog, words, context.task);
    const problems: Problem[] = [];
    const wanted = members.length > 0 ? memberSets(context.prog, members, problems) : wholeStructs(context.prog);
    const format = formatOf(context, args);
    return { tasks: tasks.map((t) => taskData(context.prog, t, wanted, format, problems)), ...problemsOf(problems) };
  },
  *blocks(data) {
    yield { kind: 'lines', lines: textLines(data) };
    yield* problemBlocks(data);
  },
});

/** What is shown of one of the two structures. */
interface Wanted {
  readonly struct: StructName;
  readonly what: ObjectMembers;
}

/** Words that name tasks, and those that name members. */
function operandsOf(prog: Program, args: Args): { words: string[]; members: string[] } {
  const members = args.values('R').flatMap(listOf);
  const words: string[] = [];
  for (const word of args.operands) {
    if (isTask(prog, word)) words.push(word);
    else if (/^[A-Za-z_][\w.,[\]]*$/.test(word)) members.push(...listOf(word));
    else throw new UsageError(`task: '${word}' is neither a pid nor a task address nor a member`);
  }
  return { words, members };
}

function listOf(word: string): string[] {
  return word.split(',').filter((part) => part !== '');
}

/** Words of digits are tasks; of others that read as hexadecimal those are, at which a task is. */
function isTask(prog: Program, word: string): boolean {
  const at = parseAddress(word);
  if (at === undefined) return false;
  return /^(?:0x|\d)/i.test(word) || word.length >= 8 || findTask(prog, at) !== undefined;
}

function wholeStructs(prog: Program): Wanted[] {
  return STRUCTS.map((struct) => ({ struct, what: parseObjectMembers(prog, struct) }));
}

/** The members that each structure has; a name that neither has is a problem. */
function memberSets(prog: Program, members: readonly string[], problems: Problem[]): Wanted[] {
  const wanted: Wanted[] = [];
  for (const member of members) {
    const having = STRUCTS.filter((struct) => prog.type(struct).findMember(member) !== undefined);
    if (having.length === 0) problems.push({ what: member, why: 'neither task_struct nor thread_info has it' });
    for (const struct of having) wanted.push({ struct, what: parseObjectMembers(prog, `${struct}.${member}`) });
  }
  return wanted;
}

function formatOf({ session }: CommandContext, args: Args): PrintFormat {
  const hex = args.has('x') || (!args.has('d') && session?.settings.radix === 16);
  return { ...(hex && { radix: 16 as const }), ...(session && { elements: session.settings.printMax }) };
}

function taskData(
  prog: Program,
  record: TaskRecord,
  wanted: readonly Wanted[],
  format: PrintFormat,
  problems: Problem[],
): TaskAnswer['tasks'][number] {
  const parts = wanted.flatMap(({ struct, what }) => {
    try {
      const at = addressOf(prog, struct, record.address);
      return objectMembers(prog, what, at, format).map(
        ({ name, value, last }): TaskPart => ({ struct, member: name, value, ...(last && { last }) }),
      );
    } catch (e) {
      if (!(e instanceof AnalysisError)) throw e;
      problems.push({ what: `${struct} of pid ${record.pid}`, why: e.message });
      return [];
    }
  });
  return { pid: record.pid, task: hex64(record.address), cpu: record.cpu, comm: record.comm, parts };
}

/** Where a structure of a task is. @throws NotFoundError */
function addressOf(prog: Program, struct: StructName, address: Addr): Addr {
  if (struct === 'task_struct') return address;
  const info = infoAddress(prog, address);
  if (info === null) throw new NotFoundError('thread_info', 'in task_struct');
  return BigInt(info);
}

// ---- text, in crash's layout

function* textLines(data: TaskAnswer): Iterable<string> {
  for (const { parts, ...name } of data.tasks) {
    yield taskLine(name);
    for (const [i, part] of parts.entries()) {
      if (part.member === '' && i > 0) yield '';
      yield* partLines(part);
    }
    yield '';
  }
}

function partLines({ struct, member, value, last }: TaskPart): Iterable<string> {
  if (member === '') return `struct ${struct} ${treeText(value)}`.split('\n');
  return `  ${member} = ${treeText(value, 1)}${last ? '' : ','}`.split('\n');
}
