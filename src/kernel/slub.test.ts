import assert from 'node:assert/strict';
import { test } from 'node:test';
import { KernelMemory } from '../../test/build/kernel-memory.ts';
import { slabCaches } from './slab-cache.ts';
import { slabAt } from './slab-object.ts';
import { slubUsage } from './slub.ts';

const SIZE = 128;
const OBJECTS = 32;
const VMEMMAP_PAGES = 64;

/** A kernel with one cache: a slab that CPU 0 takes from, a partial one of the node, and a full one. */
function kernel(counted = true) {
  const memory = new KernelMemory();
  const k = memory.kernel;
  memory.type('kmem_cache', 256, {
    ...{ cpu_slab: 0, flags: [8, 4], size: [16, 4], object_size: [20, 4], offset: [24, 4], oo: [28, 4] },
    ...{ inuse: [32, 4], red_left_pad: [36, 4], name: 40, list: 48, node: 64 },
  });
  memory.type('kmem_cache_cpu', 32, { freelist: 0, slab: 16, partial: 24 });
  const counts = counted ? { nr_slabs: 32, total_objects: 40 } : {};
  memory.type('kmem_cache_node', 64, { nr_partial: 8, partial: 16, full: 48, ...counts });
  memory.type('slab', 64, {
    ...{ slab_list: 8, next: 8, slab_cache: 24, freelist: 32, inuse: [40, 4], objects: [44, 4] },
  });
  memory.type('page', 64, { compound_head: 8, mapping: 16, index: 24, _refcount: [52, 4] });
  memory.enumeration('pageflags', 'PG_locked', 'PG_slab');
  const [area] = memory.cpus(1) as [bigint];
  const map = memory.alloc(VMEMMAP_PAGES * 64, 4096);
  k.vmemmap = map;
  const cache = memory.alloc(256);
  memory.u64(cache, 0x100n); // offset in the CPU's area
  memory.u32(cache + 16n, SIZE);
  memory.u32(cache + 20n, SIZE - 8);
  memory.u32(cache + 28n, OBJECTS);
  memory.u64(cache + 40n, memory.string('things'));
  const node = memory.alloc(64);
  memory.u64(cache + 64n, node);
  memory.circle(memory.symbol('slab_caches', memory.alloc(16)), cache + 48n);
  memory.circle(node + 16n);
  memory.circle(node + 48n);
  memory.u64(node + 32n, 3);
  memory.u64(node + 40n, 3 * OBJECTS);

  /** A slab with the free list `free`, counted as so many in use. */
  const slab = (free: readonly number[], inUse: number) => {
    const base = memory.allocPage();
    const frame = memory.physical(base) / 4096;
    assert.ok(frame < VMEMMAP_PAGES);
    const page = map + BigInt(frame * 64);
    const object = (i: number): bigint => base + BigInt(i * SIZE);
    free.forEach((from, i) => {
      const next = free[i + 1];
      memory.u64(object(from), next === undefined ? 0n : object(next));
    });
    memory.u64(page, 1n << 1n);
    memory.u64(page + 24n, cache);
    memory.u64(page + 32n, free[0] === undefined ? 0n : object(free[0]));
    memory.u32(page + 40n, inUse);
    memory.u32(page + 44n, OBJECTS);
    return { page, object };
  };
  return { memory, cache, node, area, slab };
}

/** The whole: 2 free of the CPU's, 3 free of the partial slab, a full one. */
function whole(counted = true) {
  const k = kernel(counted);
  const active = k.slab([], OBJECTS);
  k.memory.u64(active.object(6), active.object(1));
  k.memory.u64(active.object(1), 0n);
  k.memory.u64(k.area + 0x100n, active.object(6));
  k.memory.u64(k.area + 0x110n, active.page);
  const partial = k.slab([2, 30, 4], OBJECTS - 3);
  k.memory.circle(k.node + 16n, partial.page + 8n);
  const full = k.slab([], OBJECTS);
  return { ...k, active, partial, full };
}

test('counts of a cache, by every free list', () => {
  const { memory } = whole();
  const prog = memory.program();
  const { caches, problems } = slabCaches(prog);
  assert.deepEqual(problems, []);
  const [cache] = caches;
  assert.ok(cache);
  assert.equal(cache.name, 'things');
  const { slabs, total, allocated, active, problems: found } = slubUsage(prog, cache);
  assert.deepEqual(
    { slabs, total, allocated, active, found },
    { slabs: 3, total: 96, allocated: 91, active: 93, found: [] },
  );
});

test('an object, its state and the list of its slab', () => {
  const { memory, active, partial, full } = whole();
  const prog = memory.program();
  const at = (address: bigint) => {
    const hit = slabAt(prog, address);
    return (
      hit && { index: hit.index, state: hit.slab.states[hit.index ?? 0], place: hit.slab.place, free: hit.slab.free }
    );
  };
  assert.deepEqual(at(active.object(6) + 5n), { index: 6, state: 2, place: 'cpu', free: 2 });
  assert.deepEqual(at(partial.object(30)), { index: 30, state: 1, place: 'node-partial', free: 3 });
  assert.deepEqual(at(full.object(3)), { index: 3, state: 0, place: 'full', free: 0 });
  assert.equal(slabAt(prog, full.page)?.index, undefined);
  assert.equal(slabAt(prog, memory.allocPage()), undefined);
});

test('a broken free list is told, and the rest counted', () => {
  const { memory, partial } = whole();
  memory.u64(partial.object(30), 0xffff888000900000n);
  const prog = memory.program();
  const [cache] = slabCaches(prog).caches;
  assert.ok(cache);
  const usage = slubUsage(prog, cache);
  assert.equal(usage.allocated, 91);
  assert.match(usage.problems[0]?.why ?? '', /invalid freepointer: 0xffff888000900000/);
});

test('counts that disagree are told', () => {
  const { memory, partial } = whole();
  memory.u32(partial.page + 40n, OBJECTS - 5);
  const prog = memory.program();
  const [cache] = slabCaches(prog).caches;
  assert.ok(cache);
  assert.match(slubUsage(prog, cache).problems[0]?.why ?? '', /3 objects are on its free list, it counts 5/);
});

test('a list of slabs that runs into itself ends', () => {
  const { memory, partial, node } = whole();
  memory.u64(partial.page + 8n, partial.page + 8n);
  memory.u64(node + 16n, partial.page + 8n);
  const prog = memory.program();
  const [cache] = slabCaches(prog).caches;
  assert.ok(cache);
  const usage = slubUsage(prog, cache);
  assert.match(usage.problems[0]?.why ?? '', /runs into itself/);
  assert.equal(usage.allocated, 91);
});

test('a kernel that keeps no counts: slabs are found by their pages', () => {
  const { memory } = whole(false);
  const prog = memory.program();
  const [cache] = slabCaches(prog).caches;
  assert.ok(cache);
  const { slabs, total, allocated, problems } = slubUsage(prog, cache);
  assert.deepEqual({ slabs, total, allocated, problems }, { slabs: 3, total: 96, allocated: 91, problems: [] });
});
