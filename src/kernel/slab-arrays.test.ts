import assert from 'node:assert/strict';
import { test } from 'node:test';
import { KernelMemory } from '../../test/build/kernel-memory.ts';
import { slabCaches } from './slab-cache.ts';
import { slabAt } from './slab-object.ts';
import { slabUsage } from './slab-usage.ts';

const SIZE = 256;
const OBJECTS = 15;
const PAGES = 64;

/** A kernel with the SLAB allocator and one cache on one node. */
function kernel() {
  const memory = new KernelMemory();
  memory.type('kmem_cache', 256, {
    ...{ cpu_cache: 0, size: [16, 4], object_size: [20, 4], flags: [24, 4], num: [28, 4], gfporder: [32, 4] },
    ...{ name: 40, list: 48, node: 64 },
  });
  memory.type('kmem_cache_node', 128, { slabs_partial: 8, slabs_full: 24, slabs_free: 40, shared: 80, alien: 88 });
  memory.type('array_cache', 16, { avail: [0, 4], limit: [4, 4], entry: 16 });
  memory.type('alien_cache', 64, { ac: 8 });
  memory.type('page', 64, { lru: 8, compound_head: 8, slab_cache: 24, freelist: 32, s_mem: 40, active: [48, 4] });
  memory.type('freelist_idx_t', 1, {});
  const [area] = memory.cpus(1) as [bigint];
  const map = memory.alloc(PAGES * 64, 4096);
  memory.kernel.vmemmap = map;
  const cache = memory.alloc(256);
  memory.u64(cache, 0x100n); // offset in the CPU's area
  memory.u32(cache + 16n, SIZE);
  memory.u32(cache + 20n, SIZE - 8);
  memory.u32(cache + 28n, OBJECTS);
  memory.u64(cache + 40n, memory.string('things'));
  const node = memory.alloc(128);
  memory.u64(cache + 64n, node);
  memory.circle(memory.symbol('slab_caches', memory.alloc(16)), cache + 48n);

  /** A slab: its descriptor and objects, with these indices free. */
  const slab = (free: readonly number[]) => {
    const base = memory.allocPage();
    const page = map + BigInt((memory.physical(base) / 4096) * 64);
    const list = base + BigInt(OBJECTS * SIZE); // behind the objects
    const active = OBJECTS - free.length;
    for (const [i, index] of free.entries()) memory.u8(list + BigInt(active + i), index);
    memory.u64(page + 24n, cache);
    memory.u64(page + 32n, list);
    memory.u64(page + 40n, base);
    memory.u32(page + 48n, active);
    return { page, object: (i: number): bigint => base + BigInt(i * SIZE), active: page + 48n };
  };
  const full = slab([]);
  const partial = slab([3, 14, 0]);
  const empty = slab(Array.from({ length: OBJECTS }, (_, i) => i));
  memory.circle(node + 8n, partial.page + 8n);
  memory.circle(node + 24n, full.page + 8n);
  memory.circle(node + 40n, empty.page + 8n);
  // one object of the full slab is in the array of the CPU, one in that of the node
  memory.u32(area + 0x100n, 1);
  memory.u64(area + 0x110n, full.object(5));
  const shared = memory.alloc(64);
  memory.u64(node + 80n, shared);
  memory.u32(shared, 1);
  memory.u64(shared + 16n, partial.object(7));
  return { memory, full, partial, empty, area };
}

function usage(memory: KernelMemory) {
  const prog = memory.program();
  const [cache] = slabCaches(prog).caches;
  assert.ok(cache);
  return slabUsage(prog, cache);
}

test('counts of a cache of the SLAB allocator', () => {
  const { slabs, total, allocated, active, problems } = usage(kernel().memory);
  assert.deepEqual(
    { slabs, total, allocated, active, problems },
    { slabs: 3, total: 45, allocated: 25, active: 27, problems: [] },
  );
});

test('an object and its state', () => {
  const { memory, full, partial, empty } = kernel();
  const prog = memory.program();
  const at = (address: bigint) => {
    const hit = slabAt(prog, address);
    return (
      hit && { index: hit.index, object: hit.object, state: hit.slab.states[hit.index ?? 0], place: hit.slab.place }
    );
  };
  assert.deepEqual(at(full.object(4) + 9n), { index: 4, object: full.object(4), state: 0, place: 'full' });
  assert.equal(at(full.object(5))?.state, 2);
  assert.equal(at(partial.object(7))?.state, 2);
  assert.equal(at(partial.object(14))?.state, 1);
  assert.equal(at(empty.object(0))?.state, 1);
  assert.equal(at(full.page)?.index, undefined);
});

test('counts that cannot be are told, and the rest counted', () => {
  const { memory, partial, area } = kernel();
  memory.u32(partial.active, 99);
  memory.u32(area + 0x100n, 0x7fffffff);
  const { slabs, problems } = usage(memory);
  assert.equal(slabs, 3);
  assert.match(problems.map((p) => p.why).join('; '), /counts 99 objects in use.*2147483647 objects cannot be/);
});
