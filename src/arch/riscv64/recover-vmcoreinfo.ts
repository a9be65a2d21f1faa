import { hex } from '../../base/hex.ts';
import type { Addr, PhysAddr } from '../../base/units.ts';
import { firstMapped, type Mapped, type PagingFormat, pageWalker } from '../../memory/page-walk.ts';
import type { PhysicalMemory } from '../../memory/physical.ts';
import { type Banner, kernelBanners } from '../kernel-banner.ts';
import { riscvPaging } from './paging.ts';

const END_OF_MEMORY = 1n << 64n;
/** The image lies in the last 2 GiB of addresses: KERNEL_LINK_ADDR, arch/riscv/include/asm/pgtable.h. */
const IMAGES = END_OF_MEMORY - (1n << 31n);
const PAGE = 4096;
/** `swapper_pg_dir` lies in the zeroed data behind the read-only data that begins with the banner. */
const BEHIND_BANNER = 64 << 20;
const IMAGE_STEP = 0x10000n;
const IMAGE_LIMIT = 128n << 20n;
const VA_BITS = [57, 48, 39];
/** So many pages are looked at for being a table: seconds. */
const MOST_PAGES = 300_000;
/** A root is for the most part empty. */
const MOST_ENTRIES = 300;

/** A table that maps the banner, and itself to where it is. */
interface Found {
  readonly paging: PagingFormat;
  readonly vaBits: number;
  readonly root: PhysAddr;
  /** What to add to a physical address of the image. */
  readonly delta: bigint;
  /** Where the linear map has the table too. */
  readonly linear: Mapped;
}

/**
 * What VMCOREINFO would say of a kernel that is found by its banner and by the page tables behind it, which map the image
 * that both are part of: where it is mapped, not the layout of any structure. Undefined when there is none.
 */
export function recoverRiscvInfo(memory: PhysicalMemory): string | undefined {
  let left = MOST_PAGES;
  for (const banner of kernelBanners(memory)) {
    const first = Math.ceil(banner.at / PAGE) * PAGE;
    for (let root = first; root < banner.at + BEHIND_BANNER && left > 0; root += PAGE, left--) {
      if (!looksLikeRoot(memory, root)) continue;
      for (const vaBits of VA_BITS) {
        const found = rootAt(memory, root, vaBits, banner);
        if (found) return infoText(memory, found, banner);
      }
    }
  }
  return undefined;
}

/** Whether a page has some valid entries, in its upper half too, and most of it is empty. */
function looksLikeRoot(memory: PhysicalMemory, root: PhysAddr): boolean {
  const bytes = new Uint8Array(PAGE);
  if (memory.read(root, bytes)) return false;
  const view = new DataView(bytes.buffer);
  // of the image, which is at the end: with Sv39 the last entry but one
  if (((view.getUint32(PAGE - 16, true) | view.getUint32(PAGE - 8, true)) & 1) === 0) return false;
  let used = 0;
  for (let at = 0; at < PAGE; at += 8) {
    const lo = view.getUint32(at, true);
    if (lo === 0 && view.getUint32(at + 4, true) === 0) continue;
    if ((lo & 1) === 0 || ++used > MOST_ENTRIES) return false;
  }
  return true;
}

/** The page as a root that maps the banner, and itself twice: in the image and in the linear map. */
function rootAt(memory: PhysicalMemory, root: PhysAddr, vaBits: number, banner: Banner): Found | undefined {
  const paging = riscvPaging(vaBits);
  const holds =
    (place: PhysAddr) =>
    ({ phys, size }: Mapped): boolean =>
      place >= phys && place < phys + size;
  const image = firstMapped(memory, paging, root, IMAGES, END_OF_MEMORY, holds(banner.at));
  if (!image || image.at < IMAGES) return undefined;
  const delta = image.at - BigInt(image.phys);
  const where = pageWalker(memory, paging, root)(BigInt(root) + delta);
  if (typeof where === 'string' || where.phys !== root) return undefined;
  const low = END_OF_MEMORY - (1n << BigInt(vaBits - 1));
  const linear = firstMapped(memory, paging, root, low, IMAGES, holds(root));
  return linear && { paging, vaBits, root, delta, linear };
}

function infoText(memory: PhysicalMemory, found: Found, banner: Banner): string {
  const { vaBits, root, delta, linear } = found;
  return [
    `OSRELEASE=${banner.release}`,
    `PAGESIZE=${PAGE}`,
    `SYMBOL(swapper_pg_dir)=${hex(BigInt(root) + delta).slice(2)}`,
    `SYMBOL(_stext)=${hex(imageStart(memory, found, banner)).slice(2)}`,
    `NUMBER(VA_BITS)=${vaBits}`,
    `NUMBER(va_kernel_pa_offset)=${hex(delta)}`,
    `NUMBER(PAGE_OFFSET)=${hex(linear.at)}`,
    `NUMBER(phys_ram_base)=${linear.phys}`,
    '',
  ].join('\n');
}

/** The first address that is mapped in one piece with the banner. */
function imageStart(memory: PhysicalMemory, { paging, root, delta }: Found, banner: Banner): Addr {
  const walk = pageWalker(memory, paging, root);
  const inImage = (at: Addr): boolean => {
    const where = walk(at);
    return typeof where !== 'string' && BigInt(where.phys) === at - delta;
  };
  const here = BigInt(banner.at) + delta;
  let start = here - (here % IMAGE_STEP);
  while (here - start < IMAGE_LIMIT && start > IMAGES && inImage(start - IMAGE_STEP)) start -= IMAGE_STEP;
  return start;
}
