import { hex } from '../../base/hex.ts';
import type { PhysAddr } from '../../base/units.ts';
import { pageWalker } from '../../memory/page-walk.ts';
import type { PhysicalMemory } from '../../memory/physical.ts';
import { type Banner, kernelBanners } from '../kernel-banner.ts';
import { LINEAR_START } from './address-layout.ts';
import { radixPaging } from './paging.ts';

/** `swapper_pg_dir` is in the bss of the image that the banner is in. */
const BEHIND_BANNER = 64 << 20;
const PAGE = 65536;

/**
 * What VMCOREINFO would say of a kernel with a radix tree, which is found by its banner and by the root that maps itself.
 * The hashed page table leaves nothing of that kind. Undefined when there is none.
 */
export function recoverPpcInfo(memory: PhysicalMemory): string | undefined {
  for (const banner of kernelBanners(memory)) {
    const start = Math.ceil(banner.at / PAGE) * PAGE;
    for (let root = start; root < start + BEHIND_BANNER; root += PAGE) {
      const shift = [16, 12].find((pageShift) => mapsItself(memory, root, pageShift));
      if (shift !== undefined) return infoText(banner, root, shift);
    }
  }
  return undefined;
}

function mapsItself(memory: PhysicalMemory, root: PhysAddr, pageShift: number): boolean {
  const paging = radixPaging(pageShift);
  const where = paging && pageWalker(memory, paging, root)(LINEAR_START + BigInt(root));
  return typeof where === 'object' && where.phys === root;
}

function infoText(banner: Banner, root: PhysAddr, pageShift: number): string {
  return [
    `OSRELEASE=${banner.release}`,
    `PAGESIZE=${2 ** pageShift}`,
    `SYMBOL(swapper_pg_dir)=${hex(LINEAR_START + BigInt(root)).slice(2)}`,
    `SYMBOL(_stext)=${hex(LINEAR_START).slice(2)}`,
    'NUMBER(RADIX_MMU)=1',
    '',
  ].join('\n');
}
