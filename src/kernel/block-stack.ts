import { addrAdd } from '../base/u64.ts';
import type { Addr } from '../base/units.ts';
import type { Problem } from '../program/ports.ts';
import type { Program } from '../program/program.ts';
import { type DeviceStep, devicePath } from './device-path.ts';
import { type MapperTarget, mapperName, mapperTargets } from './dm-table.ts';
import { openFile } from './files.ts';
import { isKernelPointer } from './kernel-struct.ts';
import { structAt } from './module-struct.ts';
import { attempt, noteProblem } from './note-problem.ts';
import { rbtreeEntries } from './rbtree.ts';

/** A block device and what it stands on. */
export interface BlockStack {
  /** `struct device *` of the block device. */
  readonly device: Addr;
  /** `vda1` */
  readonly name: string;
  /** The disk of a partition; undefined for a disk. */
  readonly partitionOf: string | undefined;
  /** `struct gendisk *` */
  readonly disk: Addr;
  readonly diskName: string;
  /** How it is attached: `virtio`, `SCSI`, `NVMe`, `device mapper`, `loop` ... */
  readonly transport: string;
  /** From the disk's own parent to the root of the machine; empty for a virtual disk. */
  readonly path: readonly DeviceStep[];
  /** Name of a device-mapper device, as /dev/mapper has it. */
  readonly mapped?: string;
  /** What a device-mapper device is made of. */
  readonly targets?: readonly MapperTarget[];
  /** The file behind a loop device. */
  readonly file?: string;
  /** The devices that it uses: of a device-mapper or RAID device, by the links in its directory `slaves`. */
  readonly below: readonly BlockStack[];
}

const MAX_DEPTH = 16;
/** Devices below one, in all: links of a damaged dump may go round in circles. */
const MAX_DEVICES = 1000;

/** The block device of a filesystem. @param bdev `struct block_device *` @throws NotFoundError MemoryFault */
export function blockStack(prog: Program, bdev: Addr, problems: Problem[]): BlockStack {
  // commit 0d02129e76ed ("block: merge struct block_device and struct hd_struct", v5.11)
  const own = prog.findMember('block_device', 'bd_device');
  const device = own
    ? addrAdd(bdev, own.offset)
    : addrAdd(prog.at('block_device', bdev).get('bd_part').toBigInt(), prog.offset('hd_struct', '__dev'));
  return stackOf(prog, device, { problems, depth: 0, left: { devices: MAX_DEVICES } });
}

/** On the way down. */
interface Descent {
  readonly problems: Problem[];
  readonly depth: number;
  readonly left: { devices: number };
}

function stackOf(prog: Program, device: Addr, descent: Descent): BlockStack {
  const { problems, depth } = descent;
  const { name, whole, parent } = identity(prog, device);
  const disk = diskOf(prog, device, whole ? device : parent);
  const diskName = prog.at('gendisk', disk).get('disk_name').toText();
  const wholeDevice = whole ? device : parent;
  const above = prog.at('device', wholeDevice).get('parent').toBigInt();
  const path = devicePath(prog, above, problems);
  const operations = prog.at('gendisk', disk).get('fops').toBigInt();
  const maker = prog.symbolAt(operations)?.name ?? '';
  const virtual = VIRTUAL.find(([pattern]) => pattern.test(maker));
  const below = depth >= MAX_DEPTH ? [] : slaves(prog, disk, descent);
  const privateData = prog.at('gendisk', disk).get('private_data').toBigInt();
  const isMapped = virtual?.[1] === 'device mapper';
  const targets = isMapped
    ? attempt(problems, `table of ${diskName}`, () => mapperTargets(prog, privateData))
    : undefined;
  const mapped = isMapped ? attempt(problems, `name of ${diskName}`, () => mapperName(prog, privateData)) : undefined;
  const file =
    virtual?.[1] === 'loop' ? attempt(problems, `file of ${diskName}`, () => loopFile(prog, privateData)) : undefined;
  return {
    device,
    name,
    partitionOf: whole ? undefined : diskName,
    disk,
    diskName,
    transport: virtual?.[1] ?? transportOf(path, maker),
    path,
    below,
    ...(mapped !== undefined && { mapped }),
    ...(targets && { targets }),
    ...(file !== undefined && { file }),
  };
}

/** Disks that no hardware stands behind, by their `struct block_device_operations`. */
const VIRTUAL: readonly (readonly [RegExp, string])[] = [
  [/^dm_(?:rq_)?blk_dops$/, 'device mapper'],
  [/^md_fops$/, 'software RAID (md)'],
  [/^lo_fops$/, 'loop'],
  [/^brd_fops$/, 'RAM disk'],
  [/^zram_(?:wb_)?devops$/, 'zram'],
  [/^nbd_fops$/, 'network block device (nbd)'],
  [/^rbd_bd_ops$/, 'Ceph (rbd)'],
  [/^(?:bcache_ops|cached_ops|flash_ops)$/, 'bcache'],
  [/^(?:null_bio_ops|null_rq_ops|null_ops)$/, 'null block device'],
];

/** By the bus or class of the first device on the way that tells; only words that the kernel itself uses. */
function transportOf(path: readonly DeviceStep[], maker: string): string {
  for (const step of path) {
    if (step.class === 'nvme' || step.class === 'nvme-subsystem') return 'NVMe';
    if (step.bus === 'scsi') {
      const host = path.find((s) => s.bus !== undefined && s.bus !== 'scsi');
      return host?.bus === undefined ? 'SCSI' : `SCSI over ${host.driver ?? host.bus}`;
    }
    if (step.bus !== undefined) return step.bus;
  }
  return maker === '' ? '(unknown)' : maker;
}

function identity(prog: Program, device: Addr): { name: string; whole: boolean; parent: Addr } {
  const object = prog.at('device', device);
  const type = object.get('type').toBigInt();
  const kind = type === 0n ? '' : object.get('type').get('name').toText(32);
  return {
    name: object.get('kobj.name').toText(64),
    whole: kind !== 'partition',
    parent: object.get('parent').toBigInt(),
  };
}

function diskOf(prog: Program, device: Addr, whole: Addr): Addr {
  const own = prog.findMember('block_device', 'bd_device');
  if (own) return prog.at('block_device', addrAdd(device, -own.offset)).get('bd_disk').toBigInt();
  return prog.container(prog.container(whole, 'hd_struct', '__dev'), 'gendisk', 'part0');
}

/** `slave_dir` of a disk is a directory of sysfs with a link to the directory of each device that it uses. */
function slaves(prog: Program, disk: Addr, descent: Descent): BlockStack[] {
  const found: BlockStack[] = [];
  try {
    const directory = prog.at('gendisk', disk).get('slave_dir').toBigInt();
    if (!isKernelPointer(prog, directory)) return found;
    const node = prog.at('kobject', directory).get('sd').toBigInt();
    if (!isKernelPointer(prog, node)) return found;
    const root = addrAdd(node, prog.offset('kernfs_node', 'dir.children'));
    const link = prog.offset('kernfs_node', 'rb');
    const target = prog.offset('kernfs_node', 'symlink.target_kn');
    for (const entry of rbtreeEntries(prog, root, 'devices below')) {
      if (descent.left.devices-- <= 0) break;
      const kernfs = prog.memory.ulong(addrAdd(addrAdd(entry, -link), target));
      // `priv` of a directory is its kobject, which a struct device begins with
      const object = prog.memory.ulong(addrAdd(kernfs, prog.offset('kernfs_node', 'priv')));
      if (isKernelPointer(prog, object)) {
        found.push(
          stackOf(prog, addrAdd(object, -prog.offset('device', 'kobj')), {
            ...descent,
            depth: descent.depth + 1,
          }),
        );
      }
    }
  } catch (e) {
    noteProblem(descent.problems, 'devices below a disk', e);
  }
  return found;
}

/** @param device `struct loop_device *` */
function loopFile(prog: Program, device: Addr): string | undefined {
  const file = structAt(prog, 'loop_device', device).get('lo_backing_file').toBigInt();
  return file === 0n ? undefined : openFile(prog, file).path;
}
