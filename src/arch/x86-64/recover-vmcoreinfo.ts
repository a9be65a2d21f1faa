import { hex } from '../../base/hex.ts';
import type { PhysicalMemory } from '../../memory/physical.ts';
import { type Banner, kernelBanners } from '../kernel-banner.ts';
import { START_KERNEL_MAP } from './address-layout-constants.ts';
import { type FoundRoot, findX86Roots, rootsBehindBanners } from './find-root.ts';

/** No kernel image is larger. */
const IMAGE_LIMIT = 128 << 20;
const PAGE = 4096n;

/**
 * What VMCOREINFO would say of a kernel that is found by its page tables and its banner alone: where it is mapped, not the
 * layout of any structure. Undefined when there is none.
 */
export function recoverX86Info(memory: PhysicalMemory): string | undefined {
  const banners = kernelBanners(memory);
  if (banners.length === 0) return undefined;
  for (const found of likelyRoots(memory)) {
    const { phys } = found.image;
    const banner = banners.find((b) => b.at > phys && b.at < phys + IMAGE_LIMIT);
    if (banner) return infoText(found, banner);
  }
  return undefined;
}

/** `swapper_pg_dir` is part of the image, near a banner; the tables of processes are not. */
function* likelyRoots(memory: PhysicalMemory): Iterable<FoundRoot> {
  yield* rootsBehindBanners(memory).filter(inImage);
  const all = findX86Roots(memory);
  yield* all.filter(inImage);
  yield* all.filter((r) => !inImage(r));
}

function inImage({ root, image }: FoundRoot): boolean {
  return root > image.phys && root < image.phys + IMAGE_LIMIT;
}

function infoText(found: FoundRoot, banner: Banner): string {
  const { image, root, fiveLevels } = found;
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
