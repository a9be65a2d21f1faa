import type { Problem } from '../program/ports.ts';
import type { Program } from '../program/program.ts';
import { enumerators } from './enumerators.ts';
import { attempt } from './note-problem.ts';
import { type SlabCache, slabCaches } from './slab-cache.ts';
import { nodeListCounts } from './slub.ts';

/** How much memory a slab cache holds, by the counts of its nodes alone: no free list is followed. */
export interface SlabSize {
  readonly cache: SlabCache;
  readonly slabs: number;
  /** A slab that was made while memory was short may be smaller than this counts it. */
  readonly pages: number;
  /** Objects that fit, in use or not. */
  readonly objects: number;
  /** The kernel counts its pages as reclaimable (SLAB_RECLAIM_ACCOUNT): a shrinker frees its objects. */
  readonly reclaimable: boolean;
}

export interface SlabSizes {
  /** The largest first; empty where this kernel keeps no such counts. */
  readonly caches: readonly SlabSize[];
  readonly problems: readonly Problem[];
}

/** include/linux/slab.h; the number of a bit since "mm, slab: use an enum to define SLAB_ cache creation flags" (v6.9). */
const SLAB_RECLAIM_ACCOUNT = 0x20000;

/** Never throws for damage. */
export function slabSizes(prog: Program): SlabSizes {
  const problems: Problem[] = [];
  // CONFIG_SLUB_DEBUG keeps them; without it only a walk over every page descriptor tells
  if (!prog.findMember('kmem_cache_node', 'nr_slabs')) {
    const why = 'this kernel does not count the slabs of a cache';
    return { caches: [], problems: [{ what: 'slab by cache', why }] };
  }
  const found = attempt(problems, 'slab caches', () => slabCaches(prog));
  const bit = enumerators(prog, '_slab_flag_bits').get('_SLAB_RECLAIM_ACCOUNT');
  const mask = bit === undefined ? SLAB_RECLAIM_ACCOUNT : 2 ** bit;
  const caches: SlabSize[] = [];
  for (const cache of found?.caches ?? []) {
    const slabs = attempt(problems, `slab cache ${cache.name}`, () =>
      nodeListCounts(prog, cache).reduce((sum, node) => sum + Math.max(0, node.slabs), 0),
    );
    if (slabs === undefined || slabs === 0) continue;
    const pages = slabs * 2 ** cache.order;
    caches.push({
      cache,
      slabs,
      pages,
      objects: slabs * cache.objectsPerSlab,
      reclaimable: (cache.flags & mask) !== 0,
    });
  }
  caches.sort((a, b) => b.pages - a.pages);
  return { caches, problems: [...(found?.problems ?? []), ...problems] };
}
