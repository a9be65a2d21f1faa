import { hi32, lo32 } from '../base/u64.ts';
import type { Addr } from '../base/units.ts';
import type { Problem } from '../program/ports.ts';
import type { Program } from '../program/program.ts';
import { headOf } from './page.ts';
import { pageMap } from './page-map.ts';
import { possibleCpus } from './percpu.ts';
import { usesSlabArrays } from './slab-arrays.ts';
import { findSlabCache, type SlabCache } from './slab-cache.ts';
import { OBJECT_SHEAF, SlabObjects } from './slab-freelist.ts';
import { SlabPage } from './slab-page.ts';
import { cacheSheaves, type Sheaf, sheafObjects } from './slab-sheaves.ts';
import { arraySlabAt } from './slab-usage.ts';
import { type SlabPlace, SlubWalker, type VisitedSlab } from './slub.ts';
import { memoryNodeRecords } from './zone.ts';

/** A slab with the state of its objects, kept. */
export interface SlabRecord {
  readonly cache: SlabCache;
  /** Of its descriptor. */
  readonly address: Addr;
  /** Of its first object. */
  readonly memory: Addr;
  readonly node: number;
  readonly place: SlabPlace;
  /** CPU or node whose list it is on. */
  readonly where: number;
  readonly total: number;
  readonly free: number;
  /** OBJECT_ALLOCATED, ... of each object. */
  readonly states: Uint8Array;
  /** CPU or node of the sheaf that an object is in, by the index of the object. */
  readonly sheaves: ReadonlyMap<number, Sheaf>;
}

/** Which sheaf holds an object: addresses of free objects in sheaves, by their low bits. */
export class SheafIndex {
  readonly #sheaves = new Map<string, Sheaf>();

  constructor(prog: Program, cache: SlabCache, problems: Problem[]) {
    for (const sheaf of cacheSheaves(prog, cache, problems).sheaves) {
      for (const object of sheafObjects(prog, sheaf)) this.#sheaves.set(key(object), sheaf);
    }
  }

  find(object: Addr): Sheaf | undefined {
    return this.#sheaves.size === 0 ? undefined : this.#sheaves.get(key(object));
  }
}

function key(at: Addr): string {
  return `${hi32(at)}:${lo32(at)}`;
}

/** A copy of what a walk shows; objects in sheaves are marked as such. */
export function keepSlab(cache: SlabCache, slab: VisitedSlab, node: number, index: SheafIndex): SlabRecord {
  const sheaves = new Map<number, Sheaf>();
  const states = slab.objects.states.slice();
  for (let i = 0; i < states.length; i++) {
    const sheaf = index.find(slab.objects.address(i));
    if (!sheaf) continue;
    states[i] = OBJECT_SHEAF;
    sheaves.set(i, sheaf);
  }
  return {
    cache,
    address: slab.page.address,
    memory: slab.memory,
    node,
    place: slab.place,
    where: slab.where,
    total: slab.total,
    free: slab.free + sheaves.size,
    states,
    sheaves,
  };
}

/** Where an address is in the slab allocator. */
export interface SlabHit {
  readonly slab: SlabRecord;
  /** Of the object that holds the address; undefined for the descriptor itself, or between objects. */
  readonly index: number | undefined;
  /** Address of that object. */
  readonly object: Addr | undefined;
  readonly problems: readonly Problem[];
}

/**
 * The slab whose memory holds `at`, or whose descriptor `at` is; undefined when no known cache owns that page.
 * @throws NotFoundError when the types of the kernel's allocator are not known
 */
export function slabAt(prog: Program, at: Addr): SlabHit | undefined {
  const descriptor = descriptorOf(prog, at);
  if (descriptor === undefined) return undefined;
  if (usesSlabArrays(prog)) return arrayHit(prog, at, descriptor);
  const page = new SlabPage(prog);
  if (page.load(descriptor.page)) return undefined;
  const cache = findSlabCache(prog, page.cache);
  if (!cache || page.objects === 0) return undefined;
  const problems: Problem[] = [];
  const slab = findSlab(prog, cache, descriptor.page, problems);
  if (!slab) return undefined;
  const objects = new SlabObjects(prog, cache);
  objects.open(slab.memory, slab.total);
  const index = descriptor.direct ? undefined : objects.indexOf(at);
  const object = index === undefined ? undefined : objects.address(index);
  return { slab, index, object, problems };
}

function arrayHit(prog: Program, at: Addr, descriptor: { page: Addr; direct: boolean }): SlabHit | undefined {
  const type = prog.findMember('slab', 'slab_cache') ? 'slab' : 'page';
  const cache = findSlabCache(prog, prog.memory.ulong(descriptor.page + BigInt(prog.offset(type, 'slab_cache'))));
  const problems: Problem[] = [];
  const slab = cache && arraySlabAt(prog, cache, descriptor.page, problems);
  if (!cache || !slab) return undefined;
  const inside = Number(at - slab.memory);
  const found = descriptor.direct || inside < 0 ? -1 : Math.floor(inside / cache.size);
  const index = found >= 0 && found < slab.total ? found : undefined;
  const object = index === undefined ? undefined : slab.memory + BigInt(index * cache.size);
  return { slab, index, object, problems };
}

/** The head page of the page that holds `at`, or that `at` describes. */
function descriptorOf(prog: Program, at: Addr): { page: Addr; direct: boolean } | undefined {
  const map = pageMap(prog);
  if (!map) return undefined;
  const direct = map.frameOf(at) !== undefined;
  const where = prog.map.translate(at);
  if (typeof where === 'string') return undefined;
  const frame = Math.floor(where.phys / prog.pageSize);
  // only the direct map's addresses are the allocator's
  if (!direct && prog.map.directMap(where.phys) !== at) return undefined;
  const page = direct ? at : map.pageOf(frame);
  if (page === undefined) return undefined;
  const head = prog.offset('page', 'compound_info', 'compound_head');
  const word = new Uint8Array(8);
  if (prog.memory.tryRead(page + BigInt(head), word)) return undefined;
  return { page: headOf(prog, page, new DataView(word.buffer).getBigUint64(0, prog.arch.littleEndian)), direct };
}

/** Reads a slab as the list that holds it shows it; a slab on no list is full. */
function findSlab(prog: Program, cache: SlabCache, at: Addr, problems: Problem[]): SlabRecord | undefined {
  const walker = new SlubWalker(prog, problems);
  const objects = new SlabObjects(prog, cache);
  const index = new SheafIndex(prog, cache, problems);
  const found = (slabs: Iterable<VisitedSlab>): SlabRecord | undefined => {
    for (const slab of slabs) if (slab.page.address === at) return keepSlab(cache, slab, nodeOf(prog, slab), index);
    return undefined;
  };
  const held = found(walker.cpuSlabs(cache, objects, possibleCpus(prog)));
  if (held) return held;
  return found(walker.lone(cache, objects, at));
}

/** Memory node of a slab, by the page frames that each node spans; 0 where that is not known. */
export function nodeOf(prog: Program, slab: VisitedSlab): number {
  const frame = pageMap(prog)?.frameOf(slab.page.address);
  if (frame === undefined || !prog.findType('pglist_data')) return 0;
  const { nodes } = memoryNodeRecords(prog);
  return nodes.find((n) => frame >= n.startFrame && frame < n.startFrame + n.spanned)?.id ?? 0;
}
