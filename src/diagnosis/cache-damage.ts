import { attempt } from '../base/attempt.ts';
import { addrAdd } from '../base/u64.ts';
import { findSlabCache, type SlabCache } from '../kernel/slab-cache.ts';
import { SlabObjects } from '../kernel/slab-freelist.ts';
import { type SlabList, type SlabObjectFacts, slabObjectFacts } from '../kernel/slab-object-facts.ts';
import { SlubWalker } from '../kernel/slub.ts';
import type { Case } from './case.ts';

/** A free list that is broken. */
export interface BrokenList {
  readonly slab: SlabObjectFacts;
  readonly list: SlabList;
}

const MAX_SLABS = 64;
const MOST = 4;

/** Broken free lists of the slabs that the dying code worked with, and of the caches that it took objects from. */
export function brokenLists(of: Case): BrokenList[] {
  const found = new Map<string, BrokenList>();
  const add = (slab: SlabObjectFacts): void => {
    for (const list of slab.lists) {
      if (list.chain.why === undefined || (!list.chain.bad && list.chain.cycle === undefined)) continue;
      if (found.size < MOST) found.set(`${list.headAt}`, { slab, list });
    }
  };
  for (const { slab } of of.objects) if (slab) add(slab);
  for (const { slab } of of.objects) {
    const cache = slab && attempt(() => findSlabCache(of.prog, slab.object));
    if (cache) for (const facts of heldSlabs(of, cache)) add(facts);
  }
  return [...found.values()];
}

/** The slabs that CPUs hold of a cache. */
function heldSlabs(of: Case, cache: SlabCache): SlabObjectFacts[] {
  const places: bigint[] = [];
  attempt(() => {
    for (const slab of new SlubWalker(of.prog, []).cpuSlabs(cache, new SlabObjects(of.prog, cache))) {
      places.push(addrAdd(slab.memory, cache.leftPad));
      if (places.length >= MAX_SLABS) break;
    }
  });
  return places.flatMap((at) => attempt(() => slabObjectFacts(of.prog, at)) ?? []);
}
