import assert from 'node:assert/strict';
import { test } from 'node:test';
import { KernelMemory, type Place } from '../../test/build/kernel-memory.ts';
import { requestFacts } from './request-facts.ts';

/** A kernel 100 seconds after boot that counts 250 ticks a second. */
function world(members: Readonly<Record<string, Place>>): { memory: KernelMemory; request: bigint } {
  const memory = new KernelMemory();
  memory.type('request', 256, {
    cmd_flags: [0, 4],
    __sector: 8,
    __data_len: [16, 4],
    timeout: [20, 4],
    deadline: 24,
    ...members,
  });
  memory.type('timekeeper', 128, {
    'tkr_mono.shift': [0, 4],
    'tkr_mono.xtime_nsec': 8,
    xtime_sec: 16,
    offs_real: 24,
    offs_boot: 32,
  });
  const clock = memory.symbol('shadow_timekeeper', memory.alloc(128));
  memory.u64(clock + 16n, 1_000_100);
  memory.u64(clock + 24n, 1_000_000_000_000_000n);
  memory.u64(memory.symbol('jiffies_64', memory.alloc(8)), 0x100000000 - 300 * 250 + 100 * 250);
  const request = memory.alloc(256);
  memory.u32(request, 0x4001);
  memory.u64(request + 8n, 2048);
  memory.u32(request + 16n, 4096);
  memory.u32(request + 20n, 30 * 250);
  return { memory, request };
}

test('a write that a disk has for 70 seconds, past the limit of its driver', () => {
  const { memory, request } = world({ io_start_time_ns: 32, start_time_ns: 40 });
  memory.u64(request + 32n, 30_000_000_000n);
  assert.deepEqual(requestFacts(memory.program(), request), {
    operation: 'write',
    sector: 2048n,
    bytes: 4096,
    ageSeconds: 70,
    timeoutSeconds: 30,
  });
});

test('without a noted start the deadline tells', () => {
  const { memory, request } = world({});
  // it is due in 10 seconds, of the 30 that it may take
  memory.u64(request + 24n, 0x100000000 - 300 * 250 + 110 * 250);
  assert.equal(requestFacts(memory.program(), request).ageSeconds, 20);
});
