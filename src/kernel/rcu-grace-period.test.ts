import assert from 'node:assert/strict';
import { test } from 'node:test';
import { KernelMemory } from '../../test/build/kernel-memory.ts';
import { gracePeriod } from './rcu-grace-period.ts';

/** Two CPUs under one leaf; `named`: the kernel has a symbol for its state. */
function state(named: boolean) {
  const memory = new KernelMemory();
  const areas = memory.cpus(2);
  memory.type('rcu_state', 512, { node: 0, gp_seq: 400, gp_start: 408, gp_kthread: 416 });
  memory.type('rcu_node', 128, { qsmask: 0, expmask: 8, parent: 16, blkd_tasks: 24, gp_tasks: 40 });
  memory.type('rcu_data', 64, { mynode: 0, grpmask: 8 });
  memory.type('task_struct', 256, { rcu_node_entry: 64 });
  const at = memory.alloc(512);
  if (named) memory.symbol('rcu_state', at);
  memory.symbol('rcu_data', 0x100n);
  const leaf = at + 128n;
  memory.u64(leaf + 16n, at); // its parent is the root
  memory.circle(leaf + 24n);
  areas.forEach((area, cpu) => {
    memory.u64(area + 0x100n, leaf);
    memory.u64(area + 0x108n, 1n << BigInt(cpu));
  });
  memory.u64(at + 400n, 0x41n);
  return { memory, at, leaf };
}

for (const named of [true, false]) {
  test(`which CPUs and tasks hold up the grace period, ${named ? 'with' : 'without'} a symbol`, () => {
    const { memory, at, leaf } = state(named);
    memory.u64(leaf, 2n);
    memory.u64(leaf + 8n, 1n);
    const [later, first, second] = [memory.alloc(256), memory.alloc(256), memory.alloc(256)];
    memory.circle(leaf + 24n, later + 64n, first + 64n, second + 64n);
    memory.u64(leaf + 40n, first + 64n);
    const grace = gracePeriod(memory.program());
    assert.equal(grace.address, at);
    assert.equal(grace.running, true);
    assert.deepEqual([grace.cpus, grace.expeditedCpus], [[1], [0]]);
    assert.deepEqual(grace.tasks, [first, second]);
  });
}

test('between grace periods, and a tree that has no root', () => {
  const idle = state(true);
  idle.memory.u64(idle.at + 400n, 0x44n);
  assert.equal(gracePeriod(idle.memory.program()).running, false);
  const broken = state(false);
  broken.memory.u64(broken.at + 16n, broken.leaf);
  assert.throws(() => gracePeriod(broken.memory.program()), /no root/);
});
