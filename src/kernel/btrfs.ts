import { addrAdd } from '../base/u64.ts';
import type { Addr } from '../base/units.ts';
import type { Problem } from '../program/ports.ts';
import type { Program } from '../program/program.ts';
import { listEntries } from './list.ts';
import { findStruct, structAt } from './module-struct.ts';
import { noteProblem } from './note-problem.ts';

/** State of a mounted btrfs. */
export interface BtrfsState {
  /** `struct btrfs_fs_info *` */
  readonly address: Addr;
  /** BTRFS_FS_STATE_ERROR, or an error that it keeps: it is read-only from then on. */
  readonly hasErrors: boolean;
  /** A transaction was aborted. */
  readonly aborted: boolean;
  /** `struct block_device *` of its devices; 0n of one that is missing. */
  readonly devices: readonly Addr[];
}

const MAX_DEVICES = 4096;

/** @param info `s_fs_info` of its superblock @throws NotFoundError when the types of btrfs are unknown; MemoryFault */
export function btrfsState(prog: Program, info: Addr, problems: Problem[]): BtrfsState {
  const object = structAt(prog, 'btrfs_fs_info', info);
  const state = object.get('fs_state').toBigInt();
  // the places of the bits moved when BTRFS_FS_STATE_RO was put between
  const bit = (name: string, otherwise: bigint): boolean =>
    ((state >> (prog.findEnumerator(name)?.value ?? otherwise)) & 1n) === 1n;
  const error = object.find('fs_error')?.toNumber() ?? 0;
  return {
    address: info,
    hasErrors: bit('BTRFS_FS_STATE_ERROR', 0n) || error !== 0,
    aborted: bit('BTRFS_FS_STATE_TRANS_ABORTED', 2n),
    devices: devicesOf(prog, object.get('fs_devices').toBigInt(), problems),
  };
}

/**
 * The device that a mounted btrfs is listed with, of perhaps several: the one that the kernel found last. Its mounts know none.
 * @param info `s_fs_info` of its superblock @throws NotFoundError when the types of btrfs are unknown; MemoryFault
 */
export function btrfsDeviceName(prog: Program, info: Addr): string {
  const list = structAt(prog, 'btrfs_fs_info', info).get('fs_devices').toBigInt();
  // kernels that keep a block device there instead (`latest_bdev`) do not tell it
  const name = structAt(prog, 'btrfs_fs_devices', list).get('latest_dev').deref().get('name');
  const target = name.type.resolve().target?.resolve();
  // a `struct rcu_string *`, in newer kernels a plain string
  const text = target?.kind === 'struct' ? (target.findMember('str')?.offset ?? 0) : 0;
  return prog.memory.cString(addrAdd(name.toBigInt(), text), 4096);
}

/** @param list `struct btrfs_fs_devices *` */
function devicesOf(prog: Program, list: Addr, problems: Problem[]): Addr[] {
  const found: Addr[] = [];
  try {
    const device = findStruct(prog, 'btrfs_device');
    const link = device?.findMember('dev_list');
    const head = structAt(prog, 'btrfs_fs_devices', list).get('devices').address;
    if (!device || !link) return found;
    for (const node of listEntries(prog, head, 'devices of btrfs', MAX_DEVICES)) {
      found.push(prog.at(device, addrAdd(node, -link.offset)).get('bdev').toBigInt());
    }
  } catch (e) {
    noteProblem(problems, 'devices of btrfs', e);
  }
  return found;
}
