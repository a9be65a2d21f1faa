import assert from 'node:assert/strict';
import { test } from 'node:test';
import { KernelMemory } from '../../test/build/kernel-memory.ts';
import { CorruptError } from '../base/errors.ts';
import { hlistEntries } from './hlist.ts';
import { listEntries } from './list.ts';
import { rbtreeEntries } from './rbtree.ts';

/** Everything that a walk yields, and the message with which it ended. */
function drain(walk: Iterable<bigint>): { got: bigint[]; error: string } {
  const got: bigint[] = [];
  try {
    for (const at of walk) got.push(at);
  } catch (e) {
    assert.ok(e instanceof CorruptError, String(e));
    return { got, error: e.message };
  }
  return { got, error: '' };
}

function circle(count: number): { memory: KernelMemory; head: bigint; nodes: bigint[] } {
  const memory = new KernelMemory();
  const head = memory.alloc(16);
  const nodes = Array.from({ length: count }, () => memory.allocPage());
  memory.circle(head, ...nodes);
  return { memory, head, nodes };
}

test('a sound list yields its nodes without the head', () => {
  const { memory, head, nodes } = circle(5);
  assert.deepEqual(drain(listEntries(memory.program(), head, 'things')), { got: nodes, error: '' });
  const empty = circle(0);
  assert.deepEqual(drain(listEntries(empty.memory.program(), empty.head, 'things')).got, []);
});

test('a broken list yields what is good, then says where it broke', () => {
  const poison = circle(5);
  poison.memory.u64(poison.nodes[2] as bigint, 0x6b6b6b6b6b6b6b6bn);
  const poisoned = drain(listEntries(poison.memory.program(), poison.head, 'things'));
  assert.deepEqual(poisoned.got, poison.nodes.slice(0, 3));
  assert.match(poisoned.error, /things: next is 0x6b6b6b6b6b6b6b6b, after 3 entries/);

  const loop = circle(5);
  loop.memory.u64(loop.nodes[4] as bigint, loop.nodes[1] as bigint);
  const looped = drain(listEntries(loop.memory.program(), loop.head, 'things'));
  assert.deepEqual(looped.got, loop.nodes);
  assert.match(looped.error, /things: the list runs into itself, after 5 entries/);

  const gone = circle(3);
  gone.memory.drop(gone.nodes[1] as bigint);
  const lost = drain(listEntries(gone.memory.program(), gone.head, 'things'));
  assert.deepEqual(lost.got, gone.nodes.slice(0, 1));
  assert.match(lost.error, /things: address 0x[0-9a-f]+ is (?:not mapped|excluded .*), after 1 entry/);

  const long = circle(9);
  assert.match(drain(listEntries(long.memory.program(), long.head, 'things', 4)).error, /no end, after 4 entries/);
});

test('an hlist ends at NULL', () => {
  const memory = new KernelMemory();
  const nodes = [0, 1, 2].map(() => memory.alloc(16));
  const head = memory.alloc(8);
  [head, ...nodes].forEach((at, i) => {
    memory.u64(at, nodes[i] ?? 0n);
  });
  assert.deepEqual(drain(hlistEntries(memory.program(), head, 'chain')), { got: nodes, error: '' });
});

/** A tree of seven nodes, numbered in order; each on a page of its own. */
function tree(): { memory: KernelMemory; root: bigint; nodes: bigint[] } {
  const memory = new KernelMemory();
  memory.type('rb_node', 24, { __rb_parent_color: 0, rb_right: 8, rb_left: 16 });
  const nodes = Array.from({ length: 7 }, () => memory.allocPage());
  const link = (parent: number, left: number, right: number): void => {
    memory.u64((nodes[parent] as bigint) + 8n, nodes[right] as bigint);
    memory.u64((nodes[parent] as bigint) + 16n, nodes[left] as bigint);
  };
  link(3, 1, 5);
  link(1, 0, 2);
  link(5, 4, 6);
  const root = memory.alloc(8);
  memory.u64(root, nodes[3] as bigint);
  return { memory, root, nodes };
}

test('a red-black tree is walked in order', () => {
  const { memory, root, nodes } = tree();
  assert.deepEqual(drain(rbtreeEntries(memory.program(), root, 'tree')), { got: nodes, error: '' });
});

test('a lost or looping subtree does not hide the rest of the tree', () => {
  const gone = tree();
  gone.memory.drop(gone.nodes[1] as bigint);
  const lost = drain(rbtreeEntries(gone.memory.program(), gone.root, 'tree'));
  assert.deepEqual(lost.got, gone.nodes.slice(3));
  assert.match(lost.error, /tree: tree node: (?:not mapped|excluded)/);

  const loop = tree();
  loop.memory.u64((loop.nodes[2] as bigint) + 8n, loop.nodes[3] as bigint);
  const looped = drain(rbtreeEntries(loop.memory.program(), loop.root, 'tree'));
  assert.deepEqual(looped.got, loop.nodes);
  assert.match(looped.error, /the tree runs into itself/);
});
