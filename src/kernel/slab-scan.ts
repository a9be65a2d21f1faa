import { perOwner } from '../base/lazy.ts';
import type { Addr } from '../base/units.ts';
import type { Program } from '../program/program.ts';
import { pageReader } from './page.ts';
import { SlabHeads } from './slab-heads.ts';

/** Slabs and objects of a cache. */
export interface SlabCount {
  slabs: number;
  total: number;
}

/**
 * The slabs of every cache, found by going through all page descriptors: kernels without CONFIG_SLUB_DEBUG keep no counts,
 * and no list has their full slabs. By address of `struct kmem_cache`.
 * @throws NotFoundError when the dump does not tell where the descriptors are
 */
export const scannedSlabs = perOwner((prog: Program): ReadonlyMap<Addr, SlabCount> => {
  const counts = new Map<Addr, SlabCount>();
  const reader = pageReader(prog);
  if (!reader) return counts;
  for (const slab of new SlabHeads(prog, reader, Infinity)) {
    const count = counts.get(slab.cache) ?? { slabs: 0, total: 0 };
    count.slabs++;
    count.total += slab.objects;
    counts.set(slab.cache, count);
  }
  return counts;
});
