import { addrAdd } from '../base/u64.ts';
import type { Addr, Bytes } from '../base/units.ts';
import type { Problem } from '../program/ports.ts';
import type { Program } from '../program/program.ts';
import { kasanFreed } from './kasan-shadow.ts';
import { KernelStruct } from './kernel-struct.ts';
import { perCpuOffset } from './percpu.ts';
import { usesSlabArrays } from './slab-arrays.ts';
import type { SlabCache } from './slab-cache.ts';
import { type FreeChain, OBJECT_ALLOCATED, SlabObjects } from './slab-freelist.ts';
import { slabPageLayout } from './slab-layout.ts';
import { type SlabRecord, slabAt } from './slab-object.ts';
import { SlabPage } from './slab-page.ts';
import { cacheSheaves, sheafObjects } from './slab-sheaves.ts';

/** A place that holds a free object. */
export interface FreePlace {
  /** `slab`: the slab's own free list; `cpu`: that of the CPU which owns the slab; `sheaf`: an array of a CPU or node. */
  readonly kind: 'slab' | 'cpu' | 'sheaf';
  /** CPU or node; undefined for the slab's own list. */
  readonly where?: number;
  /** Where the list's head, or the slot of the sheaf, lies. */
  readonly headAt: Addr;
  /** What it points to. */
  readonly head: Addr;
  /** Position of the object in it, from 0. */
  readonly position: number;
}

/** A free list of the slab, whether the object is on it or not. */
export interface SlabList extends Omit<FreePlace, 'position'> {
  readonly chain: FreeChain;
  /** Its objects by address, to a bound. */
  readonly objects: readonly Addr[];
}

/** An object of a slab and what the allocator holds about it. */
export interface SlabObjectFacts {
  readonly slab: SlabRecord;
  readonly cache: SlabCache;
  /** Where the object begins, and its number in the slab. */
  readonly object: Addr;
  readonly index: number;
  /** From the object's beginning to the address that was asked about. */
  readonly inside: Bytes;
  readonly allocated: boolean;
  /** Freed, but held back by KASAN: the allocator itself counts it as allocated. */
  readonly quarantined?: true;
  /** Every place that holds it; more than one: it is free twice. */
  readonly free: readonly FreePlace[];
  readonly lists: readonly SlabList[];
  /** Objects that the slab counts as free on its own list; undefined where no count is kept. */
  readonly counted?: number;
  readonly problems: readonly Problem[];
}

const MOST_OF_LIST = 64;

/**
 * What the slab allocator says of the object at `at`, by its slab's free lists and its cache's sheaves. Undefined for what
 * lies in no object of a slab. @throws NotFoundError when the types of the allocator are not known
 */
export function slabObjectFacts(prog: Program, at: Addr): SlabObjectFacts | undefined {
  const hit = slabAt(prog, at);
  if (!hit || hit.object === undefined || hit.index === undefined) return undefined;
  const { slab, object, index } = hit;
  const { cache } = slab;
  const common = { slab, cache, object, index, inside: Number(at - object) };
  const allocated = slab.states[index] === OBJECT_ALLOCATED;
  if (usesSlabArrays(prog))
    return { ...common, ...standing(prog, object, allocated), free: [], lists: [], problems: hit.problems };
  const problems = [...hit.problems];
  const page = new SlabPage(prog);
  const unread = page.load(slab.address);
  const lists = unread ? [] : freeLists(prog, slab, page);
  const free: FreePlace[] = lists.flatMap(({ kind, where, headAt, head, chain }) => {
    const position = chain.indices.indexOf(index);
    return position < 0 ? [] : [{ kind, ...(where !== undefined && { where }), headAt, head, position }];
  });
  free.push(...sheafPlaces(prog, cache, object, problems));
  return {
    ...common,
    ...standing(prog, object, allocated && free.length === 0),
    free,
    lists,
    ...(!unread && { counted: page.objects - page.inUse }),
    problems,
  };
}

/** What becomes of the allocator's word by KASAN's. */
function standing(prog: Program, object: Addr, allocated: boolean): Pick<SlabObjectFacts, 'allocated' | 'quarantined'> {
  return allocated && kasanFreed(prog, object) ? { allocated: false, quarantined: true } : { allocated };
}

function freeLists(prog: Program, slab: SlabRecord, page: SlabPage): SlabList[] {
  const objects = new SlabObjects(prog, slab.cache);
  if (objects.open(slab.memory, slab.total)) return [];
  const list = (kind: 'slab' | 'cpu', headAt: Addr, head: Addr, where?: number): SlabList => {
    const chain = objects.follow(head);
    const addresses = chain.indices.slice(0, MOST_OF_LIST).map((i) => objects.address(i));
    return { kind, ...(where !== undefined && { where }), headAt, head, chain, objects: addresses };
  };
  const lists = [list('slab', addrAdd(slab.address, slabPageLayout(prog).freelist), page.freelist)];
  const cpu = slab.place === 'cpu' && slab.cache.cpuSlab !== 0n ? cpuList(prog, slab) : undefined;
  if (cpu) lists.push(list('cpu', cpu.headAt, cpu.head, slab.where));
  return lists;
}

/** `kmem_cache_cpu.freelist` of the CPU that owns the slab. */
function cpuList(prog: Program, slab: SlabRecord): { headAt: Addr; head: Addr } | undefined {
  const at = addrAdd(slab.cache.cpuSlab, perCpuOffset(prog, slab.where));
  const headAt = addrAdd(at, prog.offset('kmem_cache_cpu', 'freelist'));
  const word = new KernelStruct(prog, 8);
  return word.load(headAt) ? undefined : { headAt, head: word.pointer(0) };
}

/** Every slot of a sheaf that holds the object. */
function sheafPlaces(prog: Program, cache: SlabCache, object: Addr, problems: Problem[]): FreePlace[] {
  const places: FreePlace[] = [];
  for (const sheaf of cacheSheaves(prog, cache, problems).sheaves) {
    for (const [position, held] of sheafObjects(prog, sheaf).entries()) {
      if (held !== object) continue;
      const slot = addrAdd(sheaf.address, prog.offset('slab_sheaf', 'objects') + position * prog.arch.pointerSize);
      places.push({ kind: 'sheaf', where: sheaf.where, headAt: slot, head: held, position });
    }
  }
  return places;
}
