import { attempt } from '../base/attempt.ts';
import { addrAdd } from '../base/u64.ts';
import type { Addr } from '../base/units.ts';
import type { Program } from '../program/program.ts';
import { isKernelPointer } from './kernel-struct.ts';
import { listBothWays } from './list.ts';
import { findStruct, structAt, structOffset } from './module-struct.ts';
import { type MountRecord, mounts } from './mount.ts';
import { type SocketPeer, socketPeer } from './socket-peer.ts';
import { kernelTime } from './timekeeping.ts';

/** A call of a server that has no answer yet, `struct rpc_task`. */
export interface RpcCall {
  readonly address: Addr;
  /** `WRITE`, `GETATTR` ...; undefined where it cannot be read. */
  readonly procedure: string | undefined;
  /** Since it was made. */
  readonly seconds: number;
  /** The queue in which it waits: `xprt_pending` for an answer, `xprt_sending` to be sent, `delayq` ... */
  readonly queue: string | undefined;
}

/** An NFS file system and the calls of its server. */
export interface NfsMount {
  readonly mount: MountRecord;
  /** Its name in the mount. */
  readonly server: string;
  /** `10.0.0.7` */
  readonly address: string | undefined;
  readonly connected: boolean | undefined;
  /** Of its TCP connection; undefined for another transport. */
  readonly peer: SocketPeer | undefined;
  /** Oldest first. */
  readonly calls: readonly RpcCall[];
}

const MAX_CALLS = 100_000;
const NAME = 64;
/** Bit of `rpc_xprt.state`: XPRT_CONNECTED, include/linux/sunrpc/xprt.h */
const CONNECTED = 1n;

/** The NFS file systems that the first process sees, each once. Never throws: what cannot be read is left out. */
export function nfsMounts(prog: Program): NfsMount[] {
  if (!findStruct(prog, 'nfs_server') || !findStruct(prog, 'rpc_task')) return [];
  const found = new Map<Addr, MountRecord>();
  for (const mount of attempt(() => mounts(prog).mounts) ?? []) {
    if (/^nfs4?$/.test(mount.type) && !found.has(mount.superblock)) found.set(mount.superblock, mount);
  }
  return [...found.values()].flatMap((mount) => attempt(() => readMount(prog, mount)) ?? []);
}

function readMount(prog: Program, mount: MountRecord): NfsMount {
  const info = prog.at('super_block', mount.superblock).get('s_fs_info').toBigInt();
  const server = structAt(prog, 'nfs_server', info);
  const client = structAt(prog, 'rpc_clnt', server.get('client').toBigInt());
  const transport = structAt(prog, 'rpc_xprt', client.get('cl_xprt').toBigInt());
  const name = attempt(() => text(prog, transport.get('servername').toBigInt()));
  return {
    mount,
    server: name || hostOf(mount.device),
    address: attempt(() => text(prog, transport.get('address_strings').index(0).toBigInt())),
    connected: attempt(() => (transport.get('state').toBigInt() & (1n << CONNECTED)) !== 0n),
    peer: attempt(() => peerOf(prog, transport.address)),
    calls: calls(prog, client.address),
  };
}

/** `filer` of `filer:/home`; an IPv6 address has brackets (nfs(5)). */
function hostOf(device: string): string {
  return /^(?:\[[^\]]*\]|[^:]*)/.exec(device)?.[0] ?? device;
}

/** A `struct sock_xprt` begins with the transport (net/sunrpc/xprtsock.c). */
function peerOf(prog: Program, transport: Addr): SocketPeer | undefined {
  const own = addrAdd(transport, -structOffset(prog, 'sock_xprt', 'xprt'));
  const socket = structAt(prog, 'sock_xprt', own).get('sock').toBigInt();
  return isKernelPointer(prog, socket) ? socketPeer(prog, socket) : undefined;
}

function text(prog: Program, at: Addr): string | undefined {
  return at === 0n ? undefined : prog.memory.cString(at, NAME);
}

function calls(prog: Program, client: Addr): RpcCall[] {
  const head = addrAdd(client, structOffset(prog, 'rpc_clnt', 'cl_tasks'));
  const link = structOffset(prog, 'rpc_task', 'tk_task');
  const now = kernelTime(prog).monotonicSeconds;
  const found = listBothWays(prog, head, 'RPC calls', MAX_CALLS).entries.flatMap((node) => {
    const address = addrAdd(node, -link);
    return attempt(() => readCall(prog, client, address, now)) ?? [];
  });
  return found.sort((a, b) => b.seconds - a.seconds);
}

/** @returns undefined for what is no call of the client: a broken list leads anywhere */
function readCall(prog: Program, client: Addr, address: Addr, now: number): RpcCall | undefined {
  const task = structAt(prog, 'rpc_task', address);
  if (task.get('tk_client').toBigInt() !== client) return undefined;
  const start = task.get('tk_start').toBigInt(); // ktime_t
  const procedure = attempt(() => {
    const info = structAt(prog, 'rpc_procinfo', task.get('tk_msg.rpc_proc').toBigInt());
    return text(prog, info.get('p_name').toBigInt());
  });
  const queue = attempt(() => {
    const at = task.get('tk_waitqueue').toBigInt();
    return at === 0n ? undefined : text(prog, structAt(prog, 'rpc_wait_queue', at).get('name').toBigInt());
  });
  return { address, procedure, seconds: Math.max(0, now - Number(start) / 1e9), queue };
}
