import { addrAdd } from '../base/u64.ts';
import type { Addr } from '../base/units.ts';
import type { Problem } from '../program/ports.ts';
import type { Program } from '../program/program.ts';
import { type BlockStack, blockStack } from './block-stack.ts';
import { type BtrfsState, btrfsState } from './btrfs.ts';
import { type Ext4State, ext4State } from './ext4.ts';
import { isKernelPointer } from './kernel-struct.ts';
import { type MountRecord, mounts } from './mount.ts';
import { attempt } from './note-problem.ts';
import { type XfsState, xfsState } from './xfs.ts';

/** A mounted filesystem that is on block devices. */
export interface FilesystemState {
  /** `struct super_block *` */
  readonly superblock: Addr;
  readonly type: string;
  /** Where it is mounted, the first one first. */
  readonly paths: readonly string[];
  /** Options of that mount. */
  readonly options: string;
  readonly readOnly: boolean;
  /** SB_FREEZE_WRITE (1) to SB_FREEZE_COMPLETE (4): writers wait; 0 for none. */
  readonly frozen: number;
  /** A write to it failed, as a negative errno, or 0: what fsync(2) reports (`s_wb_err`). */
  readonly writeError: number;
  readonly devices: readonly BlockStack[];
  readonly ext4?: Ext4State;
  readonly xfs?: XfsState;
  readonly btrfs?: BtrfsState;
}

export interface FilesystemStates {
  readonly filesystems: readonly FilesystemState[];
  readonly problems: readonly Problem[];
}

const SB_RDONLY = 1n;
/** ERRSEQ_SHIFT bits hold the error (lib/errseq.c). */
const ERROR_MASK = 0xfff;

/** The filesystems that the first process sees, each once, those without a block device left out. Never throws for damage. */
export function filesystemStates(prog: Program): FilesystemStates {
  const problems: Problem[] = [];
  const found = mounts(prog);
  problems.push(...found.problems);
  const bySuperblock = new Map<Addr, MountRecord[]>();
  for (const mount of found.mounts) {
    const others = bySuperblock.get(mount.superblock);
    if (others) others.push(mount);
    else bySuperblock.set(mount.superblock, [mount]);
  }
  const filesystems: FilesystemState[] = [];
  for (const [superblock, places] of bySuperblock) {
    const what = `filesystem at ${places[0]?.path ?? '?'}`;
    const state = attempt(problems, what, () => readState(prog, superblock, places, problems));
    if (state) filesystems.push(state);
  }
  return { filesystems, problems };
}

function readState(
  prog: Program,
  superblock: Addr,
  places: readonly MountRecord[],
  problems: Problem[],
): FilesystemState | undefined {
  const object = prog.at('super_block', superblock);
  const type = places[0]?.type ?? '?';
  const what = `state of ${type} at ${places[0]?.path ?? '?'}`;
  const bdev = object.get('s_bdev').toBigInt();
  const info = object.get('s_fs_info').toBigInt();
  const btrfs = type === 'btrfs' ? attempt(problems, what, () => btrfsState(prog, info, problems)) : undefined;
  const devices = new Set([...(btrfs?.devices ?? []), bdev].filter((at) => isKernelPointer(prog, at)));
  if (devices.size === 0) return undefined;
  const ext4 = EXT4.has(type) ? attempt(problems, what, () => ext4State(prog, info, problems)) : undefined;
  const xfs = type === 'xfs' ? attempt(problems, what, () => xfsState(prog, info)) : undefined;
  const error = prog.findMember('super_block', 's_wb_err'); // v5.8
  return {
    superblock,
    type,
    paths: places.map((m) => m.path),
    options: places[0]?.options ?? '',
    readOnly: (object.get('s_flags').toBigInt() & SB_RDONLY) !== 0n,
    frozen: object.get('s_writers.frozen').toNumber(),
    writeError: 0 - (error ? prog.memory.u32(addrAdd(superblock, error.offset)) & ERROR_MASK : 0),
    devices: [...devices].flatMap(
      (at) => attempt(problems, `devices of ${type}`, () => blockStack(prog, at, problems)) ?? [],
    ),
    ...(ext4 && { ext4 }),
    ...(xfs && { xfs }),
    ...(btrfs && { btrfs }),
  };
}

/** ext4 mounts the older two as well. */
const EXT4: ReadonlySet<string> = new Set(['ext4', 'ext3', 'ext2']);
