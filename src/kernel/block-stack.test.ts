import assert from 'node:assert/strict';
import { test } from 'node:test';
import { pointerType } from '../../test/build/c-types.ts';
import { flatType, KernelMemory } from '../../test/build/kernel-memory.ts';
import { blockStack } from './block-stack.ts';

const text = pointerType(flatType('char', 1, {}));
const named = (name: string) => pointerType(flatType(name, 16, { name: [0, text] }));

const DISK_NAME = 8;
const DEVICE = 64;

/** Devices of a kernel from v5.11 on: a `struct device` stands in each block device. */
class Machine {
  readonly memory = new KernelMemory();

  constructor() {
    const { memory } = this;
    memory.type('device', 128, {
      kobj: 0,
      'kobj.name': [0, text],
      parent: 64,
      type: [72, named('device_type')],
      bus: [80, named('bus_type')],
      driver: [88, named('device_driver')],
      class: [96, named('class')],
    });
    memory.type('kobject', 64, { sd: 48 });
    memory.type('block_device', 256, { bd_disk: 0, bd_device: DEVICE });
    memory.type('gendisk', 128, { disk_name: [DISK_NAME, 32], fops: 40, private_data: 48, slave_dir: 56 });
    memory.type('kernfs_node', 128, { rb: 0, 'dir.children': 32, 'symlink.target_kn': 32, priv: 64 });
    memory.type('rb_root', 8, { rb_node: 0 });
    memory.type('rb_node', 24, { __rb_parent_color: 0, rb_right: 8, rb_left: 16 });
  }

  #name(text: string): bigint {
    const at = this.memory.alloc(16);
    this.memory.u64(at, this.memory.string(text));
    return at;
  }

  /** A device on a bus. */
  device(name: string, parent: bigint, bus = '', driver = '', kind = ''): bigint {
    const at = this.memory.alloc(128);
    this.memory.u64(at, this.memory.string(name));
    this.memory.u64(at + 64n, parent);
    if (bus !== '') this.memory.u64(at + 80n, this.#name(bus));
    if (driver !== '') this.memory.u64(at + 88n, this.#name(driver));
    if (kind !== '') this.memory.u64(at + 96n, this.#name(kind));
    return at;
  }

  /** A disk with its block device; returns that. @param maker symbol of its operations */
  disk(name: string, parent: bigint, maker: string, privateData = 0n): { bdev: bigint; disk: bigint } {
    const { memory } = this;
    const disk = memory.alloc(128);
    memory.text(disk + BigInt(DISK_NAME), name);
    memory.u64(disk + 40n, memory.kernel.symbol(maker, memory.alloc(64), 64, 'D'));
    memory.u64(disk + 48n, privateData);
    return { bdev: this.#blockDevice(name, disk, parent, 'disk'), disk };
  }

  partition(name: string, of: { bdev: bigint; disk: bigint }): bigint {
    return this.#blockDevice(name, of.disk, of.bdev + BigInt(DEVICE), 'partition');
  }

  #blockDevice(name: string, disk: bigint, parent: bigint, kind: string): bigint {
    const { memory } = this;
    const bdev = memory.alloc(256);
    memory.u64(bdev, disk);
    const device = bdev + BigInt(DEVICE);
    memory.u64(device, memory.string(name));
    memory.u64(device + 64n, parent);
    memory.u64(device + 72n, this.#name(kind));
    return bdev;
  }

  /** Puts a link to a block device into the directory `slaves` of a disk. */
  uses(disk: bigint, bdev: bigint): void {
    const { memory } = this;
    const [directory, node, entry, target] = [64, 128, 128, 128].map((size) => memory.alloc(size)) as bigint[];
    memory.u64(disk + 56n, directory as bigint);
    memory.u64((directory as bigint) + 48n, node as bigint);
    memory.u64((node as bigint) + 32n, entry as bigint);
    memory.u64((entry as bigint) + 32n, target as bigint);
    memory.u64((target as bigint) + 64n, bdev + BigInt(DEVICE));
  }
}

test('device mapper over a partition of a SCSI disk behind a host adapter', () => {
  const machine = new Machine();
  const { memory } = machine;
  const pci = machine.device('0000:00:1f.2', machine.device('pci0000:00', 0n), 'pci', 'ahci');
  const host = machine.device('host2', pci, 'scsi', '', 'scsi_host');
  const target = machine.device('2:0:0:0', host, 'scsi', 'sd');
  const sda = machine.disk('sda', target, 'sd_fops');
  memory.type('mapped_device', 64, { map: 0, interface_ptr: 8 });
  memory.type('hash_cell', 64, { name: [8, text], md: 16 });
  memory.type('dm_table', 64, { num_targets: [0, 4], targets: 8 });
  memory.type('dm_target', 64, { type: 8, begin: 16, len: 24 });
  memory.type('target_type', 64, { name: [8, text] });
  const [mapped, table, targets, kind] = [64, 64, 128, 64].map((size) => memory.alloc(size)) as [
    bigint,
    bigint,
    bigint,
    bigint,
  ];
  memory.u64(mapped, table);
  const cell = memory.alloc(64);
  memory.u64(mapped + 8n, cell);
  memory.u64(cell + 8n, memory.string('vg-root'));
  memory.u64(cell + 16n, mapped);
  memory.u32(table, 2);
  memory.u64(table + 8n, targets);
  memory.u64(kind + 8n, memory.string('linear'));
  [0n, 64n].forEach((at, i) => {
    memory.u64(targets + at + 8n, kind);
    memory.u64(targets + at + 16n, i * 1000);
    memory.u64(targets + at + 24n, 1000);
  });
  const dm = machine.disk('dm-0', 0n, 'dm_blk_dops', mapped);
  machine.uses(dm.disk, machine.partition('sda3', sda));
  const problems: { what: string; why: string }[] = [];
  const stack = blockStack(memory.program(), dm.bdev, problems);
  assert.deepEqual(problems, []);
  assert.deepEqual([stack.name, stack.transport, stack.path, stack.mapped], ['dm-0', 'device mapper', [], 'vg-root']);
  assert.deepEqual(stack.targets, [
    { type: 'linear', begin: 0n, length: 1000n },
    { type: 'linear', begin: 1000n, length: 1000n },
  ]);
  const [part] = stack.below;
  assert.deepEqual([part?.name, part?.partitionOf, part?.transport], ['sda3', 'sda', 'SCSI over ahci']);
  assert.deepEqual(
    part?.path.map((s) => s.name),
    ['2:0:0:0', 'host2', '0000:00:1f.2', 'pci0000:00'],
  );
});

test('virtio, NVMe, and what only its operations tell', () => {
  const machine = new Machine();
  const pci = machine.device('0000:00:03.0', 0n, 'pci', 'virtio-pci');
  const virtio = machine.disk('vda', machine.device('virtio1', pci, 'virtio', 'virtio_blk'), 'virtblk_fops');
  const nvme = machine.disk('nvme0n1', machine.device('nvme0', pci, '', '', 'nvme'), 'nvme_bdev_ops');
  const ram = machine.disk('ram0', 0n, 'brd_fops');
  const other = machine.disk('xyz0', 0n, 'xyz_fops');
  const prog = machine.memory.program();
  const of = (bdev: bigint): string => blockStack(prog, bdev, []).transport;
  assert.deepEqual(
    [virtio, nvme, ram, other].map((d) => of(d.bdev)),
    ['virtio', 'NVMe', 'RAM disk', 'xyz_fops'],
  );
});

test('a disk that uses itself ends, and a driver without types is told', () => {
  const machine = new Machine();
  const dm = machine.disk('dm-0', 0n, 'dm_blk_dops', machine.memory.alloc(64));
  machine.uses(dm.disk, dm.bdev);
  const problems: { what: string; why: string }[] = [];
  let stack = blockStack(machine.memory.program(), dm.bdev, problems);
  let depth = 0;
  for (; stack.below[0]; depth++) stack = stack.below[0];
  assert.equal(depth, 16);
  assert.ok(problems.some((p) => /mapped_device/.test(p.why)));
});
