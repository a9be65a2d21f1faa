import { attempt } from '../base/attempt.ts';
import { addrAdd } from '../base/u64.ts';
import type { Addr } from '../base/units.ts';
import type { Program } from '../program/program.ts';
import type { Value } from '../program/value.ts';
import { type Disk, disks } from './block-device.ts';
import { mapperName } from './dm-table.ts';
import { isKernelPointer } from './kernel-struct.ts';
import { chainEntries, listEntries } from './list.ts';
import { findStruct, structAt, structOffset } from './module-struct.ts';

/** The paths of a multipath target, `struct multipath`. */
export interface MultipathState {
  /** Undefined where their list is damaged. */
  readonly paths: number | undefined;
  readonly valid: number;
  /** I/O that finds no path waits instead of failing (queue_if_no_path). */
  readonly queues: boolean;
}

/** What a device-mapper device does with I/O now. */
export interface MapperState {
  readonly disk: Disk;
  /** `struct mapped_device *` */
  readonly mapped: Addr;
  /** As /dev/mapper has it; undefined where that is not known. */
  readonly name: string | undefined;
  /** I/O is held back until `dmsetup resume`. */
  readonly suspended: boolean;
  /** Bios that are held back. */
  readonly deferred: number;
  readonly multipath: readonly MultipathState[];
}

/** Bits of `mapped_device.flags`: DMF_BLOCK_IO_FOR_SUSPEND and DMF_SUSPENDED, drivers/md/dm-core.h */
const SUSPENDED = 3n;
/** MPATHF_QUEUE_IF_NO_PATH, drivers/md/dm-mpath.c */
const QUEUE_IF_NO_PATH = 1n << 1n;
const MAX_BIOS = 1_000_000;
const MAX_TARGETS = 4096;
const MAX_GROUPS = 4096;

/** Every device of the device mapper. Never throws: what cannot be read is left out. */
export function mapperStates(prog: Program): MapperState[] {
  if (!findStruct(prog, 'mapped_device')) return [];
  const all = attempt(() => disks(prog).disks) ?? [];
  return all
    .filter((disk) => /^dm_(?:rq_)?blk_dops$/.test(prog.symbolAt(disk.operations)?.name ?? ''))
    .flatMap((disk) => attempt(() => readState(prog, disk)) ?? []);
}

function readState(prog: Program, disk: Disk): MapperState {
  const mapped = prog.at('gendisk', disk.address).get('private_data').toBigInt();
  const device = structAt(prog, 'mapped_device', mapped);
  return {
    disk,
    mapped,
    name: attempt(() => mapperName(prog, mapped)),
    suspended: (device.get('flags').toBigInt() & SUSPENDED) !== 0n,
    deferred: attempt(() => bios(prog, device.get('deferred.head').address)) ?? 0,
    multipath: attempt(() => multipaths(prog, device)) ?? [],
  };
}

/** `struct bio_list`; of a broken one those before the break. @param first the word that leads to the first */
function bios(prog: Program, first: Addr): number {
  const shape = { end: 0n, headLink: 0, link: prog.offset('bio', 'bi_next'), max: MAX_BIOS };
  let count = 0;
  attempt(() => {
    for (const _ of chainEntries(prog, first, 'deferred bios', shape)) count++;
  });
  return count;
}

function multipaths(prog: Program, device: Value): MultipathState[] {
  const map = device.get('map').toBigInt();
  if (!isKernelPointer(prog, map)) return [];
  const table = structAt(prog, 'dm_table', map);
  const count = Math.min(table.get('num_targets').toNumber(), MAX_TARGETS);
  const first = table.get('targets').toBigInt();
  const size = structAt(prog, 'dm_target', first).type.size;
  const targets = Array.from({ length: count }, (_, i) => structAt(prog, 'dm_target', first + BigInt(i * size)));
  return targets.flatMap((target) => attempt(() => multipath(prog, target)) ?? []);
}

function multipath(prog: Program, target: Value): MultipathState | undefined {
  const type = structAt(prog, 'target_type', target.get('type').toBigInt()).get('name').toText(64);
  if (type !== 'multipath') return undefined;
  const paths = structAt(prog, 'multipath', target.get('private').toBigInt());
  return {
    paths: attempt(() => pathCount(prog, paths)),
    valid: paths.get('nr_valid_paths').find('counter')?.toNumber() ?? paths.get('nr_valid_paths').toNumber(),
    queues: (paths.get('flags').toBigInt() & QUEUE_IF_NO_PATH) !== 0n,
  };
}

/** Of all its priority groups, a list. */
function pathCount(prog: Program, multipath: Value): number {
  const link = structOffset(prog, 'priority_group', 'list');
  let sum = 0;
  for (const node of listEntries(prog, multipath.get('priority_groups').address, 'priority groups', MAX_GROUPS)) {
    sum += structAt(prog, 'priority_group', addrAdd(node, -link)).get('nr_pgpaths').toNumber();
  }
  return sum;
}
