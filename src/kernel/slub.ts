import { AnalysisError } from '../base/errors.ts';
import { hex } from '../base/hex.ts';
import { addrAdd } from '../base/u64.ts';
import type { Addr } from '../base/units.ts';
import type { Problem } from '../program/ports.ts';
import type { Program } from '../program/program.ts';
import { isKernelPointer, KernelStruct } from './kernel-struct.ts';
import { listEntries } from './list.ts';
import { perCpuOffset, possibleCpus } from './percpu.ts';
import type { SlabCache } from './slab-cache.ts';
import { OBJECT_CPU_FREE, OBJECT_FREE, SlabObjects } from './slab-freelist.ts';
import { slabCacheLayout } from './slab-layout.ts';
import { SlabPage } from './slab-page.ts';
import { scannedSlabs } from './slab-scan.ts';
import { cacheSheaves } from './slab-sheaves.ts';

/** On which list the kernel keeps a slab. */
export type SlabPlace = 'cpu' | 'cpu-partial' | 'node-partial' | 'full';

/** What `visitSlabs` tells of a slab; valid until the next one. */
export interface VisitedSlab {
  readonly place: SlabPlace;
  /** Of its CPU or node. */
  readonly where: number;
  readonly page: SlabPage;
  /** State of each object. */
  readonly objects: SlabObjects;
  readonly total: number;
  readonly free: number;
  /** Where the objects begin. */
  readonly memory: Addr;
}

const MAX_SLABS = 16_777_216;

/** Reads the slabs of one cache; what is damaged becomes a problem and the walk goes on elsewhere. */
export class SlubWalker {
  readonly #prog: Program;
  readonly #page: SlabPage;
  readonly #problems: Problem[];

  constructor(prog: Program, problems: Problem[]) {
    this.#prog = prog;
    this.#page = new SlabPage(prog);
    this.#problems = problems;
  }

  /** Slabs that CPUs hold: the one that each takes objects from, and its partial ones. */
  *cpuSlabs(cache: SlabCache, objects: SlabObjects, cpus = possibleCpus(this.#prog)): Generator<VisitedSlab> {
    if (cache.cpuSlab === 0n) return;
    const prog = this.#prog;
    const object = new KernelStruct(prog, prog.type('kmem_cache_cpu').size);
    // kmem_cache_cpu.slab since commit bb192ed9aa71 (v5.17)
    const slab = prog.offset('kmem_cache_cpu', 'slab', 'page');
    const freelist = prog.offset('kmem_cache_cpu', 'freelist');
    const partial = prog.findMember('kmem_cache_cpu', 'partial')?.offset;
    for (const cpu of cpus) {
      const at = addrAdd(cache.cpuSlab, perCpuOffset(prog, cpu));
      if (object.load(at)) {
        this.#note(cache, `CPU ${cpu}: its struct kmem_cache_cpu ${hex(at)} cannot be read`);
        continue;
      }
      const first = object.pointer(freelist);
      const next = partial === undefined ? 0n : object.pointer(partial);
      const active = object.pointer(slab);
      if (active !== 0n) yield* this.#visit(cache, objects, active, 'cpu', cpu, first);
      yield* this.#partialChain(cache, objects, cpu, next);
    }
  }

  *#partialChain(cache: SlabCache, objects: SlabObjects, cpu: number, first: Addr): Generator<VisitedSlab> {
    const seen = new Set<Addr>();
    for (let at = first; at !== 0n; ) {
      if (!isKernelPointer(this.#prog, at) || seen.has(at) || seen.size >= MAX_SLABS) {
        this.#note(cache, `CPU ${cpu}: its list of partial slabs is broken at ${hex(at)}, after ${seen.size} slabs`);
        return;
      }
      seen.add(at);
      const why = this.#page.load(at, cache.address);
      if (why) {
        this.#note(cache, `CPU ${cpu}: partial slab ${hex(at)}: ${why}`);
        return;
      }
      const next = this.#page.next;
      yield* this.#visit(cache, objects, at, 'cpu-partial', cpu, 0n);
      at = next;
    }
  }

  /** Slabs on a list of a node. @param member `partial`, or `full` where debugging keeps that */
  *nodeSlabs(cache: SlabCache, objects: SlabObjects, node: number, member: 'partial' | 'full'): Generator<VisitedSlab> {
    const at = cache.nodes[node];
    if (!at || !this.#prog.findMember('kmem_cache_node', member)) return;
    const head = addrAdd(at, this.#prog.offset('kmem_cache_node', member));
    const place = member === 'full' ? 'full' : 'node-partial';
    try {
      for (const entry of listEntries(this.#prog, head, `${cache.name}: ${member} slabs of node ${node}`, MAX_SLABS)) {
        yield* this.#visit(cache, objects, SlabPage.fromListNode(this.#prog, entry), place, node, 0n);
      }
    } catch (e) {
      if (!(e instanceof AnalysisError)) throw e;
      this.#note(cache, e.message);
    }
  }

  /** One slab that no CPU holds. */
  *lone(cache: SlabCache, objects: SlabObjects, at: Addr): Generator<VisitedSlab> {
    for (const slab of this.#visit(cache, objects, at, 'full', 0, 0n)) {
      yield slab.free === 0 ? slab : { ...slab, place: 'node-partial' };
    }
  }

  /** One slab, wherever it is. @param cpuFree first object of the CPU's own list of it */
  *#visit(
    cache: SlabCache,
    objects: SlabObjects,
    at: Addr,
    place: SlabPlace,
    where: number,
    cpuFree: Addr,
  ): Generator<VisitedSlab> {
    const page = this.#page;
    const slab = (why: string): void => this.#note(cache, `slab ${hex(at)}: ${why}`);
    const why = isKernelPointer(this.#prog, at) ? page.load(at, cache.address) : 'no kernel pointer';
    if (why) return slab(why);
    let memory: Addr;
    try {
      memory = page.memory;
    } catch (e) {
      if (!(e instanceof AnalysisError)) throw e;
      return slab(e.message);
    }
    const total = page.objects;
    const refused = objects.open(memory, total);
    if (refused) return slab(refused);
    const own = objects.mark(page.freelist, OBJECT_FREE);
    if (own.why) slab(own.why);
    const cpu = objects.mark(cpuFree, OBJECT_CPU_FREE);
    if (cpu.why) slab(`list of CPU ${where}: ${cpu.why}`);
    const counted = total - page.inUse;
    if (!own.why && counted !== own.count) slab(`${own.count} objects are on its free list, it counts ${counted}`);
    // A broken list tells less than the slab's own count.
    const free = Math.min(total, (own.why && counted >= 0 ? Math.max(counted, own.count) : own.count) + cpu.count);
    yield { place, where, page, objects, total, free, memory };
  }

  #note(cache: SlabCache, why: string): void {
    this.#problems.push({ what: cache.name, why });
  }
}

/** How much of a cache is in use. */
export interface SlabUsage {
  readonly cache: SlabCache;
  readonly slabs: number;
  readonly total: number;
  /** Objects that their users hold: neither on a free list nor in a sheaf. */
  readonly allocated: number;
  /** What /proc/slabinfo calls active: all but those that are free on the partial slabs of the nodes. */
  readonly active: number;
  readonly problems: readonly Problem[];
}

/**
 * Counts of a cache: slabs and objects as the nodes count them, free objects by following every free list (`struct
 * kmem_cache_cpu`, its partial slabs, the nodes' partial slabs, sheaves).
 * @throws AnalysisError when the kernel's types are not known
 */
export function slubUsage(prog: Program, cache: SlabCache): SlabUsage {
  const problems: Problem[] = [];
  const walker = new SlubWalker(prog, problems);
  const objects = new SlabObjects(prog, cache);
  let freeOfCpus = 0;
  let freeOfNodes = 0;
  for (const slab of walker.cpuSlabs(cache, objects)) freeOfCpus += slab.free;
  for (const node of cache.nodes.keys()) {
    for (const slab of walker.nodeSlabs(cache, objects, node, 'partial')) freeOfNodes += slab.free;
  }
  const inSheaves = cacheSheaves(prog, cache, problems).objectCount;
  const { slabs, total } = nodeCounts(prog, cache, problems);
  const allocated = total - freeOfCpus - freeOfNodes - inSheaves;
  if (allocated < 0) problems.push({ what: cache.name, why: `more free objects than the ${total} that there are` });
  return { cache, slabs, total, allocated: Math.max(0, allocated), active: total - freeOfNodes, problems };
}

/** `nr_slabs` and `total_objects` of the nodes, which kernels with CONFIG_SLUB_DEBUG keep; counted where there are none. */
function nodeCounts(
  prog: Program,
  cache: SlabCache,
  problems: Problem[],
): { readonly slabs: number; readonly total: number } {
  if (!prog.findMember('kmem_cache_node', 'nr_slabs')) {
    return scannedSlabs(prog).get(cache.address) ?? { slabs: 0, total: 0 };
  }
  const slabs = prog.offset('kmem_cache_node', 'nr_slabs');
  const total = prog.offset('kmem_cache_node', 'total_objects');
  const counts = { slabs: 0, total: 0 };
  const object = new KernelStruct(prog, prog.type('kmem_cache_node').size);
  for (const node of cache.nodes) {
    if (node === 0n) continue;
    if (object.load(node)) {
      problems.push({ what: cache.name, why: `its struct kmem_cache_node ${hex(node)} cannot be read` });
      continue;
    }
    counts.slabs += object.long(slabs);
    counts.total += object.long(total);
  }
  return counts;
}

/** The counts of each node, by struct kmem_cache_node. */
export function nodeListCounts(
  prog: Program,
  cache: SlabCache,
): { readonly node: number; readonly address: Addr; readonly slabs: number; readonly partial: number }[] {
  const slabs = prog.findMember('kmem_cache_node', 'nr_slabs')?.offset;
  const partial = prog.offset('kmem_cache_node', 'nr_partial');
  const object = new KernelStruct(prog, prog.type('kmem_cache_node').size);
  const counts: { node: number; address: Addr; slabs: number; partial: number }[] = [];
  cache.nodes.forEach((address, node) => {
    if (address === 0n || object.load(address)) return;
    // Without counts of their own the only node has all of them; of several it is not known.
    const counted = slabs === undefined ? (scannedSlabs(prog).get(cache.address)?.slabs ?? 0) : object.long(slabs);
    counts.push({ node, address, slabs: counted, partial: object.long(partial) });
  });
  return counts;
}

/** Whether full slabs are on a list: under SLAB_STORE_USER (add_full in mm/slub.c). */
export function storesFullSlabs(prog: Program, cache: SlabCache): boolean {
  return ((cache.flags >>> slabCacheLayout(prog).storeUserBit) & 1) === 1;
}
