import assert from 'node:assert/strict';
import { test } from 'node:test';
import { KernelMemory } from '../../test/build/kernel-memory.ts';
import { pageOwner } from './page-owner.ts';

const FRAMES = 256;
const EXTENSION = 80;
const OWNER = 16;

/** A kernel with one section of 1 MiB from frame 0 on, whose pages have extensions. */
function kernel(sizeSymbol: 'page_ext_size' | 'extra_mem') {
  const memory = new KernelMemory();
  memory.vmcoreinfo('NUMBER(SECTION_SIZE_BITS)=20');
  memory.type('page', 64, {});
  memory.type('mem_section', 32, { section_mem_map: 0, page_ext: 16 });
  memory.type('page_ext', 8, { flags: 0 });
  memory.type('page_ext_operations', 32, { offset: 0 });
  memory.type('page_owner', 64, {
    order: [0, 2],
    ...{ handle: [8, 4], free_handle: [12, 4], ts_nsec: 16, free_ts_nsec: 24, pid: [48, 4], free_pid: [56, 4] },
  });
  memory.enumeration('page_ext_flags', 'PAGE_EXT_OWNER', 'PAGE_EXT_OWNER_ALLOCATED');
  const sections = memory.symbol('mem_section', memory.allocPage());
  const extensions = memory.alloc(FRAMES * EXTENSION, 4096);
  memory.u64(sections, memory.alloc(FRAMES * 64, 4096) | 3n); // its page descriptors, and that it is there
  memory.u64(sections + 16n, extensions);
  const offset = memory.symbol('page_owner_ops', memory.alloc(32));
  memory.u64(offset, OWNER);
  const size = memory.symbol(sizeSymbol, memory.alloc(8));
  memory.u64(size, sizeSymbol === 'page_ext_size' ? EXTENSION : EXTENSION - 8);
  const at = (frame: number): bigint => extensions + BigInt(frame * EXTENSION);
  return { memory, sections, offset, at };
}

for (const symbol of ['page_ext_size', 'extra_mem'] as const) {
  test(`who allocated and who freed a page (${symbol})`, () => {
    const { memory, at } = kernel(symbol);
    memory.u64(at(7), 1n); // it has an owner, and is free
    const owner = at(7) + BigInt(OWNER);
    memory.u16(owner, 2);
    memory.u32(owner + 8n, 0x1001);
    memory.u32(owner + 12n, 0x2002);
    memory.u64(owner + 16n, 1_500_000_000n);
    memory.u64(owner + 24n, 2_500_000_000n);
    memory.u32(owner + 48n, 41);
    memory.u32(owner + 56n, 42);
    assert.deepEqual(pageOwner(memory.program(), 7), {
      allocated: false,
      order: 2,
      tracks: [
        { what: 'allocated', pid: 41, nanoseconds: 1_500_000_000n, stack: [] },
        { what: 'freed', pid: 42, nanoseconds: 2_500_000_000n, stack: [] },
      ],
    });
  });
}

test('a page that was never freed has one track', () => {
  const { memory, at } = kernel('page_ext_size');
  memory.u64(at(9), 3n);
  memory.u32(at(9) + BigInt(OWNER) + 8n, 0x1001);
  const found = pageOwner(memory.program(), 9);
  assert.equal(found?.allocated, true);
  assert.deepEqual(
    found?.tracks.map((t) => t.what),
    ['allocated'],
  );
});

test('nothing is told where the kernel keeps none', () => {
  const { memory, sections, offset, at } = kernel('page_ext_size');
  assert.equal(pageOwner(memory.program(), 7), undefined, 'a page without the flag');
  memory.u64(at(7), 1n);
  assert.notEqual(pageOwner(memory.program(), 7), undefined);
  assert.equal(pageOwner(memory.program(), FRAMES + 7), undefined, 'a frame outside of every section');
  memory.u64(sections + 16n, 0n);
  assert.equal(pageOwner(memory.program(), 7), undefined, 'a section without extensions');
  memory.u64(offset, 0n);
  assert.equal(pageOwner(memory.program(), 7), undefined, 'booted without page_owner=on');
  assert.equal(pageOwner(new KernelMemory().program(), 7), undefined);
});
