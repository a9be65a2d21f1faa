import { attempt } from '../base/attempt.ts';
import { addrAdd } from '../base/u64.ts';
import type { Addr, Bytes } from '../base/units.ts';
import type { Program } from '../program/program.ts';
import { descriptorFiles } from './descriptor-files.ts';
import type { TaskRecord } from './task.ts';

const FIFO = 0o010000;
const SOCKET = 0o140000;
/** A pipe may have so many buffers (pipe_max_size is in bytes of them; 2^20 pages are 4 GiB). */
const MAX_SLOTS = 2 ** 20;
const MAX_BYTES = 2 ** 31;

/** Data that processes wrote and nobody has read yet, in pages that no counter of the memory names. */
export interface BufferMemory {
  readonly bytes: Bytes;
  /** Pipes or sockets that hold any. */
  readonly count: number;
  /** Who has them open, the one with the most first; what several have open counts for the first of them. */
  readonly holders: readonly { readonly task: TaskRecord; readonly bytes: Bytes; readonly count: number }[];
}

/** Full pages in pipes: include/linux/pipe_fs_i.h. @throws NotFoundError */
export function pipeMemory(prog: Program): BufferMemory {
  const pipe = prog.offset('inode', 'i_pipe');
  return buffers(prog, FIFO, (inode) => pipeBytes(prog, prog.memory.ulong(addrAdd(inode, pipe))));
}

function pipeBytes(prog: Program, at: Addr): Bytes {
  const pipe = prog.at('pipe_inode_info', at);
  // head and tail since commit 8cefc107ca54 ("pipe: Use head and tail pointers for the ring, not cursor and length", v5.5)
  const head = pipe.find('head')?.toNumber();
  const tail = pipe.find('tail')?.toNumber() ?? 0;
  const full = head === undefined ? pipe.get('nrbufs').toNumber() : (head - tail) >>> 0;
  return full > MAX_SLOTS ? 0 : full * prog.pageSize;
}

/**
 * What sockets are charged for: received and not read, sent and not taken. Part of it lies in slabs.
 * @throws NotFoundError
 */
export function socketMemory(prog: Program): BufferMemory {
  const whole = prog.offset('socket_alloc', 'socket') - prog.offset('socket_alloc', 'vfs_inode');
  const sk = prog.offset('socket', 'sk');
  return buffers(prog, SOCKET, (inode) => {
    const sock = prog.memory.ulong(addrAdd(inode, whole + sk));
    return sock === 0n ? 0 : socketBytes(prog, sock);
  });
}

function socketBytes(prog: Program, at: Addr): Bytes {
  const sock = prog.at('sock', at);
  const count = (path: string): number => clean(sock.find(path)?.toNumber() ?? 0);
  // a socket that is alive counts one byte for itself (sk_alloc())
  const sent = clean((sock.find('sk_wmem_alloc.refs.counter')?.toNumber() ?? 1) - 1);
  return count('sk_backlog.rmem_alloc.counter') + Math.max(sent, count('sk_wmem_queued'));
}

function clean(bytes: number): number {
  return bytes < 0 || bytes > MAX_BYTES ? 0 : bytes;
}

function buffers(prog: Program, kind: number, read: (inode: Addr) => Bytes): BufferMemory {
  const seen = new Set<Addr>();
  const holders = new Map<TaskRecord, { bytes: number; count: number }>();
  for (const { task, inode, kind: found } of descriptorFiles(prog)) {
    if (found !== kind || seen.has(inode)) continue;
    seen.add(inode);
    const bytes = attempt(() => read(inode)) ?? 0;
    if (bytes === 0) continue;
    const known = holders.get(task) ?? { bytes: 0, count: 0 };
    holders.set(task, { bytes: known.bytes + bytes, count: known.count + 1 });
  }
  const sorted = [...holders].map(([task, held]) => ({ task, ...held })).sort((a, b) => b.bytes - a.bytes);
  return {
    bytes: sorted.reduce((sum, h) => sum + h.bytes, 0),
    count: sorted.reduce((sum, h) => sum + h.count, 0),
    holders: sorted,
  };
}
