import { NotFoundError } from '../base/errors.ts';
import { addrAdd } from '../base/u64.ts';
import type { Addr } from '../base/units.ts';
import type { Problem } from '../program/ports.ts';
import type { Program } from '../program/program.ts';
import { klistEntries } from './klist.ts';
import { listBothWays } from './list.ts';
import { attempt } from './note-problem.ts';

/** A disk: `struct gendisk`. */
export interface Disk {
  readonly address: Addr;
  readonly major: number;
  readonly firstMinor: number;
  readonly name: string;
  /** `struct request_queue *` */
  readonly queue: Addr;
  /** `struct block_device_operations *` */
  readonly operations: Addr;
  /** In sectors of 512 bytes. */
  readonly sectors: bigint;
  /** What counts its I/O: `struct block_device`, on kernels before v5.11 `struct hd_struct`. */
  readonly whole: Addr;
}

export interface Disks {
  /** In the order of the class's devices. */
  readonly disks: readonly Disk[];
  readonly problems: readonly Problem[];
}

/** Every disk: the devices of `block_class` without the partitions. @throws NotFoundError MemoryFault */
export function disks(prog: Program): Disks {
  const problems: Problem[] = [];
  const { entries, damage } = klistEntries(prog, classDevices(prog), 'devices of block_class');
  for (const why of damage) problems.push({ what: 'disks', why });
  const device = deviceOfNode(prog);
  const found: Disk[] = [];
  for (const { node } of entries) {
    const disk = attempt(problems, 'a disk', () => diskOf(prog, device(node)));
    if (disk) found.push(disk);
  }
  return { disks: found, problems };
}

/** `klist_devices` of `block_class`. */
function classDevices(prog: Program): Addr {
  const blockClass = prog.symbol('block_class');
  const member = prog.offset('subsys_private', 'klist_devices');
  if (prog.findMember('class', 'p')) {
    return addrAdd(prog.at('class', blockClass).get('p').toBigInt(), member);
  }
  // A class has no `p` since commit 2df418cf4b72 ("driver core: class: remove subsystem private pointer from struct
  // class", v6.4): it is looked for among the classes.
  const set = prog.memory.ulong(prog.symbol('class_kset'));
  const list = addrAdd(set, prog.offset('kset', 'list'));
  const entry = prog.offset('subsys_private', 'subsys.kobj.entry');
  const owner = prog.offset('subsys_private', 'class');
  for (const node of listBothWays(prog, list, 'class_kset').entries) {
    const found = addrAdd(node, -entry);
    if (prog.memory.ulong(addrAdd(found, owner)) === blockClass) return addrAdd(found, member);
  }
  throw new NotFoundError('class', 'block', 'it is not among the classes of class_kset');
}

/**
 * From a node of a class's list to `struct device`: the node moved to `struct device_private` in commit 570d0200123f
 * ("driver core: move device->knode_class to device_private", v5.1).
 */
function deviceOfNode(prog: Program): (node: Addr) => Addr {
  const own = prog.findMember('device', 'knode_class');
  if (own) return (node) => addrAdd(node, -own.offset);
  const link = prog.offset('device_private', 'knode_class');
  const device = prog.offset('device_private', 'device');
  return (node) => prog.memory.ulong(addrAdd(node, device - link));
}

/** The disk of a device of the class; undefined for a partition. */
function diskOf(prog: Program, device: Addr): Disk | undefined {
  // commit 0d02129e76ed ("block: merge struct block_device and struct hd_struct", v5.11)
  const joined = prog.findMember('block_device', 'bd_device');
  const whole = joined ? addrAdd(device, -joined.offset) : prog.container(device, 'hd_struct', '__dev');
  const address = joined
    ? prog.at('block_device', whole).get('bd_disk').toBigInt()
    : prog.container(whole, 'gendisk', 'part0');
  if (!joined && prog.at('hd_struct', whole).get('partno').toNumber() !== 0) return undefined;
  const disk = prog.at('gendisk', address);
  if (joined && disk.get('part0').toBigInt() !== whole) return undefined;
  return {
    address,
    major: disk.get('major').toNumber(),
    firstMinor: disk.get('first_minor').toNumber(),
    name: disk.get('disk_name').toText(),
    queue: disk.get('queue').toBigInt(),
    operations: disk.get('fops').toBigInt(),
    sectors: diskSectors(prog, whole, joined !== undefined),
    whole,
  };
}

/** commit f09313c57a17 ("block: cache inode size in bdev", v5.16): until then the size is that of the inode. */
function diskSectors(prog: Program, whole: Addr, joined: boolean): bigint {
  if (!joined) return prog.at('hd_struct', whole).get('nr_sects').toBigInt();
  const device = prog.at('block_device', whole);
  const own = device.find('bd_nr_sectors');
  return own ? own.toBigInt() : device.get('bd_inode').get('i_size').toBigInt() / 512n;
}
