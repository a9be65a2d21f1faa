import { AnalysisError } from '../../base/errors.ts';
import { hex } from '../../base/hex.ts';
import { Lazy } from '../../base/lazy.ts';
import type { Addr, PhysAddr } from '../../base/units.ts';
import type { Translate } from '../../memory/address-space.ts';
import { withLinearRanges } from '../../memory/linear-ranges.ts';
import { firstMapped, type PagingFormat, pageWalker } from '../../memory/page-walk.ts';
import type { DumpImage, KernelMap, LinearRange } from '../../program/ports.ts';
import type { Vmcoreinfo } from '../../program/vmcoreinfo.ts';
import { vmemmapFromSections } from '../vmemmap.ts';
import { loongarchTables } from './page-tables.ts';
import { loongarchPaging } from './paging.ts';

const END_OF_MEMORY = 1n << 64n;
/**
 * Windows through which the kernel sees all physical memory without page tables: uncached and cached. The kernel's image is
 * in the latter. Source: Linux arch/loongarch/include/asm/loongarch.h, CSR_DMW0_BASE and CSR_DMW1_BASE.
 */
const UNCACHED = 0x8000000000000000n;
export const CACHED = 0x9000000000000000n;
/** DMW_PABITS */
const WINDOW_SIZE = 1n << 48n;

/** Levels that kernels of a page size are built with, the usual number first: Linux arch/loongarch/Kconfig. */
const LEVELS: Readonly<Record<number, readonly number[]>> = { 12: [3, 4], 14: [3, 2], 16: [2, 3] };

/** @throws AnalysisError when VMCOREINFO is not that of such a kernel */
export function loongarchKernelMap(image: DumpImage, info: Vmcoreinfo): KernelMap {
  const swapper = info.symbol('swapper_pg_dir');
  if (swapper === undefined || swapper < CACHED || swapper >= CACHED + WINDOW_SIZE) {
    const what = swapper === undefined ? 'states no SYMBOL(swapper_pg_dir)' : `has swapper_pg_dir at ${hex(swapper)}`;
    throw new AnalysisError('no-kernel', `loongarch64: VMCOREINFO ${what}`);
  }
  const pageSize = info.pageSize ?? 16384;
  const root = Number(swapper - CACHED);
  const { paging, proved } = findFormat(image, root, Math.log2(pageSize));
  const [top] = paging.levels;
  const vaBits = (top?.shift ?? 0) + (top?.bits ?? 0);
  const half = 1n << BigInt(vaBits);
  const walk = pageWalker(image.memory, paging, root);
  const linear: LinearRange[] = [CACHED, UNCACHED].map((start) => ({ start, end: start + WINDOW_SIZE, phys: 0 }));
  const paged: Translate = (at) => (at >= END_OF_MEMORY - half && at < END_OF_MEMORY ? walk(at) : 'non-canonical');
  const translate = withLinearRanges(linear, paged);
  const vmemmap = new Lazy(() => vmemmapFromSections(info, image.memory, translate, pageSize));
  const kaslrOffset = info.hex('KERNELOFFSET');
  return {
    pageSize,
    vaBits,
    ...(kaslrOffset !== undefined && { kaslrOffset }),
    root,
    unproved: !proved,
    linear,
    translate,
    userTranslate: (pgd: Addr) => {
      const where = translate(pgd);
      if (typeof where === 'string') return () => where;
      const user = pageWalker(image.memory, paging, where.phys);
      return (at: Addr) => (at >= 0n && at < half ? user(at) : 'non-canonical');
    },
    tables: loongarchTables(paging, inWindow),
    directMap: (phys: PhysAddr) => CACHED + BigInt(phys),
    get vmemmap() {
      return vmemmap.get();
    },
  } as KernelMap;
}

function inWindow(at: Addr): PhysAddr | undefined {
  const start = [CACHED, UNCACHED].find((window) => at >= window && at < window + WINDOW_SIZE);
  return start === undefined ? undefined : Number(at - start);
}

/**
 * The number of levels with which the kernel's tables map anything: directories hold kernel addresses and pages do not, so
 * tables read with a wrong number map nothing.
 */
function findFormat(image: DumpImage, root: PhysAddr, pageShift: number): { paging: PagingFormat; proved: boolean } {
  const all = (LEVELS[pageShift] ?? [3]).map((count) => loongarchPaging(pageShift, count));
  for (const paging of all) {
    const [top] = paging.levels;
    const half = 1n << BigInt((top?.shift ?? 0) + (top?.bits ?? 0));
    const from = END_OF_MEMORY - half;
    if (firstMapped(image.memory, paging, root, from, END_OF_MEMORY)) return { paging, proved: true };
  }
  return { paging: all[0] ?? loongarchPaging(14, 3), proved: false };
}
