import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SparseMemory } from '../../test/build/sparse-memory.ts';
import { lostWalker, type PagingFormat, walkSteps } from './page-walk.ts';

/** Two levels of four entries: bit 0 present, bit 1 a huge page, the rest the address. */
const tiny: PagingFormat = {
  levels: [
    { shift: 14, bits: 2 },
    { shift: 12, bits: 2 },
  ],
  next: (lo, hi) => (lo & 1 ? hi * 2 ** 32 + (lo & ~0xfff) : -1),
  isLeaf: (lo) => (lo & 2) !== 0,
};

function walk(at: bigint) {
  const memory = new SparseMemory();
  memory.fill(0x1000, 0x2000);
  memory.writeU64(0x1000 + 8, 0x2001n); // entry 1: a table
  memory.writeU64(0x1000 + 16, 0x70003n); // entry 2: a huge page
  memory.writeU64(0x1000 + 24, 0x9001n); // entry 3: a table that is not there
  memory.writeU64(0x2000 + 16, 0x5001n);
  return walkSteps(memory, tiny, 0x1000, at);
}

test('every entry on the way to a page', () => {
  assert.deepEqual(walk(0x6123n), {
    steps: [
      { level: 0, at: 0x1008, entry: 0x2001n },
      { level: 1, at: 0x2010, entry: 0x5001n },
    ],
    end: { phys: 0x5123, size: 0xedd },
  });
});

test('a walk ends early at a huge page, at an empty entry and at a table that is missing', () => {
  assert.deepEqual(walk(0x8010n), {
    steps: [{ level: 0, at: 0x1010, entry: 0x70003n }],
    end: { phys: 0x70010, size: 0x3ff0 },
  });
  assert.deepEqual(walk(0x10n), { steps: [{ level: 0, at: 0x1000, entry: 0n }], end: 'unmapped' });
  const missing = walk(0xc000n);
  assert.equal(missing.steps.length, 1);
  assert.notEqual(missing.end, 'unmapped');
});

test('tables of zeros are lost as tables that are missing are; an empty entry among others is not', () => {
  const memory = new SparseMemory();
  memory.fill(0x1000, 0x3000);
  memory.writeU64(0x1000 + 8, 0x2001n); // entry 1: a table
  memory.writeU64(0x2000 + 16, 0x5001n);
  memory.writeU64(0x1000 + 16, 0x3001n); // entry 2: a table of zeros
  assert.equal(lostWalker(memory, tiny, 0x1000, 0x6000n), undefined);
  assert.equal(lostWalker(memory, tiny, 0x1000, 0x4000n), undefined);
  const walk = lostWalker(memory, tiny, 0x1000, 0x8000n);
  assert.equal(walk?.(0x8000n), 'corrupt');
  assert.deepEqual(walk?.(0x6000n), { phys: 0x5000, size: 0x1000 });
});
