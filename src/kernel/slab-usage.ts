import { hi32, lo32 } from '../base/u64.ts';
import type { Addr } from '../base/units.ts';
import type { Problem } from '../program/ports.ts';
import type { Program } from '../program/program.ts';
import { type ArraySlab, arraySlabs, type FreeArray, freeArrays, usesSlabArrays } from './slab-arrays.ts';
import type { SlabCache } from './slab-cache.ts';
import { OBJECT_ALLOCATED, OBJECT_CPU_FREE, OBJECT_FREE } from './slab-freelist.ts';
import type { SlabRecord } from './slab-object.ts';
import { type SlabUsage, slubUsage } from './slub.ts';

/** How much of a cache is in use, whichever allocator the kernel has. @throws AnalysisError when its types are not known */
export function slabUsage(prog: Program, cache: SlabCache): SlabUsage {
  return usesSlabArrays(prog) ? arrayUsage(prog, cache) : slubUsage(prog, cache);
}

/** Objects on no free list and in no array of free ones; what /proc/slabinfo calls active counts those in arrays as well. */
function arrayUsage(prog: Program, cache: SlabCache): SlabUsage {
  const problems: Problem[] = [];
  let slabs = 0;
  let total = 0;
  let free = 0;
  for (const slab of arraySlabs(prog, cache, problems)) {
    slabs++;
    total += slab.total;
    free += slab.free.length;
  }
  const inArrays = freeArrays(prog, cache, problems).reduce((sum, array) => sum + array.objects.length, 0);
  const active = total - free;
  if (inArrays > active) problems.push({ what: cache.name, why: `more free objects than the ${total} that there are` });
  return { cache, slabs, total, allocated: Math.max(0, active - inArrays), active, problems };
}

const PLACES = { partial: 'node-partial', free: 'node-partial', full: 'full' } as const;

/** The slabs of a cache of the SLAB allocator with the state of every object. */
export function* arraySlabRecords(prog: Program, cache: SlabCache, problems: Problem[]): Generator<SlabRecord> {
  const held = new Map<string, FreeArray>();
  for (const array of freeArrays(prog, cache, problems)) for (const at of array.objects) held.set(key(at), array);
  for (const slab of arraySlabs(prog, cache, problems)) yield recordOf(cache, slab, held);
}

function recordOf(cache: SlabCache, slab: ArraySlab, held: ReadonlyMap<string, FreeArray>): SlabRecord {
  const { address, memory, list, node, total } = slab;
  const states = new Uint8Array(total).fill(OBJECT_ALLOCATED);
  for (const index of slab.free) states[index] = OBJECT_FREE;
  let free = slab.free.length;
  for (let i = 0; i < total; i++) {
    if (states[i] !== OBJECT_ALLOCATED || !held.has(key(memory + BigInt(i * cache.size)))) continue;
    states[i] = OBJECT_CPU_FREE;
    free++;
  }
  return { cache, address, memory, node, place: PLACES[list], where: node, total, free, states, sheaves: new Map() };
}

/** The slab that holds an address of a cache's slab page. @param descriptor of its first page */
export function arraySlabAt(
  prog: Program,
  cache: SlabCache,
  descriptor: Addr,
  problems: Problem[],
): SlabRecord | undefined {
  for (const slab of arraySlabRecords(prog, cache, problems)) if (slab.address === descriptor) return slab;
  return undefined;
}

function key(at: Addr): string {
  return `${hi32(at)}:${lo32(at)}`;
}
