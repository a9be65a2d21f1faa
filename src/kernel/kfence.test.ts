import assert from 'node:assert/strict';
import { test } from 'node:test';
import { flatType, KernelMemory } from '../../test/build/kernel-memory.ts';
import { kfenceObject } from './kfence.ts';

const METADATA = 192;
const TRACK = 48;

/** Two objects; `runtime`: what describes them was allocated at boot. */
function kernel(runtime: boolean) {
  const memory = new KernelMemory();
  const track = { pid: [0, 4], ts_nsec: 8, num_stack_entries: [16, 4], stack_entries: 24 } as const;
  memory.type('kfence_track', TRACK, track);
  const kept = flatType('kfence_track', TRACK, track);
  memory.type('kfence_metadata', METADATA, {
    addr: 32,
    size: 40,
    alloc_track: [64, kept],
    free_track: [64 + TRACK, kept],
  });
  const pool = memory.alloc(8 * 4096, 4096);
  memory.u64(memory.symbol('__kfence_pool', memory.alloc(8), 8), pool);
  const table = memory.alloc(2 * METADATA);
  if (runtime) memory.u64(memory.symbol('kfence_metadata', memory.alloc(8), 8), table);
  else memory.symbol('kfence_metadata', table, 2 * METADATA);
  const second = table + BigInt(METADATA);
  memory.u64(second + 32n, pool + 4n * 4096n + 64n);
  memory.u64(second + 40n, 88n);
  const write = (at: bigint, pid: number, when: bigint): void => {
    memory.u32(at, pid);
    memory.u64(at + 8n, when);
    memory.u32(at + 16n, 2);
    memory.u64(at + 24n, 0xffffffff81000010n);
    memory.u64(at + 32n, 0xffffffff81000110n);
  };
  write(second + 64n, 7, 100n);
  write(second + 64n + BigInt(TRACK), 8, 200n);
  return { memory, second, pool };
}

for (const runtime of [false, true]) {
  test(`an object by its number, ${runtime ? 'allocated at boot' : 'in an array'}`, () => {
    const { memory, second, pool } = kernel(runtime);
    const found = kfenceObject(memory.program(), 1);
    assert.deepEqual([found?.metadata, found?.address, found?.size], [second, pool + 4n * 4096n + 64n, 88]);
    assert.deepEqual(
      found?.tracks.map((t) => [t.what, t.pid, t.stack.length]),
      [
        ['allocated', 7, 2],
        ['freed', 8, 2],
      ],
    );
  });
}

test('the free of an object that was there before is left out', () => {
  const { memory, second } = kernel(true);
  memory.u64(second + 64n + 8n, 300n);
  assert.deepEqual(
    kfenceObject(memory.program(), 1)?.tracks.map((t) => t.what),
    ['allocated'],
  );
});

test('what lies on another page is no object of that number; numbers out of range; stacks of impossible depth', () => {
  const { memory, second } = kernel(true);
  const program = memory.program();
  assert.equal(kfenceObject(program, 0), undefined);
  assert.equal(kfenceObject(program, -1), undefined);
  assert.equal(kfenceObject(program, 1 << 20), undefined);
  memory.u32(second + 64n + 16n, 1 << 30);
  assert.deepEqual(
    kfenceObject(program, 1)?.tracks.map((t) => t.what),
    ['freed'],
  );
});
