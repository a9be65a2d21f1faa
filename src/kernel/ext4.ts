import type { Addr } from '../base/units.ts';
import type { Problem } from '../program/ports.ts';
import type { Program } from '../program/program.ts';
import type { Value } from '../program/value.ts';
import { type Journal, readJournal } from './jbd2.ts';
import { structAt } from './module-struct.ts';
import { attempt } from './note-problem.ts';

/** An error that ext4 has noted. */
export interface Ext4Error {
  /** Function of ext4 that met it; '' when it is not told. */
  readonly function: string;
  readonly line: number;
  /** Seconds since the epoch. */
  readonly time: number;
  readonly inode: number;
  readonly block: bigint;
}

/** State of a mounted ext4. */
export interface Ext4State {
  /** `struct ext4_sb_info *` */
  readonly address: Addr;
  readonly data: 'journal' | 'ordered' | 'writeback' | 'no journal';
  /** What it does on an error. */
  readonly onError: 'continue' | 'remount-ro' | 'panic' | undefined;
  /** Further options as mount(8) spells them. */
  readonly options: readonly string[];
  /** Its superblock says that it has errors (EXT4_ERROR_FS). */
  readonly hasErrors: boolean;
  /** It has given up (EXT4_FLAGS_SHUTDOWN, EXT4_MF_FS_ABORTED, EXT4_FLAGS_EMERGENCY_RO). */
  readonly stopped: boolean;
  /** Errors since the last fsck, those included that are not yet written to the superblock. Undefined where it is not in the dump. */
  readonly errorCount: number | undefined;
  readonly first: Ext4Error | undefined;
  readonly last: Ext4Error | undefined;
  readonly journal: Journal | undefined;
}

// s_mount_opt, fs/ext4/ext4.h
const DATA_MODES = ['no journal', 'journal', 'ordered', 'writeback'] as const;
const ON_ERROR: readonly (readonly [number, Ext4State['onError']])[] = [
  [0x10, 'continue'],
  [0x20, 'remount-ro'],
  [0x40, 'panic'],
];
const OPTIONS: readonly (readonly [number, string])[] = [
  [0x800000, 'journal_checksum'],
  [0x1000000, 'journal_async_commit'],
  [0x8000000, 'delalloc'],
  [0x10000000, 'data_err=abort'],
  [0x40000000, 'discard'],
];
const BARRIER = 0x20000;
const ERROR_FS = 2;

/** @param info `s_fs_info` of its superblock @throws NotFoundError when ext4's types are unknown; MemoryFault */
export function ext4State(prog: Program, info: Addr, problems: Problem[]): Ext4State {
  const sbi = structAt(prog, 'ext4_sb_info', info);
  const options = sbi.get('s_mount_opt').toNumber();
  const journal = sbi.get('s_journal');
  const hasJournal = journal.toBigInt() !== 0n;
  const errors = attempt(problems, 'errors that ext4 noted', () => errorsOf(prog, sbi));
  return {
    address: info,
    data: hasJournal ? (DATA_MODES[(options >> 10) & 3] ?? 'no journal') : 'no journal',
    onError: ON_ERROR.find(([bit]) => (options & bit) !== 0)?.[1],
    options: [
      ...((options & BARRIER) === 0 ? ['nobarrier'] : []),
      ...OPTIONS.filter(([bit]) => (options & bit) !== 0).map(([, name]) => name),
    ],
    hasErrors: (sbi.get('s_mount_state').toNumber() & ERROR_FS) !== 0,
    stopped: isStopped(prog, sbi),
    errorCount: errors?.count,
    first: errors?.first,
    last: errors?.last,
    journal: hasJournal ? attempt(problems, 'journal of ext4', () => readJournal(prog, journal)) : undefined,
  };
}

/**
 * EXT4_FLAGS_SHUTDOWN is bit 1 of s_ext4_flags, EXT4_FLAGS_EMERGENCY_RO (v6.15) bit 3. EXT4_MF_FS_ABORTED was a mask while
 * s_mount_flags was an int, a numbered bit of a long after; it is gone since "ext4: drop EXT4_MF_FS_ABORTED flag" (v6.6).
 */
function isStopped(prog: Program, sbi: Value): boolean {
  const flags = sbi.find('s_ext4_flags')?.toBigInt() ?? 0n;
  if ((flags & 2n) !== 0n) return true;
  const named = (name: string, bit: bigint): boolean => prog.findEnumerator(name)?.value === bit;
  if ((flags & 8n) !== 0n && named('EXT4_FLAGS_EMERGENCY_RO', 3n)) return true;
  const mount = sbi.find('s_mount_flags');
  if (!mount || (mount.toBigInt() & 2n) === 0n) return false;
  return mount.type.size === 4 || named('EXT4_MF_FS_ABORTED', 1n);
}

interface Errors {
  readonly count: number | undefined;
  readonly first: Ext4Error | undefined;
  readonly last: Ext4Error | undefined;
}

function errorsOf(prog: Program, sbi: Value): Errors {
  const pending = sbi.find('s_add_error_count')?.toNumber() ?? 0; // v5.11
  const onDisk = structAt(prog, 'ext4_super_block', sbi.get('s_es').toBigInt());
  // It is in the page cache, which dumps are mostly made without: that is no damage.
  if (prog.memory.tryRead(onDisk.address, new Uint8Array(onDisk.type.size))) {
    const noted = (which: 'first' | 'last'): Ext4Error | undefined =>
      pending > 0 ? memoryError(sbi, which) : undefined;
    return { count: undefined, first: noted('first'), last: noted('last') };
  }
  const count = onDisk.get('s_error_count').toNumber();
  const first = count > 0 ? diskError(onDisk, 'first') : undefined;
  return {
    count: count + pending,
    first: first ?? (pending > 0 ? memoryError(sbi, 'first') : undefined),
    last: pending > 0 ? memoryError(sbi, 'last') : count > 0 ? diskError(onDisk, 'last') : undefined,
  };
}

/** Multi-byte values of the disk are little-endian, as both CPUs that ext4 was seen on here are. */
function diskError(superblock: Value, which: 'first' | 'last'): Ext4Error {
  const member = (name: string): Value => superblock.get(`s_${which}_error_${name}`);
  const high = superblock.find(`s_${which}_error_time_hi`)?.toNumber() ?? 0;
  return {
    function: member('func').toText(32),
    line: member('line').toNumber(),
    time: member('time').toNumber() + high * 2 ** 32,
    inode: member('ino').toNumber(),
    block: member('block').toBigInt(),
  };
}

function memoryError(sbi: Value, which: 'first' | 'last'): Ext4Error {
  const member = (name: string): Value => sbi.get(`s_${which}_error_${name}`);
  const name = member('func');
  return {
    function: name.toBigInt() === 0n ? '' : name.toText(64),
    line: member('line').toNumber(),
    time: Number(member('time').toBigInt()),
    inode: member('ino').toNumber(),
    block: member('block').toBigInt(),
  };
}
