import { NotFoundError } from '../base/errors.ts';
import { perOwner } from '../base/lazy.ts';
import type { Addr, Bytes } from '../base/units.ts';
import type { Problem } from '../program/ports.ts';
import type { Program } from '../program/program.ts';
import { isKernelPointer, KernelStruct } from './kernel-struct.ts';
import { listEntries } from './list.ts';
import { noteProblem } from './note-problem.ts';
import { type SlabCacheLayout, slabCacheLayout } from './slab-layout.ts';

/** A slab cache, `struct kmem_cache`. */
export interface SlabCache {
  readonly address: Addr;
  readonly name: string;
  /** Bytes that its users ask for. */
  readonly objectSize: Bytes;
  /** Bytes from one object to the next, debugging data included. */
  readonly size: Bytes;
  /** Bytes of its objects in use before debugging data, `kmem_cache.inuse`; 0 with SLAB. */
  readonly inUse: Bytes;
  /** What it asks of the page allocator for a slab: 2^order pages. A slab may be of a smaller order when memory is short. */
  readonly order: number;
  readonly objectsPerSlab: number;
  readonly flags: number;
  /** Where a free object keeps the pointer to the next one. */
  readonly freePointer: Bytes;
  /** Bytes of red zone before each object. */
  readonly leftPad: Bytes;
  /** What stored free pointers are mixed with; 0n without CONFIG_SLAB_FREELIST_HARDENED. */
  readonly random: bigint;
  /** Per-CPU address of `struct kmem_cache_cpu`; 0n when the kernel has none. */
  readonly cpuSlab: Addr;
  /** Per-CPU address of `struct slub_percpu_sheaves`; 0n when the cache has none. */
  readonly cpuSheaves: Addr;
  /** `struct kmem_cache_node` by node; 0n for a node without. */
  readonly nodes: readonly Addr[];
  /** `struct node_barn` by node; empty when the kernel has none. */
  readonly barns: readonly Addr[];
}

export interface SlabCaches {
  /** In the order of the kernel's list, which /proc/slabinfo has too. */
  readonly caches: readonly SlabCache[];
  readonly problems: readonly Problem[];
}

const MAX_CACHES = 100_000;
const MAX_OBJECT = 1 << 26;

/**
 * Every slab cache of the kernel (`slab_caches`, struct list_head). Damage is a problem, the caches before it are kept.
 * @throws NotFoundError when the kernel's types or the list are not known
 */
export const slabCaches = perOwner((prog: Program): SlabCaches => {
  const layout = slabCacheLayout(prog);
  const caches: SlabCache[] = [];
  const problems: Problem[] = [];
  const object = new KernelStruct(prog, layout.span);
  try {
    for (const node of listEntries(prog, prog.symbol('slab_caches'), 'slab caches', MAX_CACHES)) {
      const address = BigInt.asUintN(64, node - BigInt(layout.list));
      const fault = object.load(address);
      if (fault) throw new NotFoundError('slab cache', address.toString(16), fault);
      caches.push(decodeCache(prog, layout, object, address, problems));
    }
  } catch (e) {
    noteProblem(problems, 'slab caches', e);
  }
  return { caches, problems };
});

/** The cache of a name or at an address, as a user may name it. @throws NotFoundError */
export function findSlabCache(prog: Program, which: string | Addr): SlabCache | undefined {
  return slabCaches(prog).caches.find((c) => (typeof which === 'string' ? c.name === which : c.address === which));
}

function decodeCache(
  prog: Program,
  layout: SlabCacheLayout,
  object: KernelStruct,
  address: Addr,
  problems: Problem[],
): SlabCache {
  const u32 = (offset: number | undefined): number => (offset === undefined ? 0 : object.u32(offset));
  const pointer = (offset: number | undefined): bigint => (offset === undefined ? 0n : object.pointer(offset));
  const name = cacheName(prog, pointer(layout.name), address, problems);
  const size = u32(layout.size);
  const oo = layout.oo === undefined ? u32(layout.num) : u32(layout.oo);
  const objectSize = u32(layout.objectSize);
  if (size === 0 || size > MAX_OBJECT || objectSize > size) {
    problems.push({
      what: `slab cache ${name}`,
      why: `objects of ${objectSize} bytes, ${size} bytes apart, cannot be`,
    });
  }
  return {
    address,
    name,
    objectSize,
    size,
    inUse: u32(layout.inUse),
    // kmem_cache_order_objects: order above 16 bits of objects per slab (mm/slub.c, OO_SHIFT)
    order: Math.min(layout.oo === undefined ? u32(layout.gfpOrder) : oo >>> 16, 20),
    objectsPerSlab: oo & 0xffff,
    flags: layout.flags === undefined ? 0 : object.u32(layout.flags),
    freePointer: u32(layout.offset),
    leftPad: redZones(layout, object) ? u32(layout.redLeftPad) : 0,
    random: pointer(layout.random),
    cpuSlab: pointer(layout.cpuSlab),
    cpuSheaves: pointer(layout.cpuSheaves),
    nodes: layout.nodes.map((offset) => kernelPointer(prog, object.pointer(offset))),
    barns: layout.barns.map((offset) => kernelPointer(prog, object.pointer(offset))),
  };
}

function kernelPointer(prog: Program, at: Addr): Addr {
  return isKernelPointer(prog, at) ? at : 0n;
}

/** `red_left_pad` is set for every cache of a kernel with SLUB_DEBUG; it counts only where SLAB_RED_ZONE is on. */
function redZones(layout: SlabCacheLayout, object: KernelStruct): boolean {
  return layout.flags !== undefined && ((object.u32(layout.flags) >>> layout.redZoneBit) & 1) === 1;
}

function cacheName(prog: Program, at: Addr, cache: Addr, problems: Problem[]): string {
  try {
    return prog.memory.cString(at, 128);
  } catch (e) {
    noteProblem(problems, `name of slab cache ${cache.toString(16)}`, e);
    return '(unknown)';
  }
}
