import assert from 'node:assert/strict';
import { test } from 'node:test';
import { KernelMemory } from '../../test/build/kernel-memory.ts';
import { swapOnDisk } from './swap-on-disk.ts';

/** A kernel with one area of swap space of 100 pages, 10 of them in use, on this device below /dev. */
function machine(device: string): { memory: KernelMemory; area: bigint } {
  const memory = new KernelMemory();
  memory.type('swap_info_struct', 64, {
    ...{ flags: 0, prio: [8, 2], pages: [12, 4], inuse_pages: [16, 4], swap_file: 24, type: [32, 1] },
  });
  memory.type('file', 64, {
    ...{ f_path: 0, f_inode: 16, f_flags: [24, 4], f_pos: 32, f_op: 40 },
  });
  memory.type('path', 16, { mnt: 0, dentry: 8 });
  memory.type('mount', 128, { mnt: 32, mnt_parent: 16, mnt_mountpoint: 24 });
  memory.type('vfsmount', 32, { mnt_root: 0 });
  memory.type('dentry', 128, { d_hash: 0, d_parent: 24, d_name: 32, d_inode: 48, d_op: 56, d_iname: [64, 32] });
  memory.type('hlist_bl_node', 16, { pprev: 8 });
  memory.type('qstr', 16, { len: [4, 4], name: 8 });
  memory.type('dentry_operations', 64, { d_dname: 0 });
  const dentry = (name: string, parent?: bigint): bigint => {
    const at = memory.alloc(128);
    memory.u64(at + 8n, at); // it is hashed
    memory.u64(at + 24n, parent ?? at);
    memory.u32(at + 36n, name.length);
    memory.u64(at + 40n, at + 64n);
    memory.text(at + 64n, name);
    return at;
  };
  const root = dentry('/');
  const [mount, file, area] = [memory.alloc(128), memory.alloc(64), memory.alloc(64)];
  memory.u64(mount + 16n, mount);
  memory.u64(mount + 24n, root);
  memory.u64(mount + 32n, root);
  memory.u64(file, mount + 32n);
  const place = device.split('/').reduce((above, name) => dentry(name, above), dentry('dev', root));
  memory.u64(file + 8n, place);
  memory.u64(area, 1n | 2n | (1n << 6n)); // SWP_USED, SWP_WRITEOK, SWP_BLKDEV
  memory.u32(area + 12n, 100);
  memory.u32(area + 16n, 10);
  memory.u64(area + 24n, file);
  memory.u64(memory.symbol('swap_info', memory.alloc(8)), area);
  memory.u32(memory.symbol('nr_swapfiles', memory.alloc(4)), 1);
  return { memory, area };
}

function words(device: string, ...names: readonly (string | undefined)[]): string {
  return swapOnDisk(machine(device).memory.program(), ...names).en;
}

test('swap space on a disk, on a partition of it, or on a device by its name', () => {
  assert.match(words('sda2', 'sda'), /^ Swap space is on it \(\/dev\/sda2, 40 KB in use\)/);
  assert.match(words('nvme0n1p3', 'nvme0n1'), /nvme0n1p3/);
  assert.match(words('dm-1', 'dm-1', undefined), /dm-1/);
  assert.match(words('mapper/vg-swap', 'dm-1', 'vg-swap'), /\/dev\/mapper\/vg-swap/);
});

test('swap space on another disk whose name begins alike', () => {
  for (const [device, disk] of [
    ['dm-10', 'dm-1'],
    ['sdaa1', 'sda'],
    ['nvme0n12', 'nvme0n1'],
    ['sdb1', 'sda'],
  ] as const)
    assert.equal(words(device, disk), '', device);
});

test('an area whose file is nowhere, a table that is nowhere, and no table tell nothing', () => {
  const file = machine('sda2');
  file.memory.u64(file.area + 24n, 0xffff888fffff0000n);
  const table = machine('sda2');
  const place = table.memory.kernel.symbols.find((s) => s.name === 'swap_info')?.address ?? 0n;
  table.memory.u64(place, 0xffff888fffff0000n);
  for (const { memory } of [file, table]) assert.equal(swapOnDisk(memory.program(), 'sda').en, '');
  assert.deepEqual(swapOnDisk(new KernelMemory().program(), 'sda'), { en: '', zh: '' });
});
