import assert from 'node:assert/strict';
import { test } from 'node:test';
import { pointerType, structType, u32Type } from '../../test/build/c-types.ts';
import { flatType, KernelMemory } from '../../test/build/kernel-memory.ts';
import { NotFoundError } from '../base/errors.ts';
import { btrfsDeviceName } from './btrfs.ts';

const char = flatType('char', 1, {});

for (const { since, target, before } of [
  { since: 'with the head of an RCU string', target: structType('rcu_string', 16, { str: [16, char] }), before: 16n },
  { since: 'as plain text', target: char, before: 0n },
]) {
  test(`the device that a btrfs is listed with: its name ${since}`, () => {
    const memory = new KernelMemory();
    const device = flatType('btrfs_device', 64, { name: [24, pointerType(target)] });
    memory.kernel.type(device);
    memory.type('btrfs_fs_devices', 64, { latest_dev: [40, pointerType(device)] });
    memory.type('btrfs_fs_info', 64, { fs_devices: 8 });
    const [info, list, latest, name] = [64, 64, 64, 64].map((size) => memory.alloc(size)) as [
      bigint,
      bigint,
      bigint,
      bigint,
    ];
    memory.u64(info + 8n, list);
    memory.u64(list + 40n, latest);
    memory.u64(latest + 24n, name);
    memory.text(name + before, '/dev/mapper/vg-data');
    assert.equal(btrfsDeviceName(memory.program(), info), '/dev/mapper/vg-data');
  });
}

test('without types of btrfs its device is not told', () => {
  const memory = new KernelMemory();
  memory.type('unrelated', 8, { a: [0, u32Type] });
  assert.throws(() => btrfsDeviceName(memory.program(), memory.alloc(64)), NotFoundError);
});
