import { hex } from '../../base/hex.ts';
import type { PhysAddr } from '../../base/units.ts';
import { firstMapped, type PagingFormat, pageWalker, walkSteps } from '../../memory/page-walk.ts';
import type { PhysicalMemory } from '../../memory/physical.ts';
import { type Banner, kernelBanners } from '../kernel-banner.ts';
import { LINEAR_START, virtualRegions } from './address-layout.ts';
import { radixPaging } from './paging.ts';

/** `swapper_pg_dir` is in the bss of the image that the banner is in. */
const BEHIND_BANNER = 64 << 20;
const PAGE = 65536;
/** An entry that leads to a table states the bits of that table's index. Power ISA 3.0B, book III, 5.7.10.1. */
const INDEX_BITS = 0x1fn;
/** Of the last level: RADIX_PTE_INDEX_SIZE, and what that says of the page size. */
const SHIFT_OF_INDEX: Readonly<Record<number, number>> = { 5: 16, 9: 12 };

/**
 * What VMCOREINFO would say of a kernel with a radix tree, which is found by its banner and by the root that maps itself.
 * The hashed page table leaves nothing of that kind. Undefined when there is none.
 */
export function recoverPpcInfo(memory: PhysicalMemory): string | undefined {
  // the upper levels are the same with every page size, and so are the first entries of the last
  const paging = radixPaging(12);
  if (!paging) return undefined;
  for (const banner of kernelBanners(memory)) {
    const start = Math.ceil(banner.at / PAGE) * PAGE;
    for (let root = start; root < start + BEHIND_BANNER; root += PAGE) {
      const shift = mapsItself(memory, paging, root) ? pageShift(memory, paging, root) : undefined;
      if (shift !== undefined) return infoText(banner, root, shift);
    }
  }
  return undefined;
}

function mapsItself(memory: PhysicalMemory, paging: PagingFormat, root: PhysAddr): boolean {
  const first = new Uint8Array(8);
  if (memory.read(root, first) !== undefined) return false;
  if ((new DataView(first.buffer).getBigUint64(0, false) & INDEX_BITS) !== 9n) return false;
  const where = pageWalker(memory, paging, root)(LINEAR_START + BigInt(root));
  return typeof where === 'object' && where.phys === root;
}

/** By an entry that leads to a table of the last level, among those of vmalloc. */
function pageShift(memory: PhysicalMemory, paging: PagingFormat, root: PhysAddr): number | undefined {
  const [{ vmalloc, vmemmap }] = virtualRegions(true, 16);
  const mapped = firstMapped(memory, paging, root, vmalloc, vmemmap);
  const entry = mapped && walkSteps(memory, paging, root, mapped.at).steps[2]?.entry;
  return entry === undefined ? undefined : SHIFT_OF_INDEX[Number(entry & INDEX_BITS)];
}

function infoText(banner: Banner, root: PhysAddr, shift: number): string {
  return [
    `OSRELEASE=${banner.release}`,
    `PAGESIZE=${2 ** shift}`,
    `SYMBOL(swapper_pg_dir)=${hex(LINEAR_START + BigInt(root)).slice(2)}`,
    `SYMBOL(_stext)=${hex(LINEAR_START).slice(2)}`,
    'NUMBER(RADIX_MMU)=1',
    '',
  ].join('\n');
}
