import { NotFoundError } from '../base/errors.ts';
import { perOwner } from '../base/lazy.ts';
import type { Bytes } from '../base/units.ts';
import type { Program } from '../program/program.ts';
import type { MemberPlace } from '../types/c-type.ts';
import { enumerators } from './enumerators.ts';

/** Where the members of `struct kmem_cache` are; absent: this kernel's allocator has none of that name. */
export interface SlabCacheLayout {
  /** Bytes to copy of each cache. */
  readonly span: Bytes;
  readonly list: Bytes;
  readonly name: Bytes;
  readonly size: Bytes;
  readonly objectSize: Bytes;
  readonly flags: Bytes | undefined;
  /** SLUB */
  readonly inUse: Bytes | undefined;
  readonly oo: Bytes | undefined;
  readonly offset: Bytes | undefined;
  readonly redLeftPad: Bytes | undefined;
  readonly random: Bytes | undefined;
  readonly cpuSlab: Bytes | undefined;
  readonly cpuSheaves: Bytes | undefined;
  /** SLAB */
  readonly num: Bytes | undefined;
  readonly gfpOrder: Bytes | undefined;
  readonly cpuCache: Bytes | undefined;
  /** Of the pointer to `struct kmem_cache_node` of each node. */
  readonly nodes: readonly Bytes[];
  /** Of the pointer to `struct node_barn` of each node. */
  readonly barns: readonly Bytes[];
  /** Number of the bit SLAB_RED_ZONE in `flags`. */
  readonly redZoneBit: number;
  /** Number of the bit SLAB_STORE_USER in `flags`. */
  readonly storeUserBit: number;
}

/** MAX_NUMNODES with the largest NODES_SHIFT. */
const MAX_NODES = 1024;

/** @throws NotFoundError when the kernel's types are not known */
export const slabCacheLayout = perOwner((prog: Program): SlabCacheLayout => {
  prog.type('kmem_cache');
  const find = (path: string): Bytes | undefined => prog.findMember('kmem_cache', path)?.offset;
  const { nodes, barns } = perNode(prog);
  const flagBits = enumerators(prog, '_slab_flag_bits');
  const layout = {
    list: prog.offset('kmem_cache', 'list'),
    name: prog.offset('kmem_cache', 'name'),
    size: prog.offset('kmem_cache', 'size'),
    objectSize: prog.offset('kmem_cache', 'object_size'),
    flags: find('flags'),
    inUse: find('inuse'),
    // struct kmem_cache_order_objects has one member
    oo: find('oo'),
    offset: find('oo') === undefined ? undefined : find('offset'),
    redLeftPad: find('red_left_pad'),
    random: find('random'),
    // gone with the commits that let sheaves replace CPU slabs (v7.0)
    cpuSlab: find('cpu_slab'),
    // commit 2d517aa09bbc ("slab: add opt-in caching layer of percpu sheaves", v6.18)
    cpuSheaves: find('cpu_sheaves'),
    num: find('num'),
    gfpOrder: find('gfporder'),
    cpuCache: find('cpu_cache'),
  };
  const last = Math.max(0, ...nodes, ...barns, ...Object.values(layout).map((offset) => offset ?? 0));
  return {
    ...layout,
    span: Math.min(last + prog.arch.pointerSize, prog.type('kmem_cache').size),
    nodes,
    barns,
    // an enum since commit cc61eb851c9a ("mm, slab: use an enum to define SLAB_ cache creation flags", v6.9)
    redZoneBit: flagBits.get('_SLAB_RED_ZONE') ?? 10,
    storeUserBit: flagBits.get('_SLAB_STORE_USER') ?? 16,
  };
});

function perNode(prog: Program): { nodes: Bytes[]; barns: Bytes[] } {
  const possible = prog.findSymbol('nr_node_ids');
  const count = Math.max(1, Math.min(possible ? prog.memory.u32(possible.address) : 1, MAX_NODES));
  const pointer = prog.arch.pointerSize;
  const indices = Array.from({ length: count }, (_, i) => i);
  // struct kmem_cache_per_node_ptrs holds barn and node since sheaves are there for every cache (v7.0)
  const pair = prog.findMember('kmem_cache', 'per_node');
  if (pair) {
    const stride = prog.type('kmem_cache_per_node_ptrs').size;
    const node = prog.offset('kmem_cache_per_node_ptrs', 'node');
    const barn = prog.offset('kmem_cache_per_node_ptrs', 'barn');
    return {
      nodes: indices.map((i) => pair.offset + i * stride + node),
      barns: indices.map((i) => pair.offset + i * stride + barn),
    };
  }
  const start = prog.offset('kmem_cache', 'node');
  return { nodes: indices.map((i) => start + i * pointer), barns: [] };
}

/** Where the members of the descriptor of a slab are. */
export interface SlabPageLayout {
  /** `slab`, or `page` before commit bb192ed9aa71 ("mm/slub: Convert most struct page to struct slab by spatch", v5.17). */
  readonly type: 'slab' | 'page';
  readonly size: Bytes;
  readonly flags: Bytes;
  readonly cache: Bytes;
  readonly freelist: Bytes;
  readonly next: Bytes | undefined;
  readonly list: Bytes;
  readonly inUse: MemberPlace;
  readonly objects: MemberPlace;
}

/** @throws NotFoundError when the kernel does not use SLUB */
export const slabPageLayout = perOwner((prog: Program): SlabPageLayout => {
  const type = prog.findType('slab') ? 'slab' : 'page';
  const inUse = prog.findMember(type, 'inuse');
  const objects = prog.findMember(type, 'objects');
  if (!inUse || !objects) throw new NotFoundError('member', `${type}.objects`, 'the kernel does not use SLUB');
  return {
    type,
    size: prog.type(type).size,
    flags: 0,
    cache: prog.offset(type, 'slab_cache'),
    freelist: prog.offset(type, 'freelist'),
    next: prog.findMember(type, 'next')?.offset,
    // page.slab_list since commit 916ac0527837 ("slub: use slab_list instead of lru", v5.2)
    list: prog.offset(type, 'slab_list', 'lru'),
    inUse,
    objects,
  };
});
