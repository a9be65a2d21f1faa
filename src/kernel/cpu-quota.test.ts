import assert from 'node:assert/strict';
import { test } from 'node:test';
import { u32Type } from '../../test/build/c-types.ts';
import { KernelMemory } from '../../test/build/kernel-memory.ts';
import { usedUpQuota } from './cpu-quota.ts';

/** A task in a group /batch/job; one of its two queues is throttled. */
function machine(throttled: readonly [job: number, batch: number]): { memory: KernelMemory; task: bigint } {
  const memory = new KernelMemory();
  memory.type('task_struct', 256, { se: 64 });
  memory.type('sched_entity', 64, { parent: 0, cfs_rq: 8 });
  memory.type('cfs_rq', 64, { throttled: [0, u32Type], tg: 8 });
  memory.type('task_group', 128, { 'css.cgroup': 0, 'cfs_bandwidth.quota': 64, 'cfs_bandwidth.period': 72 });
  memory.type('cgroup', 64, { kn: 0 });
  memory.type('kernfs_node', 64, { name: 0, parent: 8 });
  const task = memory.alloc(256);
  let entity = task + 64n;
  let above = memory.alloc(64);
  const nodes = ['batch', 'job'].map((name) => {
    const node = memory.alloc(64);
    memory.u64(node, memory.string(name));
    memory.u64(node + 8n, above);
    above = node;
    return node;
  });
  for (const [i, node] of [...nodes].reverse().entries()) {
    const [queue, group, cgroup] = [memory.alloc(64), memory.alloc(128), memory.alloc(64)];
    memory.u64(entity + 8n, queue);
    memory.u32(queue, throttled[i] ?? 0);
    memory.u64(queue + 8n, group);
    memory.u64(group, cgroup);
    memory.u64(group + 64n, 20_000_000n * BigInt(i + 1));
    memory.u64(group + 72n, 1_000_000_000n);
    memory.u64(cgroup, node);
    const parent = i === 0 ? memory.alloc(64) : 0n;
    memory.u64(entity, parent);
    entity = parent;
  }
  return { memory, task };
}

test('the nearest group that has used up its time', () => {
  const own = machine([1, 0]);
  const { group, quotaSeconds, periodSeconds } = usedUpQuota(own.memory.program(), own.task) ?? {};
  assert.deepEqual([group, quotaSeconds, periodSeconds], ['/batch/job', 0.02, 1]);
  const outer = machine([0, 1]);
  assert.equal(usedUpQuota(outer.memory.program(), outer.task)?.group, '/batch');
});

test('none is throttled, or the kernel has no quotas', () => {
  const { memory, task } = machine([0, 0]);
  assert.equal(usedUpQuota(memory.program(), task), undefined);
  assert.equal(usedUpQuota(new KernelMemory().program(), task), undefined);
});

const NOWHERE = 0xffff888fffff0000n;

test('entities in a circle end, and a queue, a group or a parent that is nowhere tells nothing', () => {
  const circle = machine([0, 0]);
  const outer = circle.memory.kernel.memory.u64(circle.memory.physical(circle.task + 64n));
  circle.memory.u64(outer, circle.task + 64n);
  assert.equal(usedUpQuota(circle.memory.program(), circle.task), undefined);
  for (const value of [NOWHERE, 0n, 0x4141414141414141n]) {
    const queue = machine([1, 1]);
    queue.memory.u64(queue.task + 72n, value);
    assert.equal(usedUpQuota(queue.memory.program(), queue.task), undefined);
    const group = machine([1, 0]);
    group.memory.u64(group.memory.kernel.memory.u64(group.memory.physical(group.task + 72n)) + 8n, value);
    assert.equal(usedUpQuota(group.memory.program(), group.task), undefined);
    const parent = machine([0, 1]);
    parent.memory.u64(parent.task + 64n, value);
    assert.equal(usedUpQuota(parent.memory.program(), parent.task), undefined);
  }
  assert.equal(usedUpQuota(machine([1, 1]).memory.program(), NOWHERE), undefined);
});

test('a missing type tells nothing', () => {
  for (const type of ['task_group', 'kernfs_node', 'cgroup', 'task_struct', 'sched_entity']) {
    const { memory, task } = machine([1, 0]);
    memory.kernel.types.delete(type);
    assert.equal(usedUpQuota(memory.program(), task), undefined, type);
  }
});

test('a group that is marked as throttled but has no limit', () => {
  const { memory, task } = machine([1, 0]);
  const queue = memory.kernel.memory.u64(memory.physical(task + 72n));
  const group = memory.kernel.memory.u64(memory.physical(queue + 8n));
  memory.u64(group + 64n, -1); // RUNTIME_INF
  assert.equal(usedUpQuota(memory.program(), task), undefined);
});
