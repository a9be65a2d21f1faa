import { NotFoundError, UsageError } from '../base/errors.ts';
import { hex64 } from '../base/hex.ts';
import { objectLines, objectMembers, parseObjectMembers } from '../expr/index.ts';
import { openFiles } from '../kernel/files.ts';
import { formatIpv4 } from '../kernel/net-address.ts';
import { netDevices, netNamespace } from '../kernel/net-device.ts';
import { arpCache } from '../kernel/net-neighbour.ts';
import { attempt } from '../kernel/note-problem.ts';
import { type SocketRecord, socketOfInode } from '../kernel/socket.ts';
import type { TaskRecord } from '../kernel/task.ts';
import { chosenTasks } from '../kernel/task-choice.ts';
import type { Problem } from '../program/ports.ts';
import type { Program } from '../program/program.ts';
import { type Args, parseAddress } from '../report/args.ts';
import { type CommandContext, command } from '../report/command.ts';
import {
  deviceLines,
  type NeighbourData,
  type NetDeviceData,
  neighbourLines,
  neighbourSchema,
  netDeviceSchema,
  SOCKET_HEADER,
  type SocketData,
  socketLine,
  socketSchema,
} from '../report/net-data.ts';
import { digits } from '../report/pad.ts';
import { type ProblemData, problemBlocks, problemsOf, problemsSchema } from '../report/problems.ts';
import { arrayOf, object, optional, string } from '../report/schema.ts';
import { taskLine } from '../report/stack-lines.ts';
import { type TaskName, taskNameSchema } from '../report/task-data.ts';

interface TaskSockets {
  readonly task: TaskName;
  readonly sockets: readonly SocketData[];
}

interface NetData {
  readonly devices?: readonly NetDeviceData[];
  readonly neighbours?: readonly NeighbourData[];
  readonly tasks?: readonly TaskSockets[];
  readonly address?: string;
  readonly problems?: readonly ProblemData[];
}

export const net = command<NetData>({
  name: 'net',
  summary: 'network devices, sockets, ARP cache',
  description: [
    'Without options the network devices with their addresses; with -n those of the namespace of a task. With -s the sockets of a task: family, type, and the two ends; of UNIX sockets the path. The JSON has the state of each as well.',
  ],
  args: {
    options: [
      { flag: 's', help: 'the sockets of the task' },
      { flag: 'S', help: 'the same, with struct socket and struct sock of each' },
      { flag: 'R', value: 'reference', help: 'with -s or -S: only this descriptor, or address of a socket or sock' },
      { flag: 'a', help: 'the ARP cache' },
      { flag: 'n', help: 'the devices of the network namespace of the task' },
      { flag: 'N', value: 'address', help: 'an IPv4 address that is given as a number, in dots' },
      { flag: 'x', help: 'with -S: numbers in hexadecimal' },
      { flag: 'd', help: 'with -S: numbers in decimal' },
    ],
    operands: [{ name: 'pid | task', help: 'whose sockets or namespace', many: true }],
  },
  examples: [
    {
      line: 'net',
      shows: 'The devices:',
      output: [
        '   NET_DEVICE     NAME       IP ADDRESS(ES)',
        'ffff8c06d19be000  lo         127.0.0.1, ::1',
        'ffff8c06d19bf000  eth0       10.0.2.15, fe80::5054:ff:fe12:3456',
      ].join('\n'),
    },
    {
      line: 'net -s 181',
      shows: 'The sockets of a task:',
      output: [
        'PID: 181      TASK: ffff8c06c24620c0  CPU: 1    COMMAND: "server"',
        SOCKET_HEADER,
        ' 3 ffff8c06c144f740 ffff8c06d11f9b00 INET:STREAM  127.0.0.1-7777 0.0.0.0-0',
      ].join('\n'),
    },
    { line: 'net -N 0x0100007f', shows: 'An address in dots:', output: '127.0.0.1' },
  ],
  schema: object('Network data; what was asked for is there.', {
    devices: optional(arrayOf('Network devices.', netDeviceSchema)),
    neighbours: optional(arrayOf('The ARP cache (`-a`).', neighbourSchema)),
    tasks: optional(
      arrayOf(
        'Sockets by task (`-s`, `-S`).',
        object('The sockets of a task.', { task: taskNameSchema, sockets: arrayOf('By descriptor.', socketSchema) }),
      ),
    ),
    address: optional(string('The address in dots (`-N`).')),
    problems: optional(problemsSchema),
  }),
  run(context, args) {
    const { prog } = context;
    const number = args.value('N');
    if (number !== undefined) return { address: dotted(number) };
    if (args.has('s') || args.has('S')) return sockets(context, args);
    if (args.has('a')) {
      const { neighbours, problems } = arpCache(prog);
      const data = neighbours.map((n) => ({
        ...n,
        address: hex64(n.address),
        hardwareAddress: Array.from(n.hardwareAddress, (b) => b.toString(16).padStart(2, '0')).join(':'),
      }));
      return { neighbours: data, ...problemsOf(problems) };
    }
    return devices(context, args);
  },
  *blocks(data, args) {
    if (data.address !== undefined) yield { kind: 'lines', lines: [data.address] };
    if (data.devices) yield { kind: 'lines', lines: deviceLines(data.devices) };
    if (data.neighbours) yield { kind: 'lines', lines: neighbourLines(data.neighbours) };
    for (const task of data.tasks ?? []) yield { kind: 'lines', lines: taskLines(task, args) };
    yield* problemBlocks(data);
  },
});

/** The bytes of the number in the order in which a little-endian kernel holds an address. */
function dotted(word: string): string {
  const value = /^(?:0x[0-9a-f]{1,8}|\d{1,10})$/i.test(word) ? Number(word) : Number.NaN;
  const number = Number.isNaN(value) && /^[0-9a-f]{1,8}$/i.test(word) ? Number(`0x${word}`) : value;
  if (!(number <= 0xffffffff)) throw new UsageError(`net: '${word}' is no number of 32 bits`);
  return formatIpv4(Uint8Array.of(number, number >>> 8, number >>> 16, number >>> 24));
}

function devices({ prog, task }: CommandContext, args: Args): NetData {
  const words = args.operands;
  if (!args.has('n') && words.length > 0) throw new UsageError('net: a task goes with -s, -S or -n');
  const whose = args.has('n') ? chosenTasks(prog, words, task) : [undefined];
  const all = whose.map((t) => netDevices(prog, netNamespace(prog, t?.address)));
  const data = all.flatMap(({ devices }) => devices.map((d) => ({ ...d, address: hex64(d.address) })));
  return { devices: data, ...problemsOf(...all.map((a) => a.problems)) };
}

function sockets({ prog, task }: CommandContext, args: Args): NetData {
  if (!prog.findType('socket_alloc')) throw new NotFoundError('type', 'socket_alloc', 'the kernel has no sockets');
  const problems: Problem[] = [];
  const tasks = chosenTasks(prog, args.operands, task).map((t) => ({
    task: { pid: t.pid, task: hex64(t.address), cpu: t.cpu, comm: t.comm },
    sockets: taskSockets(prog, t, args, problems),
  }));
  return { tasks: tasks.filter((t) => !args.has('R') || t.sockets.length > 0), ...problemsOf(problems) };
}

function taskSockets(prog: Program, t: TaskRecord, args: Args, problems: Problem[]): SocketData[] {
  const open = attempt(problems, `files of task ${t.pid}`, () => openFiles(prog, t.address));
  problems.push(...(open?.problems ?? []));
  const reference = args.value('R');
  const found: SocketData[] = [];
  for (const { fd, kind, inode } of open?.files ?? []) {
    if (kind !== 'SOCK' || !inode) continue;
    const record = attempt(problems, `socket of descriptor ${fd} of task ${t.pid}`, () =>
      socketOfInode(prog, inode.address),
    );
    if (!record || (reference !== undefined && !isMeant(fd, record, reference))) continue;
    const { socket, sock, ...rest } = record;
    const structures = args.has('S') ? { structures: structureLines(prog, record, args) } : {};
    found.push({ fd, socket: hex64(socket), sock: hex64(sock), inode: hex64(inode.number), ...rest, ...structures });
  }
  return found;
}

function isMeant(fd: number, s: SocketRecord, reference: string): boolean {
  if (/^\d{1,9}$/.test(reference) && Number(reference) === fd) return true;
  const value = parseAddress(reference);
  return value === s.socket || value === s.sock;
}

/** What each family makes of `struct sock`. */
const SOCKS: Readonly<Record<string, string>> = {
  INET: 'inet_sock',
  INET6: 'inet_sock',
  UNIX: 'unix_sock',
  NETLINK: 'netlink_sock',
  PACKET: 'packet_sock',
};

/** The socket, and the sock with what its family adds to it. */
function structureLines(prog: Program, s: SocketRecord, args: Args): string[] {
  const format = { radix: args.has('x') ? 16 : 10 } as const;
  const lines = (type: string, at: bigint): string[] => {
    const wanted = parseObjectMembers(prog, type);
    return objectLines(prog, wanted, objectMembers(prog, wanted, at, format));
  };
  const own = SOCKS[s.family];
  return [...lines('socket', s.socket), ...lines(own !== undefined && prog.findType(own) ? own : 'sock', s.sock)];
}

function* taskLines({ task, sockets }: TaskSockets, args: Args): Generator<string> {
  yield taskLine(task);
  if (sockets.length === 0) yield 'No open sockets.';
  else if (!args.has('S')) {
    yield SOCKET_HEADER;
    for (const s of sockets) yield socketLine(s);
  } else {
    for (const s of sockets) {
      yield 'FD       SOCKET             SOCK      ';
      yield `${String(s.fd).padStart(2)}  ${digits(s.socket)}  ${digits(s.sock)}`;
      yield '';
      yield* s.structures ?? [];
      yield '';
    }
  }
}
