import { hex } from '../base/hex.ts';
import { addrAdd } from '../base/u64.ts';
import type { Addr } from '../base/units.ts';
import type { Problem } from '../program/ports.ts';
import type { Program } from '../program/program.ts';
import { KernelStruct } from './kernel-struct.ts';
import { listEntries } from './list.ts';
import { noteProblem } from './note-problem.ts';
import { perCpuOffset, possibleCpus } from './percpu.ts';
import type { SlabCache } from './slab-cache.ts';

/** An array of free objects, `struct slab_sheaf`. */
export interface Sheaf {
  readonly address: Addr;
  readonly role: 'main' | 'spare' | 'rcu' | 'barn';
  /** Of the CPU, or of the node for a sheaf in a barn. */
  readonly where: number;
  readonly size: number;
}

export interface CacheSheaves {
  readonly sheaves: readonly Sheaf[];
  /** Objects in all of them. */
  readonly objectCount: number;
}

const MAX_SHEAF = 65_536;
const MAX_SHEAVES = 1_000_000;
const NONE: CacheSheaves = { sheaves: [], objectCount: 0 };
const ROLES = { main: 'main', spare: 'spare', rcu_free: 'rcu' } as const;

/**
 * Free objects that CPUs and nodes keep in arrays: `struct slub_percpu_sheaves`, `struct node_barn`. Commit 2d517aa09bbc
 * ("slab: add opt-in caching layer of percpu sheaves", v6.18). None on kernels before.
 */
export function cacheSheaves(prog: Program, cache: SlabCache, problems: Problem[]): CacheSheaves {
  if (cache.cpuSheaves === 0n && cache.barns.length === 0) return NONE;
  if (!prog.findType('slab_sheaf')) return NONE;
  const sheaves: Sheaf[] = [];
  const reader = new KernelStruct(prog, prog.type('slab_sheaf').size);
  const sizeAt = prog.offset('slab_sheaf', 'size');
  const cacheAt = prog.offset('slab_sheaf', 'cache');
  let objectCount = 0;
  const add = (address: Addr, role: Sheaf['role'], where: number): void => {
    if (address === 0n) return;
    const fault = reader.load(address);
    const size = fault ? 0 : reader.u32(sizeAt);
    if (fault || size > MAX_SHEAF || (size > 0 && reader.pointer(cacheAt) !== cache.address)) {
      // a cache that is not set up yet has one sheaf for all, which is empty and says no cache
      problems.push({ what: cache.name, why: `sheaf ${hex(address)} cannot be one of this cache` });
      return;
    }
    objectCount += size;
    sheaves.push({ address, role, where, size });
  };
  if (cache.cpuSheaves !== 0n) {
    const object = new KernelStruct(prog, prog.type('slub_percpu_sheaves').size);
    for (const cpu of possibleCpus(prog)) {
      if (object.load(addrAdd(cache.cpuSheaves, perCpuOffset(prog, cpu)))) continue;
      for (const [member, role] of Object.entries(ROLES)) {
        const place = prog.findMember('slub_percpu_sheaves', member);
        if (place) add(object.pointer(place.offset), role, cpu);
      }
    }
  }
  barnsOf(prog, cache).forEach((barn, node) => {
    if (barn === 0n) return;
    try {
      const head = addrAdd(barn, prog.offset('node_barn', 'sheaves_full'));
      for (const entry of listEntries(prog, head, `${cache.name}: full sheaves of node ${node}`, MAX_SHEAVES)) {
        add(prog.container(entry, 'slab_sheaf', 'barn_list'), 'barn', node);
      }
    } catch (e) {
      noteProblem(problems, cache.name, e);
    }
  });
  return { sheaves, objectCount };
}

/** Of each node: in the cache itself, or in `struct kmem_cache_node` when sheaves were new (v6.18). */
function barnsOf(prog: Program, cache: SlabCache): readonly Addr[] {
  if (cache.barns.length > 0) return cache.barns;
  const member = prog.findMember('kmem_cache_node', 'barn');
  if (!member) return [];
  return cache.nodes.map((node) => (node === 0n ? 0n : prog.memory.ulong(addrAdd(node, member.offset))));
}

/** Addresses of the objects in a sheaf; fewer when they cannot be read. */
export function sheafObjects(prog: Program, sheaf: Sheaf): Addr[] {
  const pointer = prog.arch.pointerSize;
  const table = new KernelStruct(prog, sheaf.size * pointer);
  const at = addrAdd(sheaf.address, prog.offset('slab_sheaf', 'objects'));
  if (table.loadPart(at) === 0) return [];
  return Array.from({ length: sheaf.size }, (_, i) => table.pointer(i * pointer));
}
