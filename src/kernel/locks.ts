import { hex } from '../base/hex.ts';
import { addrAdd } from '../base/u64.ts';
import type { Addr } from '../base/units.ts';
import type { Problem } from '../program/ports.ts';
import type { Program } from '../program/program.ts';
import { openFile } from './files.ts';
import { hlistEntries } from './hlist.ts';
import { listEntries } from './list.ts';
import { attempt, noteProblem } from './note-problem.ts';
import { perCpu, possibleCpus } from './percpu.ts';

const MAX_LOCKS = 100_000;
/** Waiters that wait for waiters; the kernel refuses circles. */
const MAX_DEPTH = 64;
/** OFFSET_MAX: the lock reaches to the end of the file, however long that grows. */
const TO_THE_END = 0x7fffffffffffffffn;

/** `FL_*` (include/linux/filelock.h, include/linux/fs.h before v6.3) in the order in which /proc/locks asks for them. */
const KINDS: readonly (readonly [flag: number, kind: FileLockKind])[] = [
  [8, 'ACCESS'],
  [1024, 'OFDLCK'],
  [1, 'POSIX'],
  [2, 'FLOCK'],
  [4, 'DELEG'],
  [32, 'LEASE'],
  [2048, 'LAYOUT'],
];
/** F_RDLCK, F_WRLCK, F_UNLCK (include/uapi/asm-generic/fcntl.h). */
const ACCESSES = ['READ', 'WRITE', 'UNLCK'] as const;

export type FileLockKind = 'ACCESS' | 'OFDLCK' | 'POSIX' | 'FLOCK' | 'DELEG' | 'LEASE' | 'LAYOUT' | 'UNKNOWN';

/** A lock on a file, or a request that waits for one: `struct file_lock`. */
export interface FileLock {
  readonly address: Addr;
  /** As /proc/locks calls them; OFDLCK belongs to an open file description instead of a process. */
  readonly kind: FileLockKind;
  readonly access: (typeof ACCESSES)[number] | string;
  /** Who took it or waits for it; -1 of OFDLCK. */
  readonly pid: number;
  /** `struct file *` */
  readonly file: Addr;
  /** Undefined when it cannot be read. */
  readonly path: string | undefined;
  /** `struct inode *` and its number. */
  readonly inode: Addr;
  readonly inodeNumber: bigint;
  /** First byte. */
  readonly start: bigint;
  /** Last byte; undefined to the end of the file. */
  readonly end: bigint | undefined;
  /** Requests that wait until this one is given back. */
  readonly waiters: readonly FileLock[];
}

/** The locks that are held, as /proc/locks lists them. */
export interface FileLocks {
  readonly locks: readonly FileLock[];
  readonly problems: readonly Problem[];
}

/**
 * Every file lock and lease that is held, with those who wait for it, from `file_lock_list` of each CPU (fs/locks.c).
 * @throws NotFoundError when the types or the list are unknown
 */
export function fileLocks(prog: Program): FileLocks {
  const problems: Problem[] = [];
  const locks: FileLock[] = [];
  const reader = new LockReader(prog, problems);
  const head = prog.offset('file_lock_list_struct', 'hlist');
  for (const cpu of possibleCpus(prog)) {
    try {
      const list = addrAdd(perCpu(prog, 'file_lock_list', cpu), head);
      for (const node of hlistEntries(prog, list, `file locks of CPU ${cpu}`, MAX_LOCKS)) {
        const address = addrAdd(node, -reader.link);
        const lock = attempt(problems, `file lock ${hex(address)}`, () => reader.read(address, 0));
        if (lock) locks.push(lock);
      }
    } catch (e) {
      noteProblem(problems, `file locks of CPU ${cpu}`, e);
    }
  }
  return { locks, problems };
}

class LockReader {
  /** Offset of the node in `file_lock_list`. */
  readonly link: number;
  readonly #program: Program;
  readonly #problems: Problem[];
  readonly #seen = new Set<Addr>();
  readonly #at: Readonly<Record<'flags' | 'type' | 'pid' | 'file' | 'start' | 'end' | 'waiters' | 'waiter', number>>;
  readonly #typeSize: number;

  constructor(prog: Program, problems: Problem[]) {
    this.#program = prog;
    this.#problems = problems;
    // struct file_lock_core: commit a69ce85ec9af ("filelock: split common fields into struct file_lock_core", v6.9)
    const common = (member: string, old = member): number => prog.offset('file_lock', `c.flc_${member}`, `fl_${old}`);
    this.link = common('link');
    this.#at = {
      flags: common('flags'),
      type: common('type'),
      pid: common('pid'),
      file: common('file'),
      start: prog.offset('file_lock', 'fl_start'),
      end: prog.offset('file_lock', 'fl_end'),
      // a list of its own for the waiters: "fs/locks: rename some lists and pointers." (v5.0)
      waiters: prog.offset('file_lock', 'c.flc_blocked_requests', 'fl_blocked_requests', 'fl_block'),
      waiter: prog.offset('file_lock', 'c.flc_blocked_member', 'fl_blocked_member', 'fl_block'),
    };
    const type = prog.findMember('file_lock', 'c.flc_type') ?? prog.findMember('file_lock', 'fl_type');
    this.#typeSize = type?.type.size ?? 1;
  }

  /** @throws MemoryFault CorruptError */
  read(address: Addr, depth: number): FileLock {
    const { memory } = this.#program;
    const at = this.#at;
    const word = (offset: number): bigint => memory.ulong(addrAdd(address, offset));
    this.#seen.add(address);
    const flags = memory.u32(addrAdd(address, at.flags));
    const type = memory.u8(addrAdd(address, at.type + this.#lowByte()));
    const file = word(at.file);
    const open = attempt(this.#problems, `file of lock ${hex(address)}`, () => openFile(this.#program, file));
    const kind = KINDS.find(([flag]) => (flags & flag) !== 0)?.[1] ?? 'UNKNOWN';
    const ranged = kind === 'POSIX' || kind === 'OFDLCK' || kind === 'ACCESS';
    const end = ranged ? memory.u64(addrAdd(address, at.end)) : TO_THE_END;
    return {
      address,
      kind,
      access: ACCESSES[type] ?? `type ${type}`,
      pid: memory.i32(addrAdd(address, at.pid)),
      file,
      path: open?.path,
      inode: open?.inode?.address ?? 0n,
      inodeNumber: open?.inode?.number ?? 0n,
      start: ranged ? memory.u64(addrAdd(address, at.start)) : 0n,
      end: end === TO_THE_END ? undefined : end,
      waiters: depth < MAX_DEPTH ? this.#waiters(address, depth + 1) : [],
    };
  }

  /** The type is one byte, whatever the size of the member that holds it. */
  #lowByte(): number {
    return this.#program.arch.littleEndian ? 0 : this.#typeSize - 1;
  }

  #waiters(of: Addr, depth: number): FileLock[] {
    const what = `waiters for file lock ${hex(of)}`;
    const found: FileLock[] = [];
    try {
      for (const node of listEntries(this.#program, addrAdd(of, this.#at.waiters), what, MAX_LOCKS)) {
        const address = addrAdd(node, -this.#at.waiter);
        if (this.#seen.has(address)) {
          this.#problems.push({ what, why: `${hex(address)} is reached twice` });
          break;
        }
        found.push(this.read(address, depth));
      }
    } catch (e) {
      noteProblem(this.#problems, what, e);
    }
    return found;
  }
}
