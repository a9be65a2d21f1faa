import { attempt } from '../base/attempt.ts';
import { perOwner } from '../base/lazy.ts';
import { addrAdd } from '../base/u64.ts';
import type { Addr } from '../base/units.ts';
import type { Program } from '../program/program.ts';
import { descriptorFiles } from './descriptor-files.ts';
import { isKernelPointer } from './kernel-struct.ts';
import { listBothWays } from './list.ts';
import { findStruct, structAt, structOffset } from './module-struct.ts';
import { type MountRecord, mounts } from './mount.ts';
import { findTask, type TaskRecord } from './task.ts';
import { waitQueue } from './wait-queue.ts';

/** A request that its daemon has not answered. */
export interface FuseRequest {
  /** `struct fuse_req *` */
  readonly address: Addr;
  /** `LOOKUP`, `READ` ..., or the number. */
  readonly operation: string;
  /** The daemon has taken it; otherwise it waits in the queue. */
  readonly taken: boolean;
  /** Tasks that sleep until it is answered; none of one in the background. */
  readonly waiters: readonly TaskRecord[];
}

/** A connection of the kernel to a file system in user space, `struct fuse_conn`. */
export interface FuseConnection {
  readonly address: Addr;
  /** Its name in /sys/fs/fuse/connections: the minor number of its device. */
  readonly number: number;
  readonly connected: boolean;
  readonly mounts: readonly MountRecord[];
  /** Processes that have its /dev/fuse open: the daemon. */
  readonly daemons: readonly TaskRecord[];
  readonly requests: readonly FuseRequest[];
}

/** enum fuse_opcode, include/uapi/linux/fuse.h */
const OPERATIONS =
  '? LOOKUP FORGET GETATTR SETATTR READLINK SYMLINK ? MKNOD MKDIR UNLINK RMDIR RENAME LINK OPEN READ WRITE STATFS RELEASE ? FSYNC SETXATTR GETXATTR LISTXATTR REMOVEXATTR FLUSH INIT OPENDIR READDIR RELEASEDIR FSYNCDIR GETLK SETLK SETLKW ACCESS CREATE INTERRUPT BMAP DESTROY IOCTL POLL NOTIFY_REPLY BATCH_FORGET FALLOCATE READDIRPLUS RENAME2 LSEEK COPY_FILE_RANGE SETUPMAPPING REMOVEMAPPING SYNCFS TMPFILE STATX'.split(
    ' ',
  );
/** FUSE_PQ_HASH_SIZE, fs/fuse/fuse_i.h */
const LISTS = 256;
const MAX_CONNECTIONS = 1000;
const MAX_REQUESTS = 10_000;
const CHARACTER_DEVICE = 0o020000;

/** Every connection; none where no file system is in user space. Never throws: what cannot be read is left out. */
export const fuseConnections = perOwner((prog: Program): readonly FuseConnection[] => {
  if (!findStruct(prog, 'fuse_conn')) return [];
  const places = attempt(() => mounts(prog).mounts) ?? [];
  const found = attempt(() => [...connectionAddresses(prog, places)]) ?? [];
  const read = new ConnectionReader(prog, places);
  return found.flatMap((at) => attempt(() => read.connection(at)) ?? []);
});

/** `fuse_conn_list`; where data has no names, what the mounts lead to. */
function connectionAddresses(prog: Program, places: readonly MountRecord[]): Set<Addr> {
  const head = prog.findSymbol('fuse_conn_list');
  const entry = structOffset(prog, 'fuse_conn', 'entry');
  if (head) {
    const { entries } = listBothWays(prog, head.address, 'FUSE connections', MAX_CONNECTIONS);
    return new Set(entries.map((node) => addrAdd(node, -entry)));
  }
  const fuse = places.filter((m) => /^(?:fuse(?:blk|ctl)?(?:\..*)?|virtiofs)$/.test(m.type) && m.type !== 'fusectl');
  return new Set(fuse.map((m) => connectionOf(prog, m.superblock)).filter((at) => isKernelPointer(prog, at)));
}

/** `s_fs_info` is a struct fuse_mount since commit fcee216beb9c ("fuse: split fuse_mount off of fuse_conn", v5.10). */
function connectionOf(prog: Program, superblock: Addr): Addr {
  const info = prog.at('super_block', superblock).get('s_fs_info').toBigInt();
  return findStruct(prog, 'fuse_mount') ? structAt(prog, 'fuse_mount', info).get('fc').toBigInt() : info;
}

/** What carries the requests: the connection itself, or since 7.x a structure of its own. */
interface Channel {
  readonly type: 'fuse_conn' | 'fuse_chan';
  readonly address: Addr;
}

function channelOf(prog: Program, connection: Addr): Channel {
  if (!findStruct(prog, 'fuse_conn')?.findMember('chan')) return { type: 'fuse_conn', address: connection };
  return { type: 'fuse_chan', address: structAt(prog, 'fuse_conn', connection).get('chan').toBigInt() };
}

class ConnectionReader {
  readonly #prog: Program;
  readonly #places: readonly MountRecord[];
  #devices: ReadonlyMap<Addr, readonly TaskRecord[]> | undefined;

  constructor(prog: Program, places: readonly MountRecord[]) {
    this.#prog = prog;
    this.#places = places;
  }

  connection(address: Addr): FuseConnection {
    const prog = this.#prog;
    const connection = structAt(prog, 'fuse_conn', address);
    const channel = channelOf(prog, address);
    const devices = this.#fuseDevices(channel);
    const own = this.#places.filter((m) => /fuse|virtiofs/.test(m.type));
    return {
      address,
      number: connection.get('dev').toNumber() & 0xfffff,
      connected: structAt(prog, channel.type, channel.address).get('connected').toNumber() !== 0,
      mounts: own.filter((m) => attempt(() => connectionOf(prog, m.superblock)) === address),
      daemons: [...new Set(devices.flatMap((at) => this.#openers().get(at) ?? []))],
      requests: [
        ...this.#requests(addrAdd(channel.address, structOffset(prog, channel.type, 'iq.pending')), false),
        ...devices.flatMap((at) => this.#taken(at)),
      ],
    };
  }

  #fuseDevices({ type, address }: Channel): Addr[] {
    const prog = this.#prog;
    const head = addrAdd(address, structOffset(prog, type, 'devices'));
    const entry = structOffset(prog, 'fuse_dev', 'entry');
    return listBothWays(prog, head, 'FUSE devices', MAX_CONNECTIONS).entries.map((node) => addrAdd(node, -entry));
  }

  /** Requests that the daemon has read from this device. */
  #taken(device: Addr): FuseRequest[] {
    const prog = this.#prog;
    const queue = structAt(prog, 'fuse_dev', device).get('pq');
    const processing = queue.get('processing');
    const first = processing.type.resolve().kind === 'pointer' ? processing.toBigInt() : processing.address;
    const found: FuseRequest[] = [];
    for (let i = 0; i < LISTS && found.length < MAX_REQUESTS; i++) {
      found.push(...this.#requests(addrAdd(first, i * 2 * prog.arch.pointerSize), true));
    }
    found.push(...this.#requests(queue.get('io').address, true));
    return found;
  }

  #requests(head: Addr, taken: boolean): FuseRequest[] {
    const prog = this.#prog;
    const link = structOffset(prog, 'fuse_req', 'list');
    return listBothWays(prog, head, 'FUSE requests', MAX_REQUESTS).entries.flatMap((node) => {
      const address = addrAdd(node, -link);
      return attempt(() => this.#request(address, taken)) ?? [];
    });
  }

  #request(address: Addr, taken: boolean): FuseRequest {
    const prog = this.#prog;
    const code = structAt(prog, 'fuse_req', address).get('in.h.opcode').toNumber();
    const queue = addrAdd(address, structOffset(prog, 'fuse_req', 'waitq'));
    const waiters = waitQueue(prog, queue).waiters.flatMap((w) => w.task ?? []);
    return { address, operation: OPERATIONS[code] ?? String(code), taken, waiters };
  }

  /** Who has which `struct fuse_dev` open: the private data of the file, whose lowest bits are flags (v6.18). */
  #openers(): ReadonlyMap<Addr, readonly TaskRecord[]> {
    if (this.#devices) return this.#devices;
    const prog = this.#prog;
    const data = prog.offset('file', 'private_data');
    const operations = prog.findSymbol('fuse_dev_operations')?.address;
    const member = prog.offset('file', 'f_op');
    const found = new Map<Addr, TaskRecord[]>();
    for (const { task, file, kind } of descriptorFiles(prog)) {
      if (kind !== CHARACTER_DEVICE) continue;
      if (operations !== undefined && prog.memory.ulong(addrAdd(file, member)) !== operations) continue;
      const at = prog.memory.ulong(addrAdd(file, data)) & ~7n;
      const leader = findTask(prog, task.address) ?? task;
      found.set(at, [...(found.get(at) ?? []), leader]);
    }
    this.#devices = found;
    return found;
  }
}
