import { attempt } from '../base/attempt.ts';
import { hex } from '../base/hex.ts';
import { perOwner } from '../base/lazy.ts';
import { addrAdd } from '../base/u64.ts';
import type { Addr, Bytes } from '../base/units.ts';
import type { Program } from '../program/program.ts';
import type { CType } from '../types/c-type.ts';
import { blockDeviceName, type InodePlace, inodePlace } from './inode-place.ts';
import { isKernelPointer } from './kernel-struct.ts';
import { modules } from './module.ts';
import { slabAt } from './slab-object.ts';
import { type TaskRecord, taskTable } from './task.ts';
import { workqueueName } from './workqueue.ts';

/** What an address that tasks wait for is part of. */
export interface LockName {
  /** `lock_a`, `lock_a+0x8`, `mm_struct.mmap_lock`, `data+0x2d0`. */
  readonly text: string;
  readonly module?: string;
  /** The object of a slab cache that it is in. */
  readonly object?: { readonly cache: string; readonly address: Addr; readonly type?: string };
  /** Of an address space: a process that uses it. Of a stack: whose it is. */
  readonly task?: TaskRecord;
  /** Of an inode, or of the file that a page is of. */
  readonly inode?: bigint;
  /** A path of that inode. */
  readonly path?: string;
  /** What it lies on: `vda1`. */
  readonly device?: string;
  /** Of a buffer: its block of the device. */
  readonly block?: bigint;
}

/** Nested structures at most; damaged types could go on. */
const MAX_DEPTH = 12;
/** Letters of code: a lock is never part of it, whatever symbol comes last before it. */
const TEXT = 'tTwW';
/** A structure that a symbol without a size may stand for. */
const MAX_VARIABLE = 65536n;

/** @param type C type of the lock, where the search for its member ends; '' for a word */
export function lockName(prog: Program, at: Addr, type: string): LockName | undefined {
  if (type === 'page') return attempt(() => pageName(prog, at));
  if (type === 'workqueue_struct') {
    const name = attempt(() => workqueueName(prog, at));
    if (name) return { text: `queue ${name}` };
  }
  return symbolName(prog, at) ?? objectName(prog, at, type) ?? moduleName(prog, at) ?? stackName(prog, at);
}

function symbolName(prog: Program, at: Addr): LockName | undefined {
  const symbol = attempt(() => prog.symbolAt(at));
  if (!symbol || TEXT.includes(symbol.letter)) return undefined;
  const offset = at - symbol.address;
  if (offset >= (symbol.size > 0 ? BigInt(symbol.size) : MAX_VARIABLE)) return undefined;
  const text = offset === 0n ? symbol.name : `${symbol.name}+${hex(offset)}`;
  return { text, ...(symbol.module !== undefined && { module: symbol.module }) };
}

/** Module data in kernels that keep no symbols of data (without CONFIG_KALLSYMS_ALL). */
function moduleName(prog: Program, at: Addr): LockName | undefined {
  for (const module of modules(prog).modules) {
    const part = module.memory.find((m) => at >= m.base && at < m.base + BigInt(m.size));
    if (part) return { text: `${module.name}+${hex(at - module.base)}`, module: module.name };
  }
  return undefined;
}

/** A page of a file: which one, of which file. */
function pageName(prog: Program, page: Addr): LockName | undefined {
  const word = (member: string): bigint => prog.memory.ulong(addrAdd(page, prog.offset('page', member)));
  const mapping = word('mapping');
  // the lowest bits are flags of anonymous and movable pages
  if (!isKernelPointer(prog, mapping) || (mapping & 3n) !== 0n) return undefined;
  const host = prog.memory.ulong(addrAdd(mapping, prog.offset('address_space', 'host')));
  const place = isKernelPointer(prog, host) ? inodePlace(prog, host) : undefined;
  // __folio_index since v6.16
  const index = prog.memory.ulong(addrAdd(page, prog.offset('page', '__folio_index', 'index')));
  return place && { text: `page ${index}`, ...placeOf(place) };
}

function placeOf({ number, path, device }: InodePlace): Pick<LockName, 'inode' | 'path' | 'device'> {
  return { inode: number, ...(path !== undefined && { path }), ...(device !== undefined && { device }) };
}

function stackName(prog: Program, at: Addr): LockName | undefined {
  const task = stackOwners(prog)(at);
  return task && { text: `on the stack of PID ${task.pid}`, task };
}

/** Stacks are all of one size; how they are aligned is not relied upon. */
const stackOwners = perOwner((prog: Program): ((at: Addr) => TaskRecord | undefined) => {
  const { unwind } = prog.arch;
  const stacks: { low: Addr; high: Addr; task: TaskRecord }[] = [];
  for (const task of taskTable(prog).tasks) {
    const range = attempt(() => unwind?.taskStack(prog, task.address));
    if (range && range.low > 0n) stacks.push({ low: range.low, high: range.high, task });
  }
  stacks.sort((a, b) => (a.low < b.low ? -1 : a.low > b.low ? 1 : 0));
  return (at) => {
    let low = 0;
    let high = stacks.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((stacks[middle]?.low ?? 0n) <= at) low = middle + 1;
      else high = middle;
    }
    const found = stacks[low - 1];
    return found && at < found.high ? found.task : undefined;
  };
});

function objectName(prog: Program, at: Addr, lock: string): LockName | undefined {
  const hit = attempt(() => slabAt(prog, at));
  if (hit?.object === undefined) return undefined;
  const { name: cache, objectSize } = hit.slab.cache;
  const offset = Number(at - hit.object);
  for (const type of candidateTypes(prog, cache)) {
    const path = type.size <= objectSize ? memberAt(type, offset, lock) : undefined;
    if (path === undefined) continue;
    const object = { cache, address: hit.object, type: type.name };
    return { text: `${type.name}.${path}`, object, ...ownerOf(prog, type, hit.object) };
  }
  return (
    piFutexName(prog, cache, hit.object, offset) ?? {
      text: `${cache}+${hex(offset)}`,
      object: { cache, address: hit.object },
    }
  );
}

/** The lock of a futex with priority inheritance: its `struct futex_pi_state` is of a general cache, and names the lock's owner too. */
function piFutexName(prog: Program, cache: string, object: Addr, offset: Bytes): LockName | undefined {
  return attempt(() => {
    const mutex = prog.offset('futex_pi_state', 'pi_mutex');
    if (mutex !== offset || !/^kmalloc/.test(cache)) return undefined;
    const word = (at: number): bigint => prog.memory.ulong(addrAdd(object, at));
    const owner = word(prog.offset('futex_pi_state', 'owner'));
    // the lowest bit of the lock's owner says that there are waiters
    if (owner === 0n || owner !== (word(mutex + ownerOffset(prog)) & ~1n)) return undefined;
    const key = prog.offset('futex_pi_state', 'key');
    const page = word(key + prog.offset('futex_key', 'private.address'));
    const inside = prog.memory.u32(addrAdd(object, key + prog.offset('futex_key', 'private.offset'))) & ~3;
    const text = `futex_pi_state.pi_mutex of futex ${hex(page + BigInt(inside))}`;
    return { text, object: { cache, address: object, type: 'futex_pi_state' } };
  });
}

/** `struct rt_mutex` has a `struct rt_mutex_base` inside since v5.15. */
function ownerOffset(prog: Program): Bytes {
  return prog.findMember('rt_mutex_base', 'owner')?.offset ?? prog.offset('rt_mutex', 'owner');
}

/** Structures that a slab cache may hold, by its name: `mm_struct`, `ext4_inode_cache`, `sock_inode_cache`, `filp`. */
function candidateTypes(prog: Program, cache: string): CType[] {
  const base = cache.replace(/_cache$|_cachep$|_node$/, '');
  const known: Readonly<Record<string, string>> = {
    ...{ filp: 'file', sock_inode_cache: 'socket_alloc', proc_inode_cache: 'proc_inode', bdev_cache: 'bdev_inode' },
    ...{ mnt_cache: 'mount', signal_cache: 'signal_struct', TCP: 'tcp_sock', UDP: 'udp_sock', UNIX: 'unix_sock' },
  };
  const names = [known[cache], cache, base, `${base}_info`, `${base}_struct`];
  const types: CType[] = [];
  for (const name of new Set(names)) {
    if (name === undefined || /^kmalloc/.test(name) || !/^\w+$/.test(name)) continue;
    const type = prog.findType(name) ?? (name === `${base}_info` ? prog.findModuleType(name) : undefined);
    if (type?.kind === 'struct' && type.size > 0) types.push(type);
  }
  return types;
}

/** Path of the member of a type that begins at an offset; of any type when the innermost is reached. */
function memberAt(type: CType, offset: Bytes, wanted: string, depth = 0): string | undefined {
  if (depth > MAX_DEPTH) return undefined;
  for (const member of type.resolve().members) {
    const start = member.bitOffset >> 3;
    const inner = member.type.resolve();
    if (offset < start || offset >= start + Math.max(1, inner.size) || member.bitSize > 0) continue;
    const isStruct = inner.kind === 'struct' || inner.kind === 'union';
    const ends = offset === start && (!isStruct || (wanted !== '' && isLock(inner.name, wanted)));
    if (ends) return member.name === '' ? undefined : member.name;
    const below = isStruct ? memberAt(inner, offset - start, wanted, depth + 1) : undefined;
    if (below !== undefined) return member.name === '' ? below : `${member.name}.${below}`;
  }
  return undefined;
}

/** Spinlocks are wrapped: spinlock_t, raw_spinlock_t, arch_spinlock_t. */
function isLock(name: string, wanted: string): boolean {
  return (
    name === wanted ||
    (wanted === 'qspinlock' && /spinlock/.test(name)) ||
    (wanted === 'qrwlock' && /rwlock/.test(name))
  );
}

function ownerOf(prog: Program, type: CType, object: Addr): Omit<LockName, 'text'> {
  if (type.name === 'mm_struct') {
    const task = taskTable(prog).tasks.find((t) => t.mm === object && t.threadGroupLeader);
    return task ? { task } : {};
  }
  if (type.name === 'buffer_head') return attempt(() => bufferPlace(prog, object)) ?? {};
  const inside = type.name === 'inode' ? 0 : type.findMember('vfs_inode')?.offset;
  const place = inside === undefined ? undefined : inodePlace(prog, addrAdd(object, inside));
  return place ? placeOf(place) : {};
}

/** Which block of which device a `struct buffer_head` is of. */
function bufferPlace(prog: Program, buffer: Addr): Pick<LockName, 'device' | 'block'> {
  const word = (member: string): bigint => prog.memory.ulong(addrAdd(buffer, prog.offset('buffer_head', member)));
  const device = attempt(() => blockDeviceName(prog, word('b_bdev')));
  return { block: word('b_blocknr'), ...(device !== undefined && { device }) };
}
