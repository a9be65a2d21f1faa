import { NotFoundError, UsageError } from '../base/errors.ts';
import { hex, hex64 } from '../base/hex.ts';
import type { Addr } from '../base/units.ts';
import { frameScope, parseObjectAddress } from '../expr/index.ts';
import { memberQueue, type Waiter, waitQueue, waitQueueKind } from '../kernel/wait-queue.ts';
import type { Program } from '../program/program.ts';
import { type CommandContext, command } from '../report/command.ts';
import { digits } from '../report/pad.ts';
import { type ProblemData, problemBlocks, problemsOf, problemsSchema } from '../report/problems.ts';
import { arrayOf, boolean, hexString, object, optional, string } from '../report/schema.ts';
import { taskLine } from '../report/stack-lines.ts';
import { type TaskName, taskNameSchema } from '../report/task-data.ts';

interface WaiterData {
  readonly entry: string;
  readonly wake?: string;
  readonly task?: TaskName;
}

export interface WaitqData {
  readonly address: string;
  readonly name?: string;
  readonly simple: boolean;
  readonly waiters: readonly WaiterData[];
  readonly problems?: readonly ProblemData[];
}

export const waitq = command<WaitqData>({
  name: 'waitq',
  summary: 'who waits on a wait queue',
  description: [
    'Lists the tasks that sleep on a wait queue, in its order. The queue is a symbol, an address, an expression, or a ' +
      'member of a structure at an address; simple wait queues (swait) are told by the type of the member.',
    'For what does not wake one task, as an eventpoll, the function is shown that is called instead.',
  ],
  args: {
    operands: [
      { name: 'symbol | address | struct.member', help: 'the wait queue', required: true },
      { name: 'address', help: 'of the structure that has the member' },
    ],
  },
  examples: [
    {
      line: 'waitq log_wait',
      shows: 'Who waits for messages of the kernel:',
      output: 'wait queue "log_wait" (ffffffff82cd2350) is empty',
    },
    {
      line: 'waitq signal_struct.wait_chldexit ffff888003e10d80',
      shows: 'Who waits for its children:',
      output: 'PID: 1        TASK: ffff888003df8000  CPU: 0    COMMAND: "init"',
    },
  ],
  schema: object('A wait queue.', {
    address: hexString('Of its head.'),
    name: optional(string('The symbol it was named by.')),
    simple: boolean('Whether it is a simple one (`struct swait_queue_head`).'),
    waiters: arrayOf(
      'In the order in which they are woken.',
      object('One that waits.', {
        entry: hexString('Of its entry in the queue.'),
        wake: optional(string('The function that wakes it.')),
        task: optional(taskNameSchema),
      }),
    ),
    problems: optional(problemsSchema),
  }),
  run(context, args) {
    const [word, place] = args.operands as [string, string | undefined];
    const { address, simple, name } = queueOf(context, word, place);
    const { waiters, problems } = waitQueue(context.prog, address, simple);
    return {
      address: hex64(address),
      ...(name !== undefined && { name }),
      simple,
      waiters: waiters.map(waiterData),
      ...problemsOf(problems),
    };
  },
  *blocks(data) {
    yield { kind: 'lines', lines: textLines(data) };
    yield* problemBlocks(data);
  },
});

function queueOf(
  context: CommandContext,
  word: string,
  place: string | undefined,
): { address: Addr; simple: boolean; name?: string } {
  const { prog } = context;
  const scope = frameScope(prog, context.task);
  if (place !== undefined) {
    if (!/^\w+\.\w/.test(word)) throw new UsageError(`waitq: '${word}' is no struct.member`);
    return memberQueue(prog, word, parseObjectAddress(prog, place, scope));
  }
  const type = /^\w+$/.test(word) ? prog.findVariableType(word) : undefined;
  const simple = type !== undefined && waitQueueKind(type) === 'simple';
  const address = addressOfQueue(prog, word, () => parseObjectAddress(prog, word, scope));
  const name = prog.findSymbol(word)?.address === address ? { name: word } : {};
  return { address, simple, ...name };
}

/** @throws NotFoundError naming the word, and for addresses that are none of the kernel's */
function addressOfQueue(prog: Program, word: string, find: () => Addr): Addr {
  const address = find();
  if (address < 1n << BigInt(8 * prog.pointerSize - 1)) {
    throw new NotFoundError('wait queue', word, `${hex(address)} is no address of the kernel`);
  }
  return address;
}

function waiterData({ address, wake, task }: Waiter): WaiterData {
  return {
    entry: hex64(address),
    ...(wake !== undefined && { wake }),
    ...(task && { task: { pid: task.pid, task: hex64(task.address), cpu: task.cpu, comm: task.comm } }),
  };
}

function* textLines(data: WaitqData): Iterable<string> {
  const address = digits(data.address);
  if (data.waiters.length === 0 && !data.problems) {
    yield data.name === undefined
      ? `wait queue ${address} is empty`
      : `wait queue "${data.name}" (${address}) is empty`;
  }
  for (const { entry, wake, task } of data.waiters) {
    yield task ? taskLine(task) : `WAIT_QUEUE_ENTRY: ${digits(entry)}  FUNC: ${wake ?? '(unknown)'}`;
  }
}
