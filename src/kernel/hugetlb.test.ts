import assert from 'node:assert/strict';
import { test } from 'node:test';
import { KernelMemory } from '../../test/build/kernel-memory.ts';
import { NotFoundError } from '../base/errors.ts';
import { hugePageSizes } from './hugetlb.ts';

test('pools of huge pages; a kernel without them has a type without members', () => {
  const memory = new KernelMemory();
  memory.type('hstate', 64, { order: [0, 4], nr_huge_pages: 8, free_huge_pages: 16, name: 24 });
  const table = memory.symbol('hstates', memory.alloc(128));
  memory.u32(memory.symbol('hugetlb_max_hstate', memory.alloc(4)), 1);
  memory.u32(table, 9);
  memory.u64(table + 8n, 5n);
  memory.u64(table + 16n, 3n);
  memory.text(table + 24n, 'hugepages-2048kB');
  const [pool] = hugePageSizes(memory.program());
  assert.deepEqual([pool?.name, pool?.bytes, pool?.total, pool?.free], ['hugepages-2048kB', 2 ** 21, 5, 3]);

  const without = new KernelMemory();
  without.type('hstate', 0, {});
  assert.deepEqual(hugePageSizes(without.program()), []);
  assert.deepEqual(hugePageSizes(new KernelMemory().program()), []);

  const stripped = new KernelMemory();
  stripped.type('hstate', 64, { order: [0, 4] });
  assert.throws(() => hugePageSizes(stripped.program()), NotFoundError, 'they are there, but where is not known');
});

test('where the number of sizes is not known, their names tell', () => {
  const memory = new KernelMemory();
  memory.type('hstate', 64, { order: [0, 4], nr_huge_pages: 8, free_huge_pages: 16, name: 24 });
  const table = memory.symbol('hstates', memory.alloc(256));
  memory.text(table + 24n, 'hugepages-2048kB');
  memory.text(table + 64n + 24n, 'hugepages-1048576kB');
  memory.text(table + 128n + 24n, 'something');
  assert.deepEqual(
    hugePageSizes(memory.program()).map((s) => s.name),
    ['hugepages-2048kB', 'hugepages-1048576kB'],
  );
});
