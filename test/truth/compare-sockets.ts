import { openFiles } from '../../src/kernel/files.ts';
import { type SocketEnd, type SocketRecord, socketOfInode } from '../../src/kernel/socket.ts';
import type { TaskRecord } from '../../src/kernel/task.ts';
import type { Program } from '../../src/program/program.ts';
import { Check } from './check.ts';
import { type ConsoleText, section } from './console.ts';
import { type InetLine, parseInet, parseUnix } from './proc-text.ts';

/** Sockets of all processes by the number of their inode. */
function socketsOf(prog: Program, tasks: readonly TaskRecord[]): Map<bigint, SocketRecord> {
  const found = new Map<bigint, SocketRecord>();
  for (const task of tasks) {
    if (task.kernelThread) continue;
    for (const { inode, kind } of openFiles(prog, task.address).files) {
      if (kind !== 'SOCK' || !inode || found.has(inode.number)) continue;
      const socket = socketOfInode(prog, inode.address);
      if (socket) found.set(inode.number, socket);
    }
  }
  return found;
}

/** IPPROTO_TCP and so on; version 6 has its own files. */
const INET = [
  ['net/tcp', 'INET', 6],
  ['net/tcp6', 'INET6', 6],
  ['net/udp', 'INET', 17],
  ['net/udp6', 'INET6', 17],
] as const;

/** TCP_ESTABLISHED = 1 and so on (include/net/tcp_states.h). */
const STATES =
  'ESTABLISHED SYN_SENT SYN_RECV FIN_WAIT1 FIN_WAIT2 TIME_WAIT CLOSE CLOSE_WAIT LAST_ACK LISTEN CLOSING NEW_SYN_RECV'.split(
    ' ',
  );
const TYPES: Readonly<Record<number, string>> = { 1: 'STREAM', 2: 'DGRAM', 3: 'RAW', 5: 'SEQPACKET' };

/** /proc/net/tcp, udp and their version 6, and /proc/net/unix: every socket that a process has. */
export function compareSockets(prog: Program, console: ConsoleText, tasks: readonly TaskRecord[]): Check {
  const check = new Check('sockets');
  const ours = socketsOf(prog, tasks);
  const listed = new Set<bigint>();
  const known = new Set<string>();
  for (const [name, family, protocol] of INET) {
    if (!console.sections.has(name)) continue;
    known.add(`${family} ${protocol}`);
    for (const line of parseInet(section(console, name), prog.arch.littleEndian)) {
      if (line.inode === 0n) check.explain(`${name} ${line.local}: no process has it, it is being closed`);
      else compareInet(check, name, line, ours.get(line.inode), family, protocol);
      listed.add(line.inode);
    }
  }
  if (console.sections.has('net/unix')) known.add('UNIX');
  for (const line of parseUnix(section(console, 'net/unix'))) {
    listed.add(line.inode);
    const socket = ours.get(line.inode);
    const mine = socket && `${socket.family} ${socket.type} ${socket.state} ${socket.path ?? ''}`;
    const state = line.listens ? 'LISTEN' : line.connected ? 'ESTABLISHED' : 'CLOSE';
    const guest = `UNIX ${TYPES[line.type]} ${state} ${line.path}`;
    check.expect(mine === guest, () => `net/unix inode ${line.inode}: ${mine}, guest ${guest}`);
  }
  for (const [inode, s] of ours) {
    if (!known.has(s.family === 'UNIX' ? 'UNIX' : `${s.family} ${s.protocol}`)) continue;
    check.expect(listed.has(inode), () => `${s.family} inode ${inode} is not in the guest's lists`);
  }
  return check;
}

function compareInet(
  check: Check,
  name: string,
  line: InetLine,
  socket: SocketRecord | undefined,
  family: string,
  protocol: number,
): void {
  const end = (e: SocketEnd | undefined): string => (e ? `${e.long}:${e.port}` : '-');
  const mine =
    socket && `${socket.family} ${socket.protocol} ${end(socket.source)} ${end(socket.destination)} ${socket.state}`;
  const guest = `${family} ${protocol} ${line.local} ${line.remote} ${STATES[line.state - 1]}`;
  check.expect(mine === guest, () => `${name} inode ${line.inode}: ${mine}, guest ${guest}`);
}
