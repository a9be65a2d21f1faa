import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isDiskOrPart } from './partition-of.ts';

test('a disk itself and its partitions, by the names that the kernel gives', () => {
  for (const [device, disk] of [
    ['sda', 'sda'],
    ['sda12', 'sda'],
    ['nvme0n1', 'nvme0n1'],
    ['nvme0n1p2', 'nvme0n1'],
    ['/dev/mapper/mpatha-0p1', '/dev/mapper/mpatha-0'],
  ] as const)
    assert.ok(isDiskOrPart(device, disk), `${device} of ${disk}`);
});

test('other disks whose names begin alike', () => {
  for (const [device, disk] of [
    ['sdaa', 'sda'],
    ['sdap1', 'sda'],
    ['nvme0n12', 'nvme0n1'],
    ['dm-10', 'dm-1'],
    ['loop1p', 'loop1'],
    ['sda', 'sda1'],
    ['', ''],
    ['1', ''],
  ] as const)
    assert.ok(!isDiskOrPart(device, disk), `${device} of ${disk}`);
});
