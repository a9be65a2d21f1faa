import assert from 'node:assert/strict';
import { test } from 'node:test';
import { KernelMemory } from '../../test/build/kernel-memory.ts';
import { TestKernel } from '../../test/build/test-program.ts';
import { mayBePerCpu } from './percpu-memory.ts';

test('per-CPU data lies in memory that the page allocator never had', () => {
  const memory = new KernelMemory();
  const at = memory.allocPage();
  assert.equal(mayBePerCpu(memory.program(), at), true, 'nothing is known of pages');
  assert.equal(mayBePerCpu(memory.program(), 0xffffc90000000000n), false, 'not mapped');
  memory.type('page', 64, { flags: 0, compound_head: 8, mapping: 24, index: 32, _refcount: [52, 4] });
  memory.enumeration('pageflags', 'PG_locked', 'PG_reserved');
  const map = memory.alloc(64 * 4096, 4096);
  memory.kernel.vmemmap = map;
  const page = map + BigInt(memory.physical(at) / 4096) * 64n;
  memory.kernel.fill(page, 64);
  assert.equal(mayBePerCpu(memory.program(), at), false, 'a page like others');
  memory.u64(page, 2n);
  assert.equal(mayBePerCpu(memory.program(), at), true);
  assert.equal(TestKernel.BASE, at - BigInt(memory.physical(at)));
});
