import assert from 'node:assert/strict';
import { test } from 'node:test';
import { KernelMemory } from '../../test/build/kernel-memory.ts';
import type { Disk } from './block-device.ts';
import { diskDriver } from './disk-driver.ts';

test('the driver of a disk with requests, and of one without', () => {
  const memory = new KernelMemory();
  memory.type('request_queue', 64, { mq_ops: 16 });
  memory.type('blk_mq_ops', 32, { queue_rq: 8 });
  memory.type('block_device_operations', 32, { submit_bio: 0 });
  const code = memory.symbol('drum_queue_rq', memory.alloc(64), 64);
  const bio = memory.symbol('raid_submit_bio', memory.alloc(64), 64);
  const queue = memory.alloc(64);
  const requests = memory.alloc(32);
  const operations = memory.alloc(32);
  memory.u64(queue + 16n, requests);
  memory.u64(requests + 8n, code);
  memory.u64(operations, bio);
  const disk = { name: 'drum', queue, operations } as Disk;
  assert.deepEqual(diskDriver(memory.program(), disk), { function: 'drum_queue_rq', word: requests + 8n });
  memory.u64(queue + 16n, 0n);
  assert.deepEqual(diskDriver(memory.program(), disk), { function: 'raid_submit_bio', word: operations });
});
