import { hex } from '../../base/hex.ts';
import type { PhysicalMemory } from '../../memory/physical.ts';
import { kernelBanners } from '../kernel-banner.ts';
import { START_KERNEL_MAP } from './address-layout-constants.ts';
import { type FoundRoot, findX86Roots } from './find-root.ts';

/** No kernel image is larger. */
const IMAGE_LIMIT = 128 << 20;
const PAGE = 4096n;

/**
 * What VMCOREINFO would say of a kernel that is found by its page tables and its banner alone: where it is mapped, not the
 * layout of any structure. Undefined when there is none.
 */
export function recoverX86Info(memory: PhysicalMemory): string | undefined {
  const roots = findX86Roots(memory);
  const inImage = (r: FoundRoot): boolean => r.root > r.image.phys && r.root < r.image.phys + IMAGE_LIMIT;
  // swapper_pg_dir is part of the image; the tables of processes are not
  for (const found of [...roots.filter(inImage), ...roots.filter((r) => !inImage(r))]) {
    const { image, root, fiveLevels } = found;
    const banner = kernelBanners(memory).find((b) => b.at > image.phys && b.at < image.phys + IMAGE_LIMIT);
    if (!banner) continue;
    const physBase = BigInt(image.phys) - (image.at - START_KERNEL_MAP);
    // without its own table any address of the image will do: another root is then found that maps it
    const swapper = inImage(found) ? BigInt(root) - physBase + START_KERNEL_MAP : image.at + PAGE;
    return [
      `OSRELEASE=${banner.release}`,
      'PAGESIZE=4096',
      `SYMBOL(swapper_pg_dir)=${hex(swapper).slice(2)}`,
      `SYMBOL(_stext)=${hex(image.at).slice(2)}`,
      `NUMBER(phys_base)=${physBase}`,
      `NUMBER(pgtable_l5_enabled)=${fiveLevels ? 1 : 0}`,
      '',
    ].join('\n');
  }
  return undefined;
}
