import { attempt } from '../base/attempt.ts';
import { perOwner } from '../base/lazy.ts';
import { addrAdd } from '../base/u64.ts';
import type { Addr } from '../base/units.ts';
import type { Program } from '../program/program.ts';
import type { Disk } from './block-device.ts';
import { descriptorFiles } from './descriptor-files.ts';
import { structAt } from './module-struct.ts';
import { type SocketEnd, type SocketRecord, socketAt, socketOfInode } from './socket.ts';
import type { TaskRecord } from './task.ts';

const SOCKET = 0o140000;
const MAX_CONNECTIONS = 64;

/** Who is at the other end of a socket of the kernel's own. */
export interface SocketPeer {
  readonly socket: SocketRecord;
  /** The process of this machine that has the other end, when it is one of it. */
  readonly process?: TaskRecord;
}

/** @param socket `struct socket *`, of the kernel or of a process @throws NotFoundError MemoryFault */
export function socketPeer(prog: Program, socket: Addr): SocketPeer | undefined {
  const own = socketAt(prog, socket);
  if (!own) return undefined;
  const process = attempt(() => (own.family === 'UNIX' ? unixPeer(prog, own) : internetPeer(prog, own)));
  return { socket: own, ...(process && { process }) };
}

/** The socket whose ends are these, the other way round: only the same machine has both. */
function internetPeer(prog: Program, { source, destination, protocol }: SocketRecord): TaskRecord | undefined {
  if (!source || !destination) return undefined;
  return holder(prog, (s) => s.protocol === protocol && same(s.source, destination) && same(s.destination, source));
}

/** `unix_sock.peer` */
function unixPeer(prog: Program, { sock }: SocketRecord): TaskRecord | undefined {
  const peer = prog.memory.ulong(addrAdd(sock, prog.offset('unix_sock', 'peer')));
  return peer === 0n ? undefined : holder(prog, (s) => s.sock === peer);
}

function same(a: SocketEnd | undefined, b: SocketEnd): boolean {
  return a !== undefined && a.port === b.port && plain(a.address) === plain(b.address);
}

/** A socket of IPv6 that also takes IPv4 has such addresses as mapped ones (RFC 4291, 2.5.5.2). */
function plain(address: string): string {
  return address.replace(/^::ffff:(?=[\d.]+$)/, '');
}

function holder(prog: Program, isIt: (socket: SocketRecord) => boolean): TaskRecord | undefined {
  return openSockets(prog).find(({ socket }) => isIt(socket))?.task;
}

/** The open sockets of all processes: a disk may have many connections, and each asks for them. @throws NotFoundError */
const openSockets = perOwner(
  (prog: Program): readonly { readonly socket: SocketRecord; readonly task: TaskRecord }[] => {
    const found: { socket: SocketRecord; task: TaskRecord }[] = [];
    for (const { task, inode, kind } of descriptorFiles(prog)) {
      const socket = kind === SOCKET ? attempt(() => socketOfInode(prog, inode)) : undefined;
      if (socket) found.push({ socket, task });
    }
    return found;
  },
);

/**
 * Servers of a network block device (drivers/block/nbd.c), one a connection; empty for another disk.
 * @throws NotFoundError when the driver's types are unknown; MemoryFault
 */
export function networkDiskPeers(prog: Program, disk: Disk): SocketPeer[] {
  if (prog.symbolAt(disk.operations)?.name !== 'nbd_fops') return [];
  const own = prog.at('gendisk', disk.address).get('private_data').toBigInt();
  const config = structAt(prog, 'nbd_config', structAt(prog, 'nbd_device', own).get('config').toBigInt());
  const count = Math.min(config.get('num_connections').toNumber(), MAX_CONNECTIONS);
  const first = config.get('socks').toBigInt();
  return Array.from({ length: count }, (_, i) => {
    return attempt(() => {
      const at = prog.memory.ulong(addrAdd(first, i * prog.arch.pointerSize));
      return socketPeer(prog, structAt(prog, 'nbd_sock', at).get('sock').toBigInt());
    });
  }).filter((peer) => peer !== undefined);
}
