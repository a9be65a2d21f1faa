import assert from 'node:assert/strict';
import { test } from 'node:test';
import { S390TableWriter } from '../../../test/build/s390-table-writer.ts';
import { SparseMemory } from '../../../test/build/sparse-memory.ts';
import { firstMapped, pageWalker, walkSteps } from '../../memory/page-walk.ts';
import { s390Tables } from './page-tables.ts';
import { formatAt, s390Paging } from './paging.ts';

const ROOT = 0x100000;
const PAGES: readonly (readonly [type: 0 | 1 | 2 | 3, virt: bigint, phys: number])[] = [
  [0, 0x7ffff000n, 0x5000],
  [1, 0n, 0],
  [1, 0x37fffd03000n, 0x1234567000],
  [1, 0x3ffffffff000n, 0x7000],
  [2, 0x3ff7fe54000n, 0x9000],
  [2, 0x1f_ffff_ffff_f000n, 0x8000],
  [3, 0xffff_ffff_ffff_f000n, 0xa000],
];

for (const type of [0, 1, 2, 3] as const) {
  test(`a root of type ${type}: pages, and what lies between them`, () => {
    const memory = new SparseMemory();
    const writer = new S390TableWriter(memory, type, ROOT);
    const own = PAGES.filter(([t]) => t === type);
    for (const [, virt, phys] of own) writer.map(virt, phys);
    const format = formatAt(memory, ROOT);
    assert.equal(format?.levels.length, type + 2);
    assert.equal(format?.levels[0]?.shift, 20 + 11 * type);
    const walk = pageWalker(memory, format ?? s390Paging(type), ROOT);
    for (const [, virt, phys] of own) {
      assert.deepEqual(walk(virt), { phys, size: 4096 });
      assert.deepEqual(walk(virt + 0xabcn), { phys: phys + 0xabc, size: 4096 - 0xabc });
      assert.equal(walk(virt ^ 0x1000n), 'unmapped');
    }
    const first = own[0];
    assert.equal(firstMapped(memory, s390Paging(type), ROOT, 0n, 1n << 64n)?.at, first?.[1]);
  });
}

test('large segments and regions; a page table begins in the middle of a page', () => {
  const memory = new SparseMemory();
  const writer = new S390TableWriter(memory, 1, ROOT);
  writer.mapBig(0x40000000n, 0x12300000, 0);
  writer.mapBig(0x80000000n, 0x100000000, 1);
  writer.map(0x100000n, 0x6000);
  writer.map(0x200000n, 0x7000);
  const walk = pageWalker(memory, s390Paging(1), ROOT);
  assert.deepEqual(walk(0x40012345n), { phys: 0x12312345, size: 0x100000 - 0x12345 });
  assert.deepEqual(walk(0x80000000n + 0x7fff0000n), { phys: 0x17fff0000, size: 0x10000 });
  assert.deepEqual(walk(0x100000n), { phys: 0x6000, size: 4096 });
  assert.deepEqual(walk(0x200000n), { phys: 0x7000, size: 4096 });
});

test('an entry of another type than its table is none, and an invalid page may be there all the same', () => {
  const memory = new SparseMemory();
  const writer = new S390TableWriter(memory, 1, ROOT);
  const pte = writer.entry(0x5000n, -1);
  const walk = pageWalker(memory, s390Paging(1), ROOT);
  writer.put(pte, 0xb000n | 0x611n); // invalid and protected, but Linux keeps it: not used lately
  assert.deepEqual(walk(0x5000n), { phys: 0xb000, size: 4096 });
  writer.put(pte, (0x1234n << 12n) | 0x600n | (3n << 2n)); // swapped out
  assert.equal(walk(0x5000n), 'unmapped');
  const region = writer.entry(0x5000n, 1);
  writer.put(region, writer.get(region) ^ 0xcn);
  assert.equal(walk(0x5000n), 'unmapped');
});

test('names of levels and flags; swap entries', () => {
  const memory = new SparseMemory();
  const kernel = new S390TableWriter(memory, 2, ROOT);
  const user = new S390TableWriter(memory, 1, 0x200000);
  user.map(0x1000000n, 0x41000, 0x215n);
  const tables = s390Tables(memory, s390Paging(2));
  assert.deepEqual(tables.levelNames, ['PGD', 'PUD', 'PMD', 'PTE']);
  assert.equal(tables.tablesAt?.(kernel.root)?.format.levels.length, 4);
  const own = tables.tablesAt?.(user.root);
  assert.deepEqual(own?.levelNames, ['PGD', 'PMD', 'PTE']);
  const { steps, end } = walkSteps(memory, own?.format ?? tables.format, user.root, 0x1000000n);
  assert.deepEqual(end, { phys: 0x41000, size: 4096 });
  assert.equal(steps[2]?.entry, 0x41215n);
  assert.deepEqual(tables.flagNames(0x41215n), ['PRESENT', 'YOUNG', 'READ', 'PROTECT']);
  assert.equal(tables.address(0x41215n), 0x41000);
  assert.deepEqual(tables.swap((0x1234n << 12n) | 0x600n | (3n << 2n)), { type: 3, offset: 0x1234n });
  assert.equal(tables.swap(0x41215n), undefined);
  assert.equal(tables.swap(0x400n), undefined);
});
