import assert from 'node:assert/strict';
import { test } from 'node:test';
import { u64Type } from '../../test/build/c-types.ts';
import { KernelMemory } from '../../test/build/kernel-memory.ts';
import { pageUse, pageUseAt } from './page-use.ts';

const FRAMES = 32;
const BUDDY = 0xffffff7f;
const NO_TYPE = 0xffffffff;

/** A kernel whose page descriptors say what the test wants; page_type lies at 48, as since Linux 4.18. */
function pages() {
  const memory = new KernelMemory();
  memory.type('page', 64, {
    ...{ compound_head: 8, mapping: 16, index: 24, private: [40, u64Type], page_type: [48, 4], _refcount: [52, 4] },
  });
  memory.type('address_space', 64, { host: 0 });
  memory.enumeration('pageflags', 'PG_locked', 'PG_slab');
  const map = memory.alloc(FRAMES * 64, 4096);
  memory.kernel.vmemmap = map;
  memory.alloc(FRAMES * 4096, 4096);
  const set = (
    frame: number,
    page: { flags?: bigint; mapping?: bigint; type?: number; count?: number; order?: bigint; head?: number },
  ) => {
    const at = map + BigInt(frame * 64);
    memory.u64(at, page.flags ?? 0n);
    memory.u64(at + 8n, page.head === undefined ? 0n : map + BigInt(page.head * 64) + 1n);
    memory.u64(at + 16n, page.mapping ?? 0n);
    memory.u64(at + 40n, page.order ?? 0n);
    memory.u32(at + 48n, page.type ?? NO_TYPE);
    memory.u32(at + 52n, page.count ?? 1);
  };
  for (let i = 0; i < FRAMES; i++) set(i, {});
  const kind = (frame: number) => pageUse(memory.program(), frame)?.kind;
  return { memory, map, set, kind };
}

test('slabs, tails of slabs, and other pages in use', () => {
  const { set, kind } = pages();
  set(4, { flags: 2n });
  set(5, { head: 4, count: 0 });
  assert.equal(kind(4), 'slab');
  assert.equal(kind(5), 'slab');
  assert.equal(kind(6), 'other');
});

test('a page inside of a free block is free; one behind it is not', () => {
  const { memory, set, kind } = pages();
  for (let i = 8; i < 16; i++) set(i, { count: 0 });
  set(8, { count: 0, type: BUDDY, order: 2n });
  assert.equal(kind(8), 'buddy');
  const use = pageUse(memory.program(), 11);
  assert.equal(use?.kind, 'buddy');
  assert.deepEqual([use?.block?.first.frame, use?.block?.order], [8, 2]);
  assert.equal(kind(12), 'unused');
});

test('an order that cannot be is no block', () => {
  const { set, kind } = pages();
  set(8, { count: 0, type: BUDDY, order: 1n << 40n });
  assert.equal(kind(8), 'unused');
});

test('anonymous memory and cached files', () => {
  const { memory, set } = pages();
  const mapping = memory.alloc(64);
  const inode = memory.alloc(64);
  memory.u64(mapping, inode);
  set(3, { mapping });
  set(4, { mapping: mapping + 1n });
  const prog = memory.program();
  assert.deepEqual([pageUse(prog, 3)?.kind, pageUse(prog, 3)?.inode], ['file', inode]);
  assert.deepEqual([pageUse(prog, 4)?.kind, pageUse(prog, 4)?.owner], ['anonymous', mapping]);
});

test('page tables, where the types name them', () => {
  const { memory, set, kind } = pages();
  memory.enumeration('pagetype', ...Array.from({ length: 5 }, (_, i) => `PGTY_${['a', 'b', 'table', 'c', 'd'][i]}`));
  set(7, { type: 2 << 24 });
  assert.equal(kind(7), 'table');
});

test('frames without a descriptor', () => {
  const { memory } = pages();
  assert.equal(pageUse(memory.program(), 10_000), undefined);
  assert.equal(pageUseAt(memory.program(), 0x1234n), undefined);
});
