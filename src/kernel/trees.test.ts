import assert from 'node:assert/strict';
import { test } from 'node:test';
import { arrayType, structType, u64Type } from '../../test/build/c-types.ts';
import { KernelMemory } from '../../test/build/kernel-memory.ts';
import { mapleEntries } from './maple-tree.ts';
import { radixTreeItems } from './radix-tree.ts';
import { rbtreeCachedEntries, rbtreeNodes } from './rbtree.ts';
import { sbitmap, sbitmapSetBits } from './sbitmap.ts';
import { xarrayItems } from './xarray.ts';

function redBlack(): { memory: KernelMemory; root: bigint; nodes: bigint[] } {
  const memory = new KernelMemory();
  memory.type('rb_node', 24, { __rb_parent_color: 0, rb_right: 8, rb_left: 16 });
  memory.type('rb_root_cached', 16, { rb_root: 0, rb_leftmost: 8 });
  const nodes = Array.from({ length: 7 }, () => memory.allocPage());
  const at = (i: number): bigint => nodes[i] as bigint;
  for (const [parent, left, right] of [
    [3, 1, 5],
    [1, 0, 2],
    [5, 4, 6],
  ] as const) {
    memory.u64(at(parent) + 8n, at(right));
    memory.u64(at(parent) + 16n, at(left));
    memory.u64(at(left), at(parent) | 1n);
    memory.u64(at(right), at(parent));
  }
  const root = memory.alloc(16);
  memory.u64(root, at(3));
  memory.u64(root + 8n, at(0));
  return { memory, root, nodes };
}

test('red-black trees are walked from the top or sorted, each node with its way', () => {
  const { memory, nodes } = redBlack();
  const top = nodes[3] as bigint;
  const pre = rbtreeNodes(memory.program(), top, 'tree', 'pre-order');
  assert.deepEqual(
    pre.nodes.map((n) => [nodes.indexOf(n.address), n.path]),
    [
      [3, ''],
      [1, 'l'],
      [0, 'll'],
      [2, 'lr'],
      [5, 'r'],
      [4, 'rl'],
      [6, 'rr'],
    ],
  );
  const sorted = rbtreeNodes(memory.program(), top, 'tree', 'in-order').nodes.map((n) => n.address);
  assert.deepEqual(sorted, nodes);
});

test('a cached tree is also walked from its leftmost node where the root does not reach', () => {
  const { memory, root, nodes } = redBlack();
  const prog = memory.program();
  assert.deepEqual(
    rbtreeCachedEntries(prog, root, 'tree').nodes.map((n) => n.address),
    nodes,
  );
  memory.u64((nodes[3] as bigint) + 16n, 0x1234n);
  const walk = rbtreeCachedEntries(prog, root, 'tree');
  assert.equal(walk.damage.length, 1);
  assert.deepEqual(
    walk.nodes.map((n) => n.address),
    nodes,
  );
});

function index(shift: number): KernelMemory {
  const memory = new KernelMemory();
  memory.type('xarray', 16, { xa_head: 8 });
  memory.type('xa_node', 32 + 64 * 8, { shift: [0, 1], slots: [32, arrayType(u64Type, 64)] });
  assert.ok(shift >= 0);
  return memory;
}

test('an XArray gives indices, values and places; what is broken does not hide the rest', () => {
  const memory = index(6);
  const [array, top, low, lost, item] = [memory.alloc(16), ...[0, 0, 0, 0].map(() => memory.allocPage())] as bigint[];
  memory.u64((array as bigint) + 8n, (top as bigint) | 2n);
  memory.u8(top as bigint, 6);
  memory.u64((top as bigint) + 32n + 8n, (low as bigint) | 2n);
  memory.u64((top as bigint) + 32n + 16n, (lost as bigint) | 2n);
  memory.u64((low as bigint) + 32n + 3n * 8n, item as bigint);
  memory.u64((low as bigint) + 32n + 5n * 8n, 0x123n);
  memory.u64((low as bigint) + 32n + 6n * 8n, (3n << 2n) | 2n); // a sibling of a wide entry
  memory.drop(lost as bigint);
  const walk = xarrayItems(memory.program(), array as bigint);
  assert.deepEqual(walk.entries, [
    { index: 67n, value: item, kind: 'pointer', path: [1, 3] },
    { index: 69n, value: 0x123n, kind: 'value', path: [1, 5] },
  ]);
  assert.equal(walk.damage.length, 1);
  memory.u64((low as bigint) + 32n, (top as bigint) | 2n);
  assert.match(xarrayItems(memory.program(), array as bigint).damage[0] as string, /reached twice/);
});

test('the radix tree of 4.19 marks nodes with 01', () => {
  const memory = new KernelMemory();
  memory.type('radix_tree_root', 16, { rnode: 8 });
  memory.type('radix_tree_node', 32 + 64 * 8, { shift: [0, 1], slots: [32, arrayType(u64Type, 64)] });
  const [root, node, item] = [memory.alloc(16), memory.allocPage(), memory.allocPage()];
  memory.u64(root + 8n, node | 1n);
  memory.u64(node + 32n + 16n, item);
  assert.deepEqual(radixTreeItems(memory.program(), root).entries, [
    { index: 2n, value: item, kind: 'pointer', path: [2] },
  ]);
  memory.u64(root + 8n, item);
  assert.deepEqual(radixTreeItems(memory.program(), root).entries, [
    { index: 0n, value: item, kind: 'pointer', path: [] },
  ]);
});

function maple(): KernelMemory {
  const memory = new KernelMemory();
  const words = (n: number) => arrayType(u64Type, n);
  memory.type('maple_tree', 16, { ma_flags: [0, 4], ma_root: 8 });
  memory.type('maple_node', 256, {
    ...{ parent: 0, slot: [8, words(31)], 'mr64.pivot': [8, words(15)], 'mr64.slot': [128, words(16)] },
    ...{
      'ma64.pivot': [8, words(9)],
      'ma64.slot': [80, words(10)],
      'ma64.gap': [160, words(10)],
      'ma64.meta': [240, 2],
    },
  });
  const names = ['maple_dense', 'maple_leaf_64', 'maple_range_64', 'maple_arange_64'];
  memory.kernel.type({
    ...structType('maple_type', 4, {}),
    kind: 'enum',
    enumerators: names.map((name, i) => ({ name, value: BigInt(i) })),
  });
  return memory;
}

const mark = (node: bigint, type: number): bigint => node | BigInt(type << 3) | 2n;

test('a maple tree gives ranges, through all kinds of nodes', () => {
  const memory = maple();
  const [tree, top, leaf, dense, a, b] = [
    memory.alloc(16),
    ...[256, 256, 256].map((size) => memory.alloc(size, 256)),
    ...[memory.alloc(64), memory.alloc(64)],
  ] as [bigint, bigint, bigint, bigint, bigint, bigint];
  memory.u64(tree + 8n, mark(top, 3));
  memory.u64(top, tree | 1n);
  memory.u64(top + 8n, 0xfffn);
  memory.u64(top + 16n, 0x100fn);
  memory.u64(top + 80n, mark(leaf, 1));
  memory.u64(top + 88n, mark(dense, 0));
  memory.u64(leaf + 8n, 0xffn);
  memory.u64(leaf + 16n, 0x1ffn);
  memory.u64(leaf + 136n, a);
  memory.u64(dense + 8n + 2n * 8n, b);
  const walk = mapleEntries(memory.program(), tree);
  assert.deepEqual(walk.entries, [
    { first: 0x100n, last: 0x1ffn, value: a, path: [0, 1] },
    { first: 0x1002n, last: 0x1002n, value: b, path: [1, 2] },
  ]);
  assert.deepEqual(
    walk.nodes.map((n) => n.type),
    ['maple_arange_64', 'maple_leaf_64', 'maple_dense'],
  );
  memory.u64(leaf + 16n, 0x5000n); // beyond its node
  const damaged = mapleEntries(memory.program(), tree);
  assert.match(damaged.damage[0] as string, /pivot 1 is 0x5000, outside of 0x100 to 0xfff/);
  assert.deepEqual(
    damaged.entries.map((e) => e.value),
    [b],
  );
  memory.u64(top + 80n, mark(top, 3));
  assert.match(mapleEntries(memory.program(), tree).damage[0] as string, /reached twice/);
  memory.u64(top + 80n, mark(leaf, 9));
  assert.match(mapleEntries(memory.program(), tree).damage[0] as string, /type 9 is unknown/);
  memory.u64(tree + 8n, a);
  assert.deepEqual(mapleEntries(memory.program(), tree).entries, [{ first: 0n, last: 0n, value: a, path: [] }]);
});

test('an sbitmap counts what is set and not given back, and refuses sizes that cannot be', () => {
  const memory = new KernelMemory();
  memory.type('sbitmap', 32, { depth: [0, 4], shift: [4, 4], map_nr: [8, 4], map: 16 });
  memory.type('sbitmap_word', 64, { word: 0, cleared: 8 });
  const [at, map] = [memory.alloc(32), memory.alloc(128)];
  memory.u32(at, 12);
  memory.u32(at + 4n, 3);
  memory.u32(at + 8n, 2);
  memory.u64(at + 16n, map);
  memory.u64(map, 0b1011n);
  memory.u64(map + 8n, 0b0010n);
  memory.u64(map + 64n, 0xfffn);
  const found = sbitmap(memory.program(), at);
  assert.deepEqual(sbitmapSetBits(found), [0, 3, 8, 9, 10, 11]);
  memory.u32(at + 8n, 1000);
  assert.throws(() => sbitmap(memory.program(), at), /1000 words of 8 bits for 12 bits/);
  memory.u32(at, 0xfffffff);
  assert.throws(() => sbitmap(memory.program(), at), /depth 268435455 exceeds/);
});
