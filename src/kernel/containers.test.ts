import assert from 'node:assert/strict';
import { test } from 'node:test';
import { KernelMemory } from '../../test/build/kernel-memory.ts';
import { CorruptError } from '../base/errors.ts';
import { hlistBlEntries, hlistNullsEntries } from './hlist.ts';
import { klistEntries } from './klist.ts';
import { linkedList } from './linked-list.ts';
import { listBothWays, listEntriesBackward } from './list.ts';
import { llistEntries } from './llist.ts';
import { percpuLists } from './percpu-list.ts';
import { plistEntries } from './plist.ts';

function circle(count: number): { memory: KernelMemory; head: bigint; nodes: bigint[] } {
  const memory = new KernelMemory();
  const head = memory.alloc(16);
  const nodes = Array.from({ length: count }, () => memory.allocPage());
  memory.circle(head, ...nodes);
  return { memory, head, nodes };
}

test('a list is walked backward', () => {
  const { memory, head, nodes } = circle(4);
  assert.deepEqual([...listEntriesBackward(memory.program(), head, 'things')], [...nodes].reverse());
});

test('where a list is broken, the way back finds what lies behind the break', () => {
  const { memory, head, nodes } = circle(6);
  memory.u64(nodes[1] as bigint, 0x6b6b6b6b6b6b6b6bn);
  const walk = listBothWays(memory.program(), head, 'things');
  assert.deepEqual(walk.entries, nodes);
  assert.equal(walk.forward, 2);
  assert.equal(walk.damage.length, 1);
  assert.match(walk.damage[0] as string, /next is 0x6b6b6b6b6b6b6b6b, after 2 entries/);

  const gone = circle(6);
  gone.memory.drop(gone.nodes[2] as bigint);
  const rest = listBothWays(gone.memory.program(), gone.head, 'things');
  assert.deepEqual(
    rest.entries,
    gone.nodes.filter((_, i) => i !== 2),
  );
  assert.equal(rest.damage.length, 2);
});

test('hlist_nulls ends at an odd value, hlist_bl has its lock in the head', () => {
  const memory = new KernelMemory();
  const nodes = [0, 1, 2].map(() => memory.alloc(16));
  const head = memory.alloc(8);
  [head, ...nodes].forEach((at, i) => {
    memory.u64(at, nodes[i] ?? 0x15n);
  });
  assert.deepEqual([...hlistNullsEntries(memory.program(), head, 'hash')], nodes);
  memory.u64(nodes[2] as bigint, nodes[0] as bigint);
  assert.throws(() => [...hlistNullsEntries(memory.program(), head, 'hash')], CorruptError);
  memory.u64(nodes[2] as bigint, 0n);
  memory.u64(head, (nodes[0] as bigint) | 1n);
  assert.deepEqual([...hlistBlEntries(memory.program(), head, 'names')], nodes);
  memory.u64(head, 1n);
  assert.deepEqual([...hlistBlEntries(memory.program(), head, 'names')], []);
});

test('an llist ends at NULL; one that turns back says so', () => {
  const memory = new KernelMemory();
  const [head, a, b] = [memory.alloc(8), memory.alloc(8), memory.alloc(8)];
  memory.u64(head, a);
  memory.u64(a, b);
  assert.deepEqual([...llistEntries(memory.program(), head, 'work')], [a, b]);
  memory.u64(b, a);
  assert.throws(() => [...llistEntries(memory.program(), head, 'work')], /runs into itself, after 2 entries/);
});

test('a plist tells priorities, and where they are out of order', () => {
  const memory = new KernelMemory();
  memory.type('plist_head', 16, { node_list: 0 });
  memory.type('plist_node', 40, { prio: [0, 4], prio_list: 8, node_list: 24 });
  const head = memory.alloc(16);
  const nodes = [5, 20, 10].map((priority) => {
    const node = memory.alloc(40);
    memory.u32(node, priority);
    return node;
  });
  memory.circle(head, ...nodes.map((n) => n + 24n));
  const walk = plistEntries(memory.program(), head, 'waiters');
  assert.deepEqual(
    walk.entries.map((e) => e.priority),
    [5, 20, 10],
  );
  assert.deepEqual(walk.damage, ['waiters: priority 10 stands behind 20']);
});

test('a klist marks nodes that are being removed, and those of another list', () => {
  const memory = new KernelMemory();
  memory.type('klist', 40, { k_lock: 0, k_list: 8 });
  memory.type('klist_node', 32, { n_klist: 0, n_node: 8 });
  const list = memory.alloc(40);
  const nodes = [list, list | 1n, list + 0x100n].map((owner) => {
    const node = memory.alloc(32);
    memory.u64(node, owner);
    return node;
  });
  memory.circle(list + 8n, ...nodes.map((n) => n + 8n));
  const walk = klistEntries(memory.program(), list, 'devices');
  assert.deepEqual(walk.entries, [
    { node: nodes[0], dead: false },
    { node: nodes[1], dead: true },
    { node: nodes[2], dead: false },
  ]);
  assert.match(walk.damage[0] as string, /belongs to the list 0x/);
});

test('a per-CPU list is read for each CPU', () => {
  const memory = new KernelMemory();
  const areas = memory.cpus(2);
  const entry = memory.alloc(16);
  memory.circle((areas[0] as bigint) + 0x40n, entry);
  memory.circle((areas[1] as bigint) + 0x40n);
  const lists = percpuLists(memory.program(), 0x40n, 'queue');
  assert.deepEqual(
    lists.map((l) => [l.cpu, l.entries]),
    [
      [0, [entry]],
      [1, []],
    ],
  );
});

test('a chain as the user describes it ends at NULL, at its end, or where it was before', () => {
  const memory = new KernelMemory();
  const nodes = Array.from({ length: 6 }, () => memory.alloc(32));
  nodes.forEach((at, i) => {
    memory.u64(at + 8n, nodes[i + 1] ?? 0n);
  });
  const start = nodes[0] as bigint;
  const shape = { start, startLink: 8, link: 8, startIsEntry: true, ends: [] };
  const prog = memory.program();
  assert.deepEqual(linkedList(prog, shape), { nodes, damage: undefined });
  assert.deepEqual(linkedList(prog, { ...shape, ends: [nodes[3] as bigint] }).nodes, nodes.slice(0, 3));
  memory.u64((nodes[5] as bigint) + 8n, nodes[2] as bigint);
  const looped = linkedList(prog, shape);
  assert.deepEqual(looped.nodes, nodes);
  assert.match(looped.damage as string, /runs into itself/);
  const brent = linkedList(prog, { ...shape, brent: true });
  assert.match(brent.damage as string, new RegExp(`loop of 4 entries from 0x${(nodes[2] as bigint).toString(16)}`));
  memory.u64((nodes[2] as bigint) + 8n, 0x1234n);
  assert.match(linkedList(prog, shape).damage as string, /entry 0x1234: its link at 0x123c is/);
});
