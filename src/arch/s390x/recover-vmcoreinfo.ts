import { hex } from '../../base/hex.ts';
import type { Addr, PhysAddr } from '../../base/units.ts';
import { firstMapped, type Mapped, type PagingFormat, pageWalker } from '../../memory/page-walk.ts';
import type { PhysicalMemory } from '../../memory/physical.ts';
import { type Banner, kernelBanners } from '../kernel-banner.ts';
import { formatAt } from './paging.ts';

const PAGE = 4096;
/** `swapper_pg_dir` is in the part of the image that is zeroed, behind the read-only data with the banner. */
const BEHIND_BANNER = 64 << 20;
/** Entries of a region table; each states its type, empty ones too. */
const ENTRIES = PAGE / 8;
const TYPE = 0xc;
/** Since v6.10 the image has addresses of its own in the last part of the address space. */
const IMAGE_PART = 1n << 33n;
const STEP = 0x10000n;
const IMAGE_LIMIT = 128n << 20n;

/**
 * What VMCOREINFO would say of a kernel that is found by its banner and by the page tables behind it, which map the image
 * that both are part of, and themselves. Undefined when there is none.
 */
export function recoverS390Info(memory: PhysicalMemory): string | undefined {
  for (const banner of kernelBanners(memory)) {
    const first = Math.ceil(banner.at / PAGE) * PAGE;
    for (let root = first; root < banner.at + BEHIND_BANNER; root += PAGE) {
      const format = looksLikeRoot(memory, root) ? formatAt(memory, root) : undefined;
      const delta = format && imageDelta(memory, format, root, banner);
      if (format && delta !== undefined) return infoText(memory, format, root, delta, banner);
    }
  }
  return undefined;
}

/** Whether a page is the beginning of a region table: entries of one type, some of which lead on. */
function looksLikeRoot(memory: PhysicalMemory, root: PhysAddr): boolean {
  const chunk = memory.chunk(root);
  if (typeof chunk === 'string' || root - chunk.start + PAGE > chunk.bytes.length) return false;
  const at = root - chunk.start;
  const type = chunk.view.getUint32(at + 4, false) & TYPE;
  if (type === 0) return false;
  for (let i = 0; i < ENTRIES; i++) {
    const low = chunk.view.getUint32(at + 8 * i + 4, false);
    if ((low & TYPE) !== type || (low & 0x10) !== 0) return false;
  }
  return pageWalker(memory, formatAt(memory, root) as PagingFormat, root)(0n) !== 'unmapped';
}

/** What to add to a physical address of the image, when the table maps the banner and itself by it. */
function imageDelta(memory: PhysicalMemory, format: PagingFormat, root: PhysAddr, banner: Banner): bigint | undefined {
  const walk = pageWalker(memory, format, root);
  const maps = (delta: bigint): boolean => {
    const where = walk(BigInt(root) + delta);
    return typeof where !== 'string' && where.phys === root;
  };
  const end = 1n << BigInt((format.levels[0]?.shift ?? 0) + (format.levels[0]?.bits ?? 0));
  const holds = ({ phys, size }: Mapped): boolean => banner.at >= phys && banner.at < phys + size;
  const mapped = firstMapped(memory, format, root, end - IMAGE_PART, end, holds);
  const own = mapped && mapped.at - BigInt(mapped.phys);
  if (own !== undefined && maps(own)) return own;
  return maps(0n) ? 0n : undefined;
}

function infoText(memory: PhysicalMemory, format: PagingFormat, root: PhysAddr, delta: bigint, banner: Banner): string {
  return [
    `OSRELEASE=${banner.release}`,
    `PAGESIZE=${PAGE}`,
    `SYMBOL(swapper_pg_dir)=${hex(BigInt(root) + delta).slice(2)}`,
    `SYMBOL(_stext)=${hex(imageStart(memory, format, root, delta, banner)).slice(2)}`,
    ...(delta === 0n ? [] : [`KERNELOFFSET=${hex(delta).slice(2)}`, 'KERNELOFFPHYS=0']),
    '',
  ].join('\n');
}

/** The first address that is mapped in one piece with the banner; an image in the identity mapping begins at 1 MiB or is moved. */
function imageStart(memory: PhysicalMemory, format: PagingFormat, root: PhysAddr, delta: bigint, banner: Banner): Addr {
  const walk = pageWalker(memory, format, root);
  const inImage = (at: Addr): boolean => {
    const where = walk(at);
    return typeof where !== 'string' && BigInt(where.phys) === at - delta;
  };
  const here = BigInt(banner.at) + delta;
  let start = here - (here % STEP);
  while (here - start < IMAGE_LIMIT && start - delta > 0x100000n && inImage(start - STEP)) start -= STEP;
  return start;
}
