import { addrAdd } from '../base/u64.ts';
import type { Addr, Bytes } from '../base/units.ts';
import type { Problem } from '../program/ports.ts';
import type { Program } from '../program/program.ts';
import { KernelStruct } from './kernel-struct.ts';
import { listEntries } from './list.ts';
import { noteProblem } from './note-problem.ts';
import { rbtreeEntries } from './rbtree.ts';

/** An area of vmalloc space that is in use, `struct vmap_area`. */
export interface VmapArea {
  readonly address: Addr;
  /** Its `struct vm_struct`; 0n for an area without, such as vm_map_ram's. */
  readonly vm: Addr;
  readonly start: Addr;
  /** Exclusive. */
  readonly end: Addr;
  /** What its users have of it: the area but for the guard page. */
  readonly size: Bytes;
  /** Number of pages, physical address and caller of its vm_struct; 0 where it has none. */
  readonly pages: number;
  readonly physical: bigint;
  readonly caller: Addr;
  readonly flags: number;
}

export interface VmapAreas {
  /** Ascending. */
  readonly areas: readonly VmapArea[];
  readonly problems: readonly Problem[];
}

const MAX_NODES = 4096;
/** MAX_VA_SIZE_PAGES, mm/vmalloc.c */
const MAX_POOLS = 256;

/**
 * The areas of vmalloc space: in one tree, or since commit d093602919ad ("mm: vmalloc: remove global vmap_area_root
 * rb-tree", v6.9) in the `busy` tree of each `struct vmap_node`.
 * @throws NotFoundError MemoryFault
 */
export function vmapAreas(prog: Program): VmapAreas {
  const problems: Problem[] = [];
  const link = prog.offset('vmap_area', 'rb_node');
  const found: Addr[] = [];
  const list = prog.findSymbol('vmap_area_list'); // VMCOREINFO states it where the symbol table lacks the tree
  const tree = prog.findSymbol('vmap_area_root');
  try {
    if (!tree && list) {
      const at = prog.offset('vmap_area', 'list');
      for (const node of listEntries(prog, list.address, 'vmalloc areas')) found.push(addrAdd(node, -at));
    }
    for (const root of tree ? [tree.address] : list ? [] : vmapRoots(prog, 'busy', 'root')) {
      for (const node of rbtreeEntries(prog, root, 'vmalloc areas')) found.push(addrAdd(node, -link));
    }
  } catch (e) {
    noteProblem(problems, 'vmalloc areas', e);
  }
  const areas = readAreas(prog, found);
  areas.sort((a, b) => (a.start < b.start ? -1 : a.start > b.start ? 1 : 0));
  return { areas, problems };
}

/**
 * Areas that were given back and are still kept from reuse, until the CPUs have forgotten their translations (neighbours may
 * stand there as one), and since v6.9 those that wait in the nodes' pools to be given out again.
 * @throws NotFoundError MemoryFault
 */
export function freedVmapAreas(prog: Program): VmapAreas {
  const problems: Problem[] = [];
  const link = prog.offset('vmap_area', 'list');
  const list = prog.findSymbol('purge_vmap_area_list');
  const heads = list ? [list.address] : [...vmapRoots(prog, 'lazy', 'head'), ...vmapPools(prog)];
  const found: Addr[] = [];
  for (const head of heads) {
    try {
      for (const node of listEntries(prog, head, 'freed vmalloc areas')) found.push(addrAdd(node, -link));
    } catch (e) {
      noteProblem(problems, 'freed vmalloc areas', e);
    }
  }
  return { areas: readAreas(prog, found), problems };
}

/** A part of each node. */
function vmapRoots(prog: Program, part: 'busy' | 'lazy', member: 'root' | 'head'): Addr[] {
  const root = prog.offset('vmap_node', part) + prog.offset('rb_list', member);
  return vmapNodes(prog).map((node) => addrAdd(node, root));
}

/** The lists of each node's pools, one for each number of pages; those that are empty are left out. */
function vmapPools(prog: Program): Addr[] {
  const pool = prog.findMember('vmap_node', 'pool');
  if (!pool) return [];
  const step = prog.type('vmap_pool').size;
  const len = prog.offset('vmap_pool', 'len');
  const head = prog.offset('vmap_pool', 'head');
  const all = new KernelStruct(prog, Math.min(pool.type.size, MAX_POOLS * step));
  const heads: Addr[] = [];
  for (const node of vmapNodes(prog)) {
    const there = all.loadPart(addrAdd(node, pool.offset));
    for (let at = 0; at + step <= there; at += step) {
      if (all.pointer(at + len) !== 0n) heads.push(addrAdd(node, pool.offset + at + head));
    }
  }
  return heads;
}

function vmapNodes(prog: Program): Addr[] {
  const { memory } = prog;
  const size = prog.type('vmap_node').size;
  const nodes = memory.ulong(prog.symbol('vmap_nodes'));
  const counter = prog.findSymbol('nr_vmap_nodes');
  const count = Math.min(counter ? memory.u32(counter.address) : 1, MAX_NODES);
  return Array.from({ length: count }, (_, i) => addrAdd(nodes, i * size));
}

function readAreas(prog: Program, addresses: readonly Addr[]): VmapArea[] {
  const area = new KernelStruct(prog, prog.type('vmap_area').size);
  const vm = new KernelStruct(prog, prog.type('vm_struct').size);
  const at = {
    start: prog.offset('vmap_area', 'va_start'),
    end: prog.offset('vmap_area', 'va_end'),
    vm: prog.offset('vmap_area', 'vm'),
    addr: prog.offset('vm_struct', 'addr'),
    pages: prog.offset('vm_struct', 'nr_pages'),
    phys: prog.offset('vm_struct', 'phys_addr'),
    caller: prog.offset('vm_struct', 'caller'),
    flags: prog.offset('vm_struct', 'flags'),
    size: prog.offset('vm_struct', 'size'),
  };
  const areas: VmapArea[] = [];
  for (const address of addresses) {
    if (area.load(address)) continue;
    const start = area.pointer(at.start);
    const end = area.pointer(at.end);
    const pointer = area.pointer(at.vm);
    // the word holds something else in an area without a vm_struct: it is one only when it leads back
    const isVm = pointer !== 0n && !vm.load(pointer) && vm.pointer(at.addr) === start;
    areas.push({
      address,
      vm: isVm ? pointer : 0n,
      start,
      end,
      size: isVm ? vm.long(at.size) : Number(end - start),
      pages: isVm ? vm.u32(at.pages) : 0,
      physical: isVm ? vm.u64(at.phys) : 0n,
      caller: isVm ? vm.pointer(at.caller) : 0n,
      flags: isVm ? vm.u32(at.flags) : 0,
    });
  }
  return areas;
}
