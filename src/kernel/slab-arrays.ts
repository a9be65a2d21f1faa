import { FAULT_TEXT } from '../base/errors.ts';
import { hex } from '../base/hex.ts';
import { addrAdd } from '../base/u64.ts';
import type { Addr, Bytes } from '../base/units.ts';
import type { Problem } from '../program/ports.ts';
import type { Program } from '../program/program.ts';
import { isKernelPointer, KernelStruct } from './kernel-struct.ts';
import { listEntries } from './list.ts';
import { noteProblem } from './note-problem.ts';
import { perCpuOffset, possibleCpus } from './percpu.ts';
import type { SlabCache } from './slab-cache.ts';
import { slabCacheLayout } from './slab-layout.ts';

const MAX_SLABS = 16_777_216;
const MAX_ARRAY = 1 << 16;

/** A slab of the SLAB allocator. */
export interface ArraySlab {
  /** Of its descriptor: `struct slab`, before Linux 5.17 `struct page`. */
  readonly address: Addr;
  /** Where its objects begin, `s_mem`. */
  readonly memory: Addr;
  readonly list: 'partial' | 'full' | 'free';
  readonly node: number;
  readonly total: number;
  /** Indices of its free objects. */
  readonly free: readonly number[];
}

/** Whether the kernel was built with CONFIG_SLAB: its caches have arrays of free objects for each CPU. */
export function usesSlabArrays(prog: Program): boolean {
  return slabCacheLayout(prog).cpuCache !== undefined && prog.findType('array_cache') !== undefined;
}

/** Lists of slabs in `struct kmem_cache_node`. */
const LISTS = ['partial', 'full', 'free'] as const;

/**
 * The slabs of a cache of the SLAB allocator (mm/slab.c, until Linux 6.7), list by list. A slab is an array of objects and
 * one of the indices of those that are free, of which the first `active` are used up.
 * @throws NotFoundError when the kernel's types are not known
 */
export function* arraySlabs(prog: Program, cache: SlabCache, problems: Problem[]): Generator<ArraySlab> {
  const type = prog.findMember('slab', 's_mem') ? 'slab' : 'page';
  const object = new KernelStruct(prog, prog.type(type).size);
  const link = prog.offset(type, 'slab_list', 'lru');
  const at = {
    memory: prog.offset(type, 's_mem'),
    active: prog.offset(type, 'active'),
    freelist: prog.offset(type, 'freelist'),
    cache: prog.offset(type, 'slab_cache'),
  };
  for (const [node, address] of cache.nodes.entries()) {
    if (address === 0n) continue;
    for (const list of LISTS) {
      const head = addrAdd(address, prog.offset('kmem_cache_node', `slabs_${list}`));
      try {
        for (const entry of listEntries(prog, head, `${cache.name}: ${list} slabs of node ${node}`, MAX_SLABS)) {
          const slab = addrAdd(entry, -link);
          const fault = object.load(slab);
          if (fault || object.pointer(at.cache) !== cache.address) {
            const why = fault ? `its descriptor is ${FAULT_TEXT[fault]}` : 'it belongs to another cache';
            problems.push({ what: cache.name, why: `slab ${hex(slab)}: ${why}` });
            continue;
          }
          const active = object.u32(at.active);
          const free = freeIndices(prog, cache, object.pointer(at.freelist), active, problems);
          const memory = object.pointer(at.memory);
          yield { address: slab, memory, list, node, total: cache.objectsPerSlab, free };
        }
      } catch (e) {
        noteProblem(problems, cache.name, e);
      }
    }
  }
}

/** `freelist_idx_t` of the kernel: one byte or two. */
function indexSize(prog: Program): Bytes {
  return prog.findType('freelist_idx_t')?.size ?? 1;
}

function freeIndices(prog: Program, cache: SlabCache, list: Addr, active: number, problems: Problem[]): number[] {
  const total = cache.objectsPerSlab;
  const size = indexSize(prog);
  const count = total - active;
  if (count < 0 || active < 0) {
    problems.push({ what: cache.name, why: `a slab counts ${active} objects in use, it has ${total}` });
    return [];
  }
  const bytes = new KernelStruct(prog, count * size);
  if (count === 0) return [];
  const fault = bytes.load(addrAdd(list, active * size));
  if (fault) {
    problems.push({ what: cache.name, why: `free list ${hex(list)} is ${FAULT_TEXT[fault]}` });
    return [];
  }
  const found = new Set<number>();
  for (let i = 0; i < count; i++) {
    const index = size === 1 ? bytes.u8(i) : bytes.u16(i * 2);
    if (index < total) found.add(index);
  }
  if (found.size < count)
    problems.push({ what: cache.name, why: `free list ${hex(list)} names objects twice or none` });
  return [...found];
}

/** Objects in an array of free ones. */
export interface FreeArray {
  /** `CPU 0`, `node 0` */
  readonly owner: string;
  readonly cpu: number | undefined;
  readonly objects: readonly Addr[];
}

/** The arrays that keep free objects at hand: of CPUs, shared by those of a node, and for the objects of other nodes. */
export function freeArrays(prog: Program, cache: SlabCache, problems: Problem[]): FreeArray[] {
  const arrays: FreeArray[] = [];
  const add = (at: Addr, owner: string, cpu: number | undefined): void => {
    if (!isKernelPointer(prog, at)) return;
    arrays.push({ owner, cpu, objects: arrayObjects(prog, cache, at, owner, problems) });
  };
  const { cpuCache } = slabCacheLayout(prog);
  try {
    const base = prog.memory.ulong(addrAdd(cache.address, cpuCache ?? 0));
    for (const cpu of possibleCpus(prog)) {
      add(BigInt.asUintN(64, base + perCpuOffset(prog, cpu)), `CPU ${cpu}`, cpu);
    }
    const shared = prog.findMember('kmem_cache_node', 'shared');
    const alien = prog.findMember('kmem_cache_node', 'alien');
    const inside = prog.findMember('alien_cache', 'ac')?.offset ?? 0;
    for (const [node, address] of cache.nodes.entries()) {
      if (address === 0n) continue;
      if (shared) add(prog.memory.ulong(addrAdd(address, shared.offset)), `node ${node}`, undefined);
      const others = alien ? prog.memory.ulong(addrAdd(address, alien.offset)) : 0n;
      if (!isKernelPointer(prog, others)) continue;
      for (let i = 0; i < cache.nodes.length; i++) {
        const one = prog.memory.ulong(addrAdd(others, i * prog.arch.pointerSize));
        if (one !== 0n) add(addrAdd(one, inside), `node ${node} of node ${i}`, undefined);
      }
    }
  } catch (e) {
    noteProblem(problems, cache.name, e);
  }
  return arrays;
}

function arrayObjects(prog: Program, cache: SlabCache, at: Addr, owner: string, problems: Problem[]): Addr[] {
  const pointer = prog.arch.pointerSize;
  const count = prog.memory.u32(addrAdd(at, prog.offset('array_cache', 'avail')));
  if (count > MAX_ARRAY) {
    problems.push({ what: cache.name, why: `array of ${owner}: ${count} objects cannot be` });
    return [];
  }
  const entries = new KernelStruct(prog, count * pointer);
  if (count > 0 && entries.load(addrAdd(at, prog.offset('array_cache', 'entry')))) {
    problems.push({ what: cache.name, why: `array of ${owner} at ${hex(at)} cannot be read` });
    return [];
  }
  return Array.from({ length: count }, (_, i) => entries.pointer(i * pointer));
}
