import { NotFoundError } from '../base/errors.ts';
import { hex64, hexPad } from '../base/hex.ts';
import type { Addr } from '../base/units.ts';
import {
  type IpcObject,
  type IpcObjects,
  ipcNamespace,
  type MessageQueue,
  messageQueues,
  type SemaphoreArray,
  type SharedMemory,
  semaphoreArrays,
  sharedMemory,
} from '../kernel/ipc.ts';
import { chosenTask } from '../kernel/task-choice.ts';
import type { Problem } from '../program/ports.ts';
import type { Program } from '../program/program.ts';
import { type Args, parseAddress } from '../report/args.ts';
import { command } from '../report/command.ts';
import { digits } from '../report/pad.ts';
import { type ProblemData, problemBlocks, problemsOf, problemsSchema } from '../report/problems.ts';
import { arrayOf, boolean, hexString, integer, nullable, object, optional, string } from '../report/schema.ts';

interface ObjectData {
  readonly address: string;
  readonly key: string;
  readonly id: number;
  readonly uid: number;
  readonly permissions: string;
}

interface MemoryData extends ObjectData {
  readonly size: number;
  readonly attached: number;
  readonly removed: boolean;
  readonly locked: boolean;
  readonly inode: string | null;
  readonly pages: number;
  readonly residentPages: number | null;
  readonly swappedPages: number | null;
}

interface SemaphoreData extends ObjectData {
  readonly semaphores: number;
}

interface QueueData extends ObjectData {
  readonly bytes: number;
  readonly messages: number;
}

export interface IpcData {
  readonly namespace: string;
  readonly sharedMemory?: readonly MemoryData[];
  readonly semaphores?: readonly SemaphoreData[];
  readonly messageQueues?: readonly QueueData[];
  readonly problems?: readonly ProblemData[];
}

const common = {
  address: hexString('Where it is.'),
  key: string('Its key, eight hexadecimal digits.'),
  id: integer('Its identifier.'),
  uid: integer('Owner, as the first user namespace sees it.'),
  permissions: string('Octal.'),
};

export const ipcs = command<IpcData>({
  name: 'ipcs',
  summary: 'System V shared memory, semaphores and message queues',
  description: [
    'All three without an option. They are those of the first IPC namespace, with -n those of the namespace of a task; an ' +
      'identifier or an address chooses one of them.',
  ],
  args: {
    options: [
      { flag: 's', help: 'semaphores' },
      { flag: 'm', help: 'shared memory' },
      { flag: 'M', help: 'shared memory with its pages and inode' },
      { flag: 'q', help: 'message queues' },
      { flag: 'n', value: 'pid|task', help: 'of the IPC namespace of this task' },
    ],
    operands: [{ name: 'id | address', help: 'one of them: decimal id, or the address of its structure' }],
  },
  examples: [
    {
      line: 'ipcs -M',
      shows: 'Shared memory with its pages:',
      output: [
        'SHMID_KERNEL     KEY      SHMID      UID   PERMS BYTES      NATTCH STATUS',
        'ffff8f13c209ce00 00002007 0          0     600   1048576    1',
        'PAGES ALLOCATED/RESIDENT/SWAPPED: 256/1/0',
        'INODE: ffff8f13c19da550',
      ].join('\n'),
    },
  ],
  schema: object('System V IPC.', {
    namespace: hexString('`struct ipc_namespace`.'),
    sharedMemory: optional(
      arrayOf(
        'Segments of shared memory.',
        object('`struct shmid_kernel`.', {
          ...common,
          size: integer('In bytes.'),
          attached: integer('How often it is attached.'),
          removed: boolean('It goes when nobody has it attached.'),
          locked: boolean('It is kept in memory.'),
          inode: nullable(hexString('`struct inode` of its file.')),
          pages: integer('Pages that its size takes.'),
          residentPages: nullable(integer('Pages in memory.')),
          swappedPages: nullable(integer('Pages in swap space.')),
        }),
      ),
    ),
    semaphores: optional(
      arrayOf('Sets of semaphores.', object('`struct sem_array`.', { ...common, semaphores: integer('How many.') })),
    ),
    messageQueues: optional(
      arrayOf(
        'Message queues.',
        object('`struct msg_queue`.', {
          ...common,
          bytes: integer('Of the messages in it.'),
          messages: integer('How many.'),
        }),
      ),
    ),
    problems: optional(problemsSchema),
  }),
  run({ prog }, args) {
    const of = args.value('n');
    const task = of === undefined ? undefined : chosenTask(prog, of);
    const namespace = ipcNamespace(prog, task?.address);
    if (namespace === 0n) throw new NotFoundError('IPC namespace', `of task ${of}`, 'it has given its namespaces back');
    const data = ipcData(prog, namespace, args);
    const word = args.operands[0];
    return word === undefined ? data : onlyOne(data, word);
  },
  *blocks(data, args) {
    if (data.sharedMemory) yield { kind: 'lines', lines: memoryLines(data.sharedMemory, args.has('M')) };
    if (data.semaphores) yield { kind: 'lines', lines: semaphoreLines(data.semaphores) };
    if (data.messageQueues) yield { kind: 'lines', lines: queueLines(data.messageQueues) };
    yield* problemBlocks(data);
  },
});

function ipcData(prog: Program, namespace: Addr, args: Args): IpcData {
  const all = !['s', 'm', 'M', 'q'].some((flag) => args.has(flag));
  const problems: Problem[] = [];
  const take = <T>(found: IpcObjects<T>): readonly T[] => {
    problems.push(...found.problems);
    return found.objects;
  };
  const memory = all || args.has('m') || args.has('M') ? take(sharedMemory(prog, namespace)) : undefined;
  const semaphores = all || args.has('s') ? take(semaphoreArrays(prog, namespace)) : undefined;
  const queues = all || args.has('q') ? take(messageQueues(prog, namespace)) : undefined;
  return {
    namespace: hex64(namespace),
    ...(memory && { sharedMemory: memory.map((one) => memoryData(one, prog.pageSize)) }),
    ...(semaphores && { semaphores: semaphores.map(semaphoreData) }),
    ...(queues && { messageQueues: queues.map(queueData) }),
    ...problemsOf(problems),
  };
}

function commonData({ address, key, id, uid, mode }: IpcObject): ObjectData {
  return { address: hex64(address), key: hexPad(key, 8), id, uid, permissions: (mode & 0o777).toString(8) };
}

function memoryData(one: SharedMemory, pageSize: number): MemoryData {
  return {
    ...commonData(one),
    size: one.size,
    attached: one.attached,
    removed: one.removed,
    locked: one.locked,
    inode: one.inode === 0n ? null : hex64(one.inode),
    pages: Math.ceil(one.size / pageSize),
    residentPages: one.residentPages ?? null,
    swappedPages: one.swappedPages ?? null,
  };
}

function semaphoreData(one: SemaphoreArray): SemaphoreData {
  return { ...commonData(one), semaphores: one.semaphores };
}

function queueData(one: MessageQueue): QueueData {
  return { ...commonData(one), bytes: one.bytes, messages: one.messages };
}

/** @throws NotFoundError */
function onlyOne(data: IpcData, word: string): IpcData {
  const id = /^\d{1,10}$/.test(word) ? Number(word) : undefined;
  const address = parseAddress(word);
  const isIt = (one: ObjectData): boolean => one.id === id || (address !== undefined && one.address === hex64(address));
  const memory = data.sharedMemory?.filter(isIt) ?? [];
  const semaphores = data.semaphores?.filter(isIt) ?? [];
  const queues = data.messageQueues?.filter(isIt) ?? [];
  if (memory.length + semaphores.length + queues.length === 0) {
    throw new NotFoundError('IPC object', word, 'it is neither an identifier nor an address of one');
  }
  return {
    namespace: data.namespace,
    ...(memory.length > 0 && { sharedMemory: memory }),
    ...(semaphores.length > 0 && { semaphores }),
    ...(queues.length > 0 && { messageQueues: queues }),
    ...(data.problems && { problems: data.problems }),
  };
}

// ---- text, in crash's layout

const NONE = '(none allocated)';

function start(one: ObjectData): string {
  const owner = `${String(one.id).padEnd(10)} ${String(one.uid).padEnd(5)} ${one.permissions.padEnd(5)}`;
  return `${digits(one.address)} ${one.key} ${owner}`;
}

function header(object: string, id: string): string {
  return `${object.padEnd(16)} ${'KEY'.padEnd(8)} ${id.padEnd(10)} ${'UID'.padEnd(5)} PERMS`;
}

function* memoryLines(list: readonly MemoryData[], details: boolean): Iterable<string> {
  const title = `${header('SHMID_KERNEL', 'SHMID')} ${'BYTES'.padEnd(10)} NATTCH STATUS`;
  if (list.length === 0 || !details) yield title;
  if (list.length === 0) yield NONE;
  for (const one of list) {
    if (details) yield title;
    const status = [one.removed ? 'dest' : '', one.locked ? 'locked' : ''].filter((word) => word !== '').join(' ');
    yield `${start(one)} ${String(one.size).padEnd(10)} ${String(one.attached).padEnd(6)} ${status}`;
    if (!details) continue;
    const counts = [one.pages, one.residentPages ?? '?', one.swappedPages ?? '?'].join('/');
    yield `PAGES ALLOCATED/RESIDENT/SWAPPED: ${counts}`;
    yield `INODE: ${one.inode === null ? '0' : digits(one.inode)}`;
    yield '';
  }
  if (list.length === 0 || !details) yield '';
}

function* semaphoreLines(list: readonly SemaphoreData[]): Iterable<string> {
  yield `${header('SEM_ARRAY', 'SEMID')} ${'NSEMS'.padEnd(10)}`;
  if (list.length === 0) yield NONE;
  for (const one of list) yield `${start(one)} ${String(one.semaphores).padEnd(10)}`;
  yield '';
}

function* queueLines(list: readonly QueueData[]): Iterable<string> {
  yield `${header('MSG_QUEUE', 'MSQID')} ${'USED-BYTES'.padEnd(12)} ${'MESSAGES'.padEnd(12)}`;
  if (list.length === 0) yield NONE;
  for (const one of list) yield `${start(one)} ${String(one.bytes).padEnd(12)} ${String(one.messages).padEnd(12)}`;
  yield '';
}
