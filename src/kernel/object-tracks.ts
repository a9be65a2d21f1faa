import { attempt } from '../base/attempt.ts';
import type { Addr } from '../base/units.ts';
import type { Program } from '../program/program.ts';
import { kasanTracks } from './kasan-track.ts';
import type { SlabCache } from './slab-cache.ts';
import { type SlabTrack, slabTracks } from './slab-track.ts';

/**
 * Who allocated and freed an object last: what KASAN keeps, and of what it does not keep the allocator's own tracks. KASAN holds
 * back what is freed, and the allocator hears of it when that ends: its word is the older one.
 */
export function objectTracks(prog: Program, cache: SlabCache, object: Addr): SlabTrack[] {
  const checked = attempt(() => kasanTracks(prog, cache.address, object)) ?? [];
  const own = attempt(() => slabTracks(prog, cache, object)) ?? [];
  const told = checked.some((t) => t.what === 'allocated');
  // without its allocation KASAN knows nothing; with it, an older free is not that of this object's life
  return told ? checked : [...own, ...checked.filter((t) => !own.some((o) => o.what === t.what))];
}
