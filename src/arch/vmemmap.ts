import type { Addr } from '../base/units.ts';
import { AddressSpace, type Translate } from '../memory/address-space.ts';
import type { PhysicalMemory } from '../memory/physical.ts';
import type { Vmcoreinfo } from '../program/vmcoreinfo.ts';

/** SECTION_MAP_MASK keeps its flags in the low bits of `section_mem_map`: 5 of them in 5.10, 6 and more later. */
const FLAG_BITS = 12n;
const MAX_ROOTS = 1 << 16;

/**
 * Virtual address of `struct page` of page frame 0, from SPARSEMEM's section table: `section_mem_map` holds the section's
 * map less its first page frame, which with a virtual memory map is the same in every section.
 * Source: `sparse_encode_mem_map` in mm/sparse.c; `SYMBOL(mem_section)` in VMCOREINFO is the array itself.
 */
export function vmemmapFromSections(
  info: Vmcoreinfo,
  memory: PhysicalMemory,
  translate: Translate,
  pageSize: number,
  littleEndian = true,
): Addr | undefined {
  const array = info.symbol('mem_section');
  const entrySize = info.size('mem_section');
  const count = info.length('mem_section');
  const offset = info.offset('mem_section.section_mem_map');
  if (array === undefined || !entrySize || !count || offset === undefined) return undefined;
  const space = new AddressSpace(memory, translate, littleEndian, 8);
  const pointer = (at: Addr) => {
    const where = space.translate(at);
    if (typeof where === 'string' || typeof memory.chunk(where.phys) === 'string') return 0n;
    return space.u64(at);
  };
  const firstMap = (root: Addr, entries: number): Addr | undefined => {
    for (let i = 0; i < entries; i++) {
      const map = (pointer(root + BigInt(i * entrySize + offset)) >> FLAG_BITS) << FLAG_BITS;
      if (map !== 0n) return map;
    }
    return undefined;
  };
  // SPARSEMEM_EXTREME: an array of pointers to pages full of sections. Without it, the sections themselves.
  const perRoot = Math.floor(pageSize / entrySize);
  for (let i = 0; i < Math.min(count, MAX_ROOTS); i++) {
    const root = pointer(array + BigInt(i * 8));
    if (root === 0n) continue;
    const map = (root & 7n) === 0n && typeof translate(root) !== 'string' ? firstMap(root, perRoot) : undefined;
    return map ?? firstMap(array, Math.min(count, perRoot));
  }
  return undefined;
}
