import assert from 'node:assert/strict';
import { KernelMemory } from './kernel-memory.ts';

/** Bytes of an object of the made-up cache, and objects of each slab. */
export const SIZE = 128;
export const OBJECTS = 32;
const VMEMMAP_PAGES = 64;

/** A kernel with one cache, `things`: a slab that CPU 0 takes from, a partial one of the node, and a full one. */
export function slabKernel(counted = true) {
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
export function wholeSlabKernel(counted = true) {
  const k = slabKernel(counted);
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
