import { hex64 } from '../base/hex.ts';
import type { SlabCache } from '../kernel/slab-cache.ts';
import type { SlabUsage } from '../kernel/slub.ts';
import type { Program } from '../program/program.ts';
import type { SlabCacheData } from './slab-lines.ts';

/** A slab cache with its counts, as data. */
export function cacheData(prog: Program, cache: SlabCache, usage: SlabUsage): SlabCacheData {
  return {
    address: hex64(cache.address),
    name: cache.name,
    objectSize: cache.objectSize,
    stride: cache.size,
    allocated: usage.allocated,
    total: usage.total,
    slabs: usage.slabs,
    slabBytes: prog.pageSize * 2 ** cache.order,
    objectsPerSlab: cache.objectsPerSlab,
    active: usage.active,
  };
}
