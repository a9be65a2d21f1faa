import { AnalysisError } from '../../base/errors.ts';
import { hex } from '../../base/hex.ts';
import { Lazy } from '../../base/lazy.ts';
import type { Addr, PhysAddr } from '../../base/units.ts';
import type { Translate } from '../../memory/address-space.ts';
import { withLinearRanges } from '../../memory/linear-ranges.ts';
import { mappedFrom } from '../../memory/mapped-from.ts';
import { firstMapped, lostWalker, type PagingFormat, pageWalker } from '../../memory/page-walk.ts';
import type { DumpImage, KernelMap, LinearRange } from '../../program/ports.ts';
import type { Vmcoreinfo } from '../../program/vmcoreinfo.ts';
import { linearExtent } from '../linear-extent.ts';
import { vmemmapFromSections } from '../vmemmap.ts';
import { DIRECT_MAP_4, DIRECT_MAP_5, START_KERNEL_MAP } from './address-layout-constants.ts';
import { otherX86Root } from './find-root.ts';
import { x86Tables } from './page-tables.ts';
import { x86Paging } from './paging.ts';

const END_OF_MEMORY = 1n << 64n;
const HUGE = 0x200000;
const GIGA = 1n << 30n;
/** KERNEL_IMAGE_SIZE with KASLR; the fixmap and the modules follow it. */
const KERNEL_IMAGE_SIZE = 0x40000000n;
/** @throws AnalysisError when the kernel's page tables cannot be found */
export function x86KernelMap(image: DumpImage, info: Vmcoreinfo): KernelMap {
  const tables = info.symbol('swapper_pg_dir') ?? info.symbol('init_top_pgt');
  if (tables === undefined || tables < START_KERNEL_MAP) {
    throw new AnalysisError('no-kernel', 'x86-64: VMCOREINFO states no SYMBOL(swapper_pg_dir)');
  }
  const fiveLevels = info.number('pgtable_l5_enabled') === 1n;
  const vaBits = fiveLevels ? 57 : 48;
  const paging = x86Paging(fiveLevels, BigInt.asUintN(64, info.number('sme_mask') ?? 0n));
  const kernelWalker = (root: PhysAddr) => canonicalKernel(pageWalker(image.memory, paging, root), vaBits);
  const lost = (root: PhysAddr) => lostWalker(image.memory, paging, root, tables);
  const other = (phys: PhysAddr) => otherX86Root(image.memory, paging, tables, phys);
  const { physBase, root } = findTables(image, info, tables, kernelWalker, { other, lost });
  const missing = lost(root);
  const walk = missing ? canonicalKernel(missing, vaBits) : kernelWalker(root);
  const region = fiveLevels ? DIRECT_MAP_5 : DIRECT_MAP_4;
  const direct = findDirectMap(image, paging, root, region);
  const linear = [imageRange(info, tables, physBase, walk)];
  if (direct !== undefined) linear.push(directMapRange(image, walk, direct));
  const translate = withLinearRanges(linear, walk);
  const vmemmap = new Lazy(() => vmemmapFromSections(info, image.memory, translate, 4096));
  const kaslrOffset = info.hex('KERNELOFFSET');
  return {
    pageSize: 4096,
    vaBits,
    ...(kaslrOffset !== undefined && { kaslrOffset }),
    root,
    unproved: missing !== undefined,
    linear,
    translate,
    userTranslate: (pgd) => {
      const where = translate(pgd);
      if (typeof where === 'string') return () => where;
      const user = pageWalker(image.memory, paging, where.phys);
      const limit = 1n << BigInt(vaBits - 1);
      return (at) => (at >= 0n && at < limit ? user(at) : 'non-canonical');
    },
    tables: x86Tables(paging, BigInt.asUintN(64, info.number('sme_mask') ?? 0n)),
    directMap: (phys) => (direct ?? region.unmoved) + BigInt(phys),
    get vmemmap() {
      return vmemmap.get();
    },
  } as KernelMap;
}

/** Only addresses whose upper bits are all ones are the kernel's. */
function canonicalKernel(walk: Translate, vaBits: number): Translate {
  const low = END_OF_MEMORY - (1n << BigInt(vaBits - 1));
  return (at) => (at >= low && at < END_OF_MEMORY ? walk(at) : 'non-canonical');
}

/** The direct map up to its first hole; without page tables, up to the end of what the dump has. */
function directMapRange(image: DumpImage, walk: Translate, direct: Addr): LinearRange {
  const extent = linearExtent(walk, direct, 0);
  if (extent) return extent;
  const end = Math.max(0, ...image.memory.ranges().map((range) => range.end));
  return { start: direct, end: direct + BigInt(end), phys: 0 };
}

/** What is done where the kernel's own tables are lost. */
interface LostTables {
  /** Page tables anywhere that map `tables` to a physical address. */
  other(phys: PhysAddr): PhysAddr | undefined;
  /** A walker when what is missing of the tables is all that speaks against them. */
  lost(root: PhysAddr): Translate | undefined;
}

/**
 * The page tables and `phys_base`: distance of the kernel image from where it is linked, which may be negative. Each source
 * is believed only when the page tables that it leads to map themselves there. Where they are lost, those of a
 * process hold the same of the kernel.
 */
function findTables(
  image: DumpImage,
  info: Vmcoreinfo,
  tables: Addr,
  walker: (root: PhysAddr) => Translate,
  { other, lost }: LostTables,
): { physBase: number; root: PhysAddr } {
  const offset = Number(tables - START_KERNEL_MAP);
  const proves = (base: number) => {
    const root = offset + base;
    if (!Number.isSafeInteger(root) || root < 0 || root % 4096 !== 0) return false;
    if (typeof image.memory.chunk(root) === 'string') return false;
    const where = walker(root)(tables);
    return typeof where !== 'string' && where.phys === root;
  };
  const stated = info.number('phys_base');
  const candidates: number[] = [];
  if (stated !== undefined) candidates.push(Number(BigInt.asIntN(64, stated)));
  for (const s of image.virtualSegments) {
    if (s.virt >= START_KERNEL_MAP) candidates.push(s.phys - Number(s.virt - START_KERNEL_MAP));
  }
  if (image.header.physBase !== undefined) candidates.push(Number(BigInt.asIntN(64, image.header.physBase)));
  const at = (base: number) => ({ physBase: base, root: offset + base });
  for (const base of candidates) if (proves(base)) return at(base);
  for (const range of image.memory.ranges()) {
    // The image is 2 MiB aligned (CONFIG_PHYSICAL_ALIGN is at least that on x86-64).
    const first = Math.ceil((range.start - offset) / HUGE) * HUGE;
    for (let base = first; base + offset < range.end; base += HUGE) if (proves(base)) return at(base);
  }
  const unproved = stated === undefined ? undefined : candidates[0];
  if (unproved !== undefined && offset + unproved >= 0) {
    const root = other(offset + unproved);
    if (root !== undefined) return { physBase: unproved, root };
    if (lost(offset + unproved)) return at(unproved);
  }
  throw new AnalysisError(
    'no-kernel',
    `x86-64: no page tables found for swapper_pg_dir ${hex(tables)} (phys_base ${stated ?? 'not stated'})`,
  );
}

/** The kernel image, as far as it is mapped around `tables`. */
function imageRange(info: Vmcoreinfo, tables: Addr, physBase: number, walk: Translate): LinearRange {
  const text = info.symbol('_stext');
  const step = BigInt(HUGE);
  const inImage = text !== undefined && text >= START_KERNEL_MAP && text <= tables;
  const start = ((inImage ? text : tables) / step) * step;
  const limit = START_KERNEL_MAP + KERNEL_IMAGE_SIZE;
  let end = (tables / step) * step + step;
  while (end < limit && typeof walk(end) !== 'string') end += step;
  return { start, end, phys: Number(start - START_KERNEL_MAP) + physBase };
}

/**
 * Virtual address of physical address 0. KASLR keeps the order of the regions, so the first thing mapped in the area is
 * the direct map's first page; without page tables, segments of the dump may tell, or what memory points at itself by.
 */
function findDirectMap(
  image: DumpImage,
  paging: PagingFormat,
  root: PhysAddr,
  region: typeof DIRECT_MAP_4,
): Addr | undefined {
  const isBase = (base: bigint) => base % GIGA === 0n && base >= region.from && base < region.to;
  const first = firstMapped(image.memory, paging, root, region.from, region.to);
  if (first) {
    const base = first.at - BigInt(first.phys);
    if (isBase(base)) return base;
  }
  for (const s of image.virtualSegments) {
    const base = s.virt - BigInt(s.phys);
    if (isBase(base)) return base;
  }
  const seen = mappedFrom(image.memory);
  return seen !== undefined && isBase(seen) ? seen : undefined;
}
