import assert from 'node:assert/strict';
import { test } from 'node:test';
import { KernelMemory } from '../../test/build/kernel-memory.ts';
import { rwlockState } from './qrwlock.ts';
import { decodeSpinlock, queuesForSpinlock } from './qspinlock.ts';

test('locked, pending and the last of those that queue', () => {
  assert.deepEqual(decodeSpinlock(0, 4), { value: 0, locked: false, pending: false, plausible: true });
  assert.equal(decodeSpinlock(0x101, 4).pending, true);
  // CPU 2, second node: (2 + 1) << 18 | 1 << 16
  assert.deepEqual(decodeSpinlock(0xd0001, 4).tail, { cpu: 2, index: 1 });
  for (const garbage of [0x6b6b6b6b, 0xffffffff, 0x10001, 0xd0001 + (4 << 18)]) {
    assert.equal(decodeSpinlock(garbage, 4).plausible, false, garbage.toString(16));
  }
});

test('a CPU queues when its node leads to the tail', () => {
  const memory = new KernelMemory();
  const areas = memory.cpus(4);
  memory.type('mcs_spinlock', 16, { next: 0, locked: [8, 4], count: [12, 4] });
  memory.type('qnode', 32, { mcs: 0 });
  memory.symbol('qnodes', 0x100n);
  const node = (cpu: number, index: number) => (areas[cpu] as bigint) + 0x100n + BigInt(index) * 32n;
  const count = (cpu: number, used: number) => memory.u32(node(cpu, 0) + 12n, used);
  count(1, 2);
  count(2, 1);
  count(3, 1);
  memory.u64(node(1, 1), node(3, 0)); // CPU 1 queues in its second node before CPU 3
  const prog = memory.program();
  const state = decodeSpinlock((4 << 18) | 1, 4);
  assert.deepEqual(
    [0, 1, 2, 3].map((cpu) => queuesForSpinlock(prog, state, cpu)),
    [false, true, false, true],
  );
  memory.u64(node(2, 0), node(2, 0)); // a queue that runs into itself
  assert.equal(queuesForSpinlock(memory.program(), state, 2), false);
});

test('readers and writers of a queued rwlock', () => {
  const memory = new KernelMemory();
  const at = memory.alloc(8);
  const state = (value: number) => {
    memory.u32(at, value);
    return rwlockState(memory.program(), at);
  };
  assert.deepEqual([state(0x7ff).writer, state(0x7ff).readers], [true, 3]);
  assert.deepEqual([state(0x500).writer, state(0x500).waiting, state(0x500).readers], [false, true, 2]);
  assert.equal(state(0x6b6b6b6b).plausible, false);
});
