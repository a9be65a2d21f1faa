import assert from 'node:assert/strict';
import { test } from 'node:test';
import { requestTypes } from '../../test/build/disk-writer.ts';
import { KernelMemory } from '../../test/build/kernel-memory.ts';
import type { Disk } from './block-device.ts';
import { diskRequests } from './disk-requests.ts';

const WORD = 64;

function kernel(): KernelMemory {
  const memory = new KernelMemory();
  memory.type('request_queue', 64, { mq_ops: 0, nr_hw_queues: [8, 4], queue_hw_ctx: 16 });
  requestTypes(memory);
  memory.type('disk_stats', 32, { in_flight: 0 });
  memory.type('block_device', 16, { bd_stats: 0 });
  return memory;
}

function bitmap(memory: KernelMemory, at: bigint, depth: number, bits: number): void {
  memory.u32(at, depth);
  memory.u32(at + 4n, 6);
  memory.u32(at + 8n, depth === 0 ? 0 : 1);
  const words = memory.alloc(WORD);
  memory.u64(words, bits);
  memory.u64(at + 16n, words);
}

function request(memory: KernelMemory, queue: bigint, state: number, flags: number): bigint {
  const at = memory.alloc(64);
  memory.u64(at, queue);
  memory.u32(at + 8n, state);
  memory.u32(at + 12n, flags);
  return at;
}

function disk(queue: bigint, whole: bigint): Disk {
  return { address: 0n, major: 8, firstMinor: 0, name: 'sda', queue, operations: 0n, sectors: 0n, whole };
}

test('requests of a disk: started ones of its own queue, reads and writes, each tag set once', () => {
  const memory = kernel();
  const queue = memory.alloc(64);
  const tags = memory.alloc(192);
  const contexts = [memory.alloc(16), memory.alloc(16)];
  const table = memory.alloc(16);
  contexts.forEach((context, i) => {
    memory.u64(context, tags);
    memory.u64(table + BigInt(i * 8), context);
  });
  memory.u64(queue, memory.alloc(8));
  memory.u32(queue + 8n, 2);
  memory.u64(queue + 16n, table);
  memory.u32(tags, 9);
  memory.u32(tags + 4n, 1);
  const list = memory.alloc(9 * 8);
  memory.u64(tags + 8n, list);
  bitmap(memory, tags + 64n, 8, 0b111101);
  bitmap(memory, tags + 128n, 1, 1);
  const put = (tag: number, at: bigint): void => memory.u64(list + BigInt(tag * 8), at);
  put(0, request(memory, queue, 1, 2)); // reserved: a flush, even: no data to the device
  put(1, request(memory, queue, 1, 1)); // a write
  put(2, request(memory, queue, 1, 1)); // its bit is clear
  put(3, request(memory, queue, 1, 0x800)); // a read
  put(4, request(memory, queue, 0, 0)); // not started
  put(5, request(memory, 0xffff888000aaaa00n, 1, 0)); // another disk's
  const problems: { what: string; why: string }[] = [];
  const found = diskRequests(memory.program(), disk(queue, 0n), problems);
  assert.deepEqual([found.reads, found.writes, found.requests?.length], [2, 1, 3]);
  assert.deepEqual(problems, []);
});

test('a request that is nowhere leaves the others, and a table of nothing else ends soon', () => {
  const memory = kernel();
  const [queue, tags, context, table] = [memory.alloc(64), memory.alloc(192), memory.alloc(16), memory.alloc(8)];
  memory.u64(queue, memory.alloc(8));
  memory.u32(queue + 8n, 1);
  memory.u64(queue + 16n, table);
  memory.u64(table, context);
  memory.u64(context, tags);
  memory.u32(tags, 64);
  const list = memory.alloc(64 * 8);
  memory.u64(tags + 8n, list);
  bitmap(memory, tags + 64n, 64, 0xffff_ffff);
  bitmap(memory, tags + 128n, 0, 0);
  memory.u64(list, 0xffff888fffff0000n);
  memory.u64(list + 8n, request(memory, queue, 1, 1));
  const problems: { what: string; why: string }[] = [];
  assert.equal(diskRequests(memory.program(), disk(queue, 0n), problems).writes, 1);
  assert.deepEqual(
    problems.map((p) => p.what),
    ['a request of sda'],
  );
  for (let tag = 2; tag < 32; tag++) memory.u64(list + BigInt(tag * 8), 0x4141414141414141n);
  assert.equal(diskRequests(memory.program(), disk(queue, 0n), problems).writes, 1);
  assert.equal(problems.length, 17);
});

test('requests of a disk without queues: the sums of the counters of all CPUs', () => {
  const memory = kernel();
  const queue = memory.alloc(64);
  const whole = memory.alloc(16);
  const stats = memory.alloc(32);
  memory.u64(whole, stats);
  memory.u64(stats, 3);
  memory.u64(stats + 8n, -1);
  const found = diskRequests(memory.program(), disk(queue, whole), []);
  assert.deepEqual(found, { reads: 3, writes: 0, requests: undefined });
});
