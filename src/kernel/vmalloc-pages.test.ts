import assert from 'node:assert/strict';
import { test } from 'node:test';
import { KernelMemory } from '../../test/build/kernel-memory.ts';
import { vmallocPages } from './vmalloc-pages.ts';

function area(memory: KernelMemory, start: bigint, flags: number, pages: number): bigint {
  const [at, vm] = [memory.alloc(64), memory.alloc(72)];
  memory.u64(at, start);
  memory.u64(at + 8n, start + 0x10000n);
  memory.u64(at + 56n, vm);
  memory.u64(vm + 8n, start);
  memory.u32(vm + 24n, flags);
  memory.u32(vm + 40n, pages);
  return at + 40n;
}

test('pages of vmalloc without its counter: what the areas have that vmalloc() made', () => {
  const memory = new KernelMemory();
  assert.equal(vmallocPages(memory.program(), undefined), undefined);
  memory.type('vmap_area', 64, { va_start: 0, va_end: 8, rb_node: 16, list: 40, vm: 56 });
  memory.type('vm_struct', 72, {
    ...{ addr: 8, size: 16, flags: [24, 4], nr_pages: [40, 4], phys_addr: 48, caller: 56 },
  });
  const list = memory.symbol('vmap_area_list', memory.alloc(16));
  memory.circle(
    list,
    area(memory, 0xffffc90000000000n, 2, 16), // VM_ALLOC
    area(memory, 0xffffc90000020000n, 4, 7), // VM_MAP: pages of somebody else
    area(memory, 0xffffc90000040000n, 0x22, 4),
  );
  assert.equal(vmallocPages(memory.program(), undefined), 20);
  memory.u64(memory.symbol('nr_vmalloc_pages', memory.alloc(8)), 11);
  assert.equal(vmallocPages(memory.program(), undefined), 11);
});
