import assert from 'node:assert/strict';
import { test } from 'node:test';
import { arrayType, u64Type } from '../../test/build/c-types.ts';
import { KernelMemory } from '../../test/build/kernel-memory.ts';
import { idrEntries, xarrayEntries } from './idr-xarray.ts';

const slots = arrayType(u64Type, 64);

function xarray(): KernelMemory {
  const memory = new KernelMemory();
  memory.type('xa_node', 520, { shift: [0, 1], slots: [8, slots] });
  memory.type('idr', 24, { 'idr_rt.xa_head': 8 });
  memory.type('xarray', 16, { xa_head: 8 });
  return memory;
}

function node(memory: KernelMemory, shift: number, entries: Readonly<Record<number, bigint>>): bigint {
  const at = memory.allocPage();
  memory.u8(at, shift);
  for (const [slot, value] of Object.entries(entries)) memory.u64(at + 8n + BigInt(slot) * 8n, value);
  return at;
}

test('an empty index and one with a single entry at 0', () => {
  const memory = xarray();
  const idr = memory.alloc(24);
  assert.deepEqual(idrEntries(memory.program(), idr), { pointers: [], damage: [] });
  const object = memory.alloc(64);
  memory.u64(idr + 8n, object);
  assert.deepEqual(idrEntries(memory.program(), idr).pointers, [object]);
  assert.deepEqual(xarrayEntries(memory.program(), idr).pointers, [object]);
});

test('three levels, with values and reserved entries between the pointers', () => {
  const memory = xarray();
  const objects = Array.from({ length: 4 }, () => memory.alloc(64));
  const [a, b, c, d] = objects as [bigint, bigint, bigint, bigint];
  const leaf = node(memory, 0, { 0: a, 5: 0x406n, 6: 0x15n, 63: b });
  const other = node(memory, 0, { 1: c });
  const middle = node(memory, 6, { 0: leaf + 2n, 3: other + 2n });
  const top = node(memory, 12, { 0: middle + 2n, 1: node(memory, 6, { 0: node(memory, 0, { 7: d }) + 2n }) + 2n });
  const idr = memory.alloc(24);
  memory.u64(idr + 8n, top + 2n);
  assert.deepEqual(idrEntries(memory.program(), idr), { pointers: objects, damage: [] });
});

test('the radix tree of 4.19, whose marks are different', () => {
  const memory = new KernelMemory();
  memory.type('radix_tree_node', 520, { shift: [0, 1], slots: [8, slots] });
  memory.type('idr', 24, { 'idr_rt.rnode': 8 });
  const objects = [memory.alloc(64), memory.alloc(64)];
  const leaf = node(memory, 0, { 2: objects[0] as bigint, 9: objects[1] as bigint, 11: 6n });
  const idr = memory.alloc(24);
  memory.u64(idr + 8n, node(memory, 6, { 0: leaf + 1n }) + 1n);
  assert.deepEqual(idrEntries(memory.program(), idr).pointers, objects);
});

test('damaged nodes cost their own entries only', () => {
  const memory = xarray();
  const object = memory.alloc(64);
  const loop = memory.allocPage();
  memory.u8(loop, 6);
  memory.u64(loop + 8n, loop + 2n);
  const lost = node(memory, 0, { 0: memory.alloc(64) });
  const top = node(memory, 12, {
    0: loop + 2n,
    1: lost + 2n,
    2: 0x4141414141414140n,
    3: 0x6b6b6b6b6b6b6b6an,
    4: node(memory, 6, { 0: node(memory, 0, { 0: object }) + 2n }) + 2n,
    5: node(memory, 77, {}) + 2n,
  });
  memory.drop(lost);
  const idr = memory.alloc(24);
  memory.u64(idr + 8n, top + 2n);
  const { pointers, damage } = idrEntries(memory.program(), idr);
  assert.deepEqual(pointers, [object]);
  assert.deepEqual(
    damage.map((why) => why.replace(/^node 0x[0-9a-f]+: /, '').replace(/^excluded .*/, 'not mapped')),
    [
      'reached twice',
      'not mapped',
      'slot holds 0x4141414141414140, no kernel pointer',
      'no kernel pointer',
      'shift 77 below a node of 12',
    ],
  );
});
