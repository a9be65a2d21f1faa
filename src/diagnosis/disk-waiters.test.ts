import assert from 'node:assert/strict';
import { test } from 'node:test';
import { PageWaits } from '../../test/build/page-waits.ts';
import { WaitWriter } from '../../test/build/wait-writer.ts';
import type { Disk } from '../kernel/block-device.ts';
import { diskWaiters } from './disk-waiters.ts';

function disk(name: string): Disk {
  return { address: 0n, major: 8, firstMinor: 0, name, queue: 0n, operations: 0n, sectors: 0n, whole: 0n };
}

/** Pids of those that surely and those that maybe wait for a disk. */
function waiters(made: WaitWriter, name: string): { known: number[]; maybe: number[] } {
  const { known, maybe } = diskWaiters(made.program(), disk(name));
  return { known: known.map((w) => w.task.pid), maybe: maybe.map((w) => w.task.pid) };
}

test('who waits for a page of the disk or a partition of it, and who may; not who waits for another disk', () => {
  const made = new WaitWriter();
  const pages = new PageWaits(made);
  pages.waits(10, 'whole', 'sda');
  pages.waits(11, 'part', 'sda2');
  pages.waits(12, 'longer', 'sdaa1');
  pages.waits(13, 'other', 'sdb1');
  pages.waits(14, 'unknown', undefined);
  made.waits(15, 'tag', ['__schedule', 'schedule', 'io_schedule', 'blk_mq_get_tag', 'submit_bio']);
  made.waits(16, 'pool', ['__schedule', 'schedule', 'io_schedule_timeout', 'mempool_alloc_noprof', 'bio_alloc']);
  assert.deepEqual(waiters(made, 'sda'), { known: [10, 11], maybe: [14, 15, 16] });
});

test('a disk whose name ends in a digit has partitions with a p', () => {
  for (const [name, part, other] of [
    ['nvme0n1', 'nvme0n1p2', 'nvme0n10'],
    ['dm-1', 'dm-1', 'dm-12'],
    ['mmcblk0', 'mmcblk0p1', 'mmcblk0boot0'],
    ['nbd1', 'nbd1p3', 'nbd15'],
  ] as const) {
    const made = new WaitWriter();
    const pages = new PageWaits(made);
    pages.waits(10, 'own', part);
    pages.waits(11, 'other', other);
    assert.deepEqual(waiters(made, name).known, [10], name);
  }
});

test('who sleeps for something else, or interruptibly, does not wait for I/O', () => {
  const made = new WaitWriter();
  new PageWaits(made);
  made.mutexTypes(false);
  made.waits(10, 'locker', ['__schedule', 'schedule', '__mutex_lock', 'ext4_write']);
  made.waits(11, 'sleeper', ['__schedule', 'schedule', 'msleep', 'worker'], 2);
  made.waits(12, 'tag', ['__schedule', 'schedule', 'io_schedule', 'blk_mq_get_tag'], 1);
  assert.deepEqual(waiters(made, 'sda'), { known: [], maybe: [] });
});

test('a page whose mapping, inode or superblock is nowhere is of no known disk', () => {
  const made = new WaitWriter();
  const pages = new PageWaits(made);
  const { memory } = made;
  const word = (at: bigint): bigint => memory.kernel.memory.u64(memory.physical(at));
  const page = (pid: number): bigint => word(pages.waits(pid, 'reader', 'sda1').locals);
  memory.u64(page(10) + 24n, 0xffff888fffff0000n);
  memory.u64(word(page(11) + 24n), 0xffff888fffff0000n);
  memory.u64(word(word(page(12) + 24n)) + 24n, 0xffff888fffff0000n);
  memory.u64(page(13) + 24n, 0x4141414141414141n);
  assert.deepEqual(waiters(made, 'sda'), { known: [], maybe: [10, 11, 12, 13] });
});

test('without the types of wait queues all of them may', () => {
  const made = new WaitWriter();
  new PageWaits(made).waits(10, 'reader', 'sda');
  for (const type of ['wait_queue_entry', 'wait_queue_head', 'super_block']) made.memory.kernel.types.delete(type);
  assert.deepEqual(waiters(made, 'sda'), { known: [], maybe: [10] });
});
