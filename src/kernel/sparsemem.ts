import { perOwner } from '../base/lazy.ts';
import { addrAdd } from '../base/u64.ts';
import type { Addr, Pfn } from '../base/units.ts';
import type { Program } from '../program/program.ts';
import { isKernelPointer, KernelStruct } from './kernel-struct.ts';

/** A piece of the memory map of SPARSEMEM. */
export interface MemorySection {
  readonly number: number;
  /** Of its `struct mem_section`. */
  readonly address: Addr;
  /** `section_mem_map` without its flags: the map less its first page frame. */
  readonly codedMap: Addr;
  /** Its `struct page` array. */
  readonly map: Addr;
  /** Low bits of `section_mem_map`: SECTION_MARKED_PRESENT, _HAS_MEM_MAP, _IS_ONLINE, _IS_EARLY, ... */
  readonly flags: number;
  readonly firstFrame: Pfn;
}

export interface MemorySections {
  readonly sections: readonly MemorySection[];
  readonly pagesPerSection: number;
}

const MAX_ROOTS = 1 << 16;
const MAX_SECTIONS = 1 << 20;
/** Bits that the kernel has used for flags; a page array is aligned to far more. */
const MAP_BITS = 12n;

/**
 * The sections that have memory, ascending; none when the kernel does not use SPARSEMEM.
 * Source: include/linux/mmzone.h (`SECTIONS_PER_ROOT`), `SECTION_SIZE_BITS` from VMCOREINFO since Linux 4f5aecdff25f
 * ("crash_core, vmcoreinfo: append 'SECTION_SIZE_BITS' to vmcoreinfo", v5.8).
 * @throws MemoryFault
 */
export const memorySections = perOwner((prog: Program): MemorySections => {
  const array = prog.vmcoreinfo.symbol('mem_section') ?? prog.findSymbol('mem_section')?.address;
  const size = prog.findType('mem_section')?.size ?? prog.vmcoreinfo.size('mem_section');
  const member = prog.findMember('mem_section', 'section_mem_map')?.offset ?? 0;
  const bits = sectionBits(prog);
  const pagesPerSection = 2 ** bits / prog.pageSize;
  if (array === undefined || !size) return { sections: [], pagesPerSection };
  const perRoot = Math.floor(prog.pageSize / size);
  const length = Math.min(prog.vmcoreinfo.length('mem_section') ?? MAX_ROOTS, MAX_ROOTS);
  const sections: MemorySection[] = [];
  const addRoot = (root: Addr, first: number, count: number): void => {
    const table = new KernelStruct(prog, count * size);
    if (table.loadPart(root) === 0) return;
    for (let i = 0; i < count && sections.length < MAX_SECTIONS; i++) {
      const word = table.pointer(i * size + member);
      if ((word & 1n) === 0n) continue; // SECTION_MARKED_PRESENT
      const number = first + i;
      const firstFrame = number * pagesPerSection;
      const codedMap = (word >> MAP_BITS) << MAP_BITS;
      if (!isKernelPointer(prog, codedMap)) continue; // damage: the words behind the roots may be anything
      const map = addrAdd(codedMap, BigInt(firstFrame) * BigInt(prog.findType('page')?.size ?? 0));
      const flags = Number(word & ((1n << MAP_BITS) - 1n));
      sections.push({ number, address: addrAdd(root, i * size), codedMap, map, flags, firstFrame });
    }
  };
  const first = prog.memory.ulong(array);
  // SPARSEMEM_EXTREME: the variable points to an array of pointers (dynamically allocated since Linux 83e3c48729d9, v4.15).
  const roots =
    isKernelPointer(prog, first) && typeof prog.map.translate(first) !== 'string' ? rootsOf(prog, array, length) : [];
  if (roots.length === 0) addRoot(array, 0, Math.min(length, perRoot));
  roots.forEach((root, i) => {
    if (isKernelPointer(prog, root)) addRoot(root, i * perRoot, perRoot);
  });
  return { sections, pagesPerSection };
});

function rootsOf(prog: Program, array: Addr, length: number): Addr[] {
  const table = new KernelStruct(prog, length * prog.arch.pointerSize);
  table.loadPart(array);
  return Array.from({ length }, (_, i) => table.pointer(i * prog.arch.pointerSize));
}

/** SECTION_SIZE_BITS; where VMCOREINFO lacks it, from where the first two sections' memory blocks say they begin. */
function sectionBits(prog: Program): number {
  const stated = prog.vmcoreinfo.number('SECTION_SIZE_BITS');
  return stated !== undefined && stated >= 20n && stated <= 40n ? Number(stated) : 27;
}
