import { perOwner } from '../../base/lazy.ts';
import type { Addr, PhysAddr } from '../../base/units.ts';
import { firstMapped, type PagingFormat, pageWalker } from '../../memory/page-walk.ts';
import type { PhysicalMemory, PhysRange } from '../../memory/physical.ts';
import { eachPageIn, type LookAtPage } from '../each-page.ts';
import { eachBlockAndBanner, kernelBanners } from '../kernel-banner.ts';
import { DIRECT_MAP_4, DIRECT_MAP_5, START_KERNEL_MAP } from './address-layout-constants.ts';
import { x86Paging } from './paging.ts';

const KERNEL_IMAGE_SIZE = 0x40000000n;
const GIGA = 1n << 30n;
const MOST_ROOTS = 64;
const PAGE = 4096;
/** `swapper_pg_dir` lies in the data behind the read-only data, which the banner begins. */
const BEHIND_BANNER = 64 << 20;
/** `_KERNPG_TABLE` and its variants: present, writable, no huge page. Intel SDM volume 3, table 4-15. */
const TABLE_BITS = 0x3;
const TABLE_MASK = 0x183;

/** A page that looks like a top-level page table with the kernel in its upper half. */
export interface FoundRoot {
  readonly root: PhysAddr;
  readonly fiveLevels: boolean;
  /** The first address that is mapped where kernel images are, and the memory there. */
  readonly image: { readonly at: Addr; readonly phys: PhysAddr };
}

/**
 * Page tables by what they look like: the last entry leads to a kernel image, and the direct map begins on a GiB with the
 * first page of memory. Every process has a copy of the kernel's half, so there are as many as processes. Reads all of
 * memory: for a dump in which the kernel's own cannot be found.
 */
export const findX86Roots = perOwner((memory: PhysicalMemory): readonly FoundRoot[] => {
  const found: FoundRoot[] = [];
  const look = rootLook(memory, found);
  const rest = eachBlockAndBanner(memory, (at, bytes) => {
    for (let offset = 0; offset < bytes.length; offset += PAGE) look(at + offset, bytes, offset);
  });
  // Beyond what is looked at page by page: behind a banner, where the kernel's own are.
  if (rest.length > 0) lookBehindBanners(memory, rest, found);
  return found;
});

/** Those of them that are where the kernel's own is: behind a banner. */
export const rootsBehindBanners = perOwner((memory: PhysicalMemory): readonly FoundRoot[] => {
  const found: FoundRoot[] = [];
  lookBehindBanners(memory, memory.ranges(), found);
  return found;
});

function lookBehindBanners(memory: PhysicalMemory, ranges: readonly PhysRange[], found: FoundRoot[]): void {
  const look = rootLook(memory, found);
  let done = 0;
  for (const { at } of kernelBanners(memory)) {
    const range = ranges.find((r) => at >= r.start && at < r.end);
    const start = Math.max(done, at - (at % PAGE));
    if (!range) continue;
    done = Math.min(range.end, start + BEHIND_BANNER);
    eachPageIn(memory, [{ start, end: done }], PAGE, look);
  }
}

/** Adds a page that looks like a root to `found`. */
function rootLook(memory: PhysicalMemory, found: FoundRoot[]): LookAtPage {
  return (root, bytes, offset) => {
    const last = offset + 511 * 8;
    if (((bytes[last] as number) & TABLE_MASK & 0xff) !== TABLE_BITS || found.length >= MOST_ROOTS) return;
    if (((bytes[last + 7] as number) & 0x80) !== 0) return;
    for (const fiveLevels of [false, true]) {
      const image = imageBelow(memory, x86Paging(fiveLevels, 0n), root, fiveLevels);
      if (image) found.push({ root, fiveLevels, image });
    }
  };
}

function imageBelow(
  memory: PhysicalMemory,
  paging: PagingFormat,
  root: PhysAddr,
  fiveLevels: boolean,
): FoundRoot['image'] | undefined {
  const image = firstMapped(memory, paging, root, START_KERNEL_MAP, START_KERNEL_MAP + KERNEL_IMAGE_SIZE);
  if (!image || image.phys % 0x1000 !== 0 || typeof memory.chunk(image.phys) === 'string') return undefined;
  const region = fiveLevels ? DIRECT_MAP_5 : DIRECT_MAP_4;
  const direct = firstMapped(memory, paging, root, region.from, region.to);
  const base = direct ? direct.at - BigInt(direct.phys) : 1n;
  return base % GIGA === 0n && base >= region.from ? image : undefined;
}

/** Another root that maps `virt` to `phys`, where the kernel's own is not in the dump. */
export function otherX86Root(
  memory: PhysicalMemory,
  paging: PagingFormat,
  virt: Addr,
  phys: PhysAddr,
): PhysAddr | undefined {
  const found = findX86Roots(memory).find(({ root }) => {
    const where = pageWalker(memory, paging, root)(virt);
    return typeof where !== 'string' && where.phys === phys;
  });
  return found?.root;
}
