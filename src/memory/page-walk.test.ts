import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SparseMemory } from '../../test/build/sparse-memory.ts';
import { firstMapped, type PagingFormat, pageWalker } from './page-walk.ts';

/** Two levels of four entries: bit 0 present, bit 1 a huge page, the rest the address. */
const tiny: PagingFormat = {
  levels: [
    { shift: 14, bits: 2 },
    { shift: 12, bits: 2 },
  ],
  next: (lo, hi) => (lo & 1 ? hi * 2 ** 32 + (lo & ~0xfff) : -1),
  isLeaf: (lo) => (lo & 2) !== 0,
};

function tables(): SparseMemory {
  const memory = new SparseMemory();
  memory.fill(0x1000, 0x2000);
  memory.writeU64(0x1000 + 8, 0x2001n); // entry 1: a table
  memory.writeU64(0x1000 + 16, 0x7_0000_0003n); // entry 2: a huge page above 4 GiB
  memory.writeU64(0x1000 + 24, 0x9001n); // entry 3: a table that is not there
  memory.writeU64(0x2000 + 16, 0x5001n);
  return memory;
}

test('pages, huge pages and holes', () => {
  const walk = pageWalker(tables(), tiny, 0x1000);
  assert.deepEqual(walk(0x6123n), { phys: 0x5123, size: 0xedd });
  assert.deepEqual(walk(0x8000n), { phys: 0x700000000, size: 0x4000 });
  assert.deepEqual(walk(0xbfffn), { phys: 0x700003fff, size: 1 });
  assert.equal(walk(0x0n), 'unmapped');
  assert.equal(walk(0x7000n), 'unmapped');
  assert.equal(walk(0xc000n), 'excluded', 'a table page that the dump left out');
  assert.equal(walk(0x4000n), 'unmapped');
});

test('the bits above the levels are not looked at', () => {
  const walk = pageWalker(tables(), tiny, 0x1000);
  assert.deepEqual(walk(0xffff000000006123n), { phys: 0x5123, size: 0xedd });
});

test('the first mapped address of a range', () => {
  const memory = tables();
  assert.deepEqual(firstMapped(memory, tiny, 0x1000, 0n, 0x10000n), { at: 0x6000n, phys: 0x5000, size: 0x1000 });
  assert.deepEqual(firstMapped(memory, tiny, 0x1000, 0x7000n, 0x10000n), {
    at: 0x8000n,
    phys: 0x700000000,
    size: 0x4000,
  });
  assert.equal(firstMapped(memory, tiny, 0x1000, 0n, 0x6000n), undefined, 'the end is not part of the range');
  assert.equal(firstMapped(memory, tiny, 0x1000, 0xc000n, 0x10000n), undefined, 'a missing table counts as empty');
});

test('tables that point at themselves end every walk', () => {
  const memory = new SparseMemory();
  memory.fill(0x1000, 0x1000);
  const deep: PagingFormat = {
    levels: [48, 39, 30, 21, 12].map((shift) => ({ shift, bits: 9 })),
    next: (lo) => (lo & 1 ? lo & ~0xfff : -1),
    isLeaf: () => false,
  };
  for (let i = 0; i < 512; i++) memory.writeU64(0x1000 + i * 8, 0x1001n);
  assert.deepEqual(pageWalker(memory, deep, 0x1000)(0x123n), { phys: 0x1123, size: 0xedd });
  const loop: PagingFormat = { ...deep, next: (lo, _hi, level) => (level === 4 ? -1 : lo & ~0xfff) };
  assert.equal(firstMapped(memory, loop, 0x1000, 0n, 1n << 57n), undefined);
});
