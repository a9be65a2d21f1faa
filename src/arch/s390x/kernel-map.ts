import { AnalysisError } from '../../base/errors.ts';
import { hex } from '../../base/hex.ts';
import { Lazy } from '../../base/lazy.ts';
import type { Addr, PhysAddr } from '../../base/units.ts';
import type { Translate } from '../../memory/address-space.ts';
import { withLinearRanges } from '../../memory/linear-ranges.ts';
import { isMissing, type PagingFormat, pageWalker } from '../../memory/page-walk.ts';
import type { DumpImage, KernelMap, LinearRange } from '../../program/ports.ts';
import type { Vmcoreinfo } from '../../program/vmcoreinfo.ts';
import { linearExtent } from '../linear-extent.ts';
import { vmemmapFromSections } from '../vmemmap.ts';
import { s390Tables } from './page-tables.ts';
import { formatAt, s390Paging } from './paging.ts';

const PAGE_SIZE = 4096;
/** Bits of an address below a region second table: what an unread root most likely is. */
const USUAL_TYPE = 1;

interface Tables {
  readonly format: PagingFormat;
  readonly root: PhysAddr;
  readonly walk: Translate;
  readonly unproved: boolean;
}

/**
 * The kernel's map. Up to v6.9 every kernel address below the vmalloc area is the physical one. Since then the image has
 * addresses of its own, and the identity mapping may begin elsewhere; VMCOREINFO states both.
 * @throws AnalysisError when the kernel's page tables cannot be found
 */
export function s390KernelMap(image: DumpImage, info: Vmcoreinfo): KernelMap {
  const swapper = info.symbol('swapper_pg_dir');
  if (swapper === undefined) throw new AnalysisError('no-kernel', 's390x: VMCOREINFO states no SYMBOL(swapper_pg_dir)');
  const tables = findTables(image, info, swapper);
  const { format, root, walk } = tables;
  const identity = info.hex('IDENTITYBASE') ?? 0n;
  const linear = linearRanges(image, info, tables, identity, swapper);
  const vaBits = addressBits(format);
  const translate = bounded(withLinearRanges(linear, walk), vaBits);
  const vmemmap = new Lazy(() => vmemmapFromSections(info, image.memory, translate, PAGE_SIZE, false));
  const kaslrOffset = info.hex('KERNELOFFSET');
  return {
    pageSize: PAGE_SIZE,
    vaBits,
    ...(kaslrOffset !== undefined && { kaslrOffset }),
    root,
    unproved: tables.unproved,
    linear,
    translate,
    userTranslate: (pgd) => userTranslate(image, translate, pgd),
    tables: s390Tables(image.memory, format),
    directMap: (phys) => identity + BigInt(phys),
    get vmemmap() {
      return vmemmap.get();
    },
  } as KernelMap;
}

function addressBits({ levels }: PagingFormat): number {
  const [top] = levels;
  return top ? top.shift + top.bits : 64;
}

function bounded(translate: Translate, bits: number): Translate {
  const end = 1n << BigInt(bits);
  return (at) => (at < end ? translate(at) : 'non-canonical');
}

/** A process has an address space of its own, whose addresses begin at zero as the kernel's do. */
function userTranslate(image: DumpImage, kernel: Translate, pgd: Addr): Translate {
  const where = kernel(pgd);
  if (typeof where === 'string') return () => where;
  const format = formatAt(image.memory, where.phys) ?? s390Paging(USUAL_TYPE);
  return bounded(pageWalker(image.memory, format, where.phys), addressBits(format));
}

/** The page tables that map themselves to where they were read. */
function findTables(image: DumpImage, info: Vmcoreinfo, swapper: Addr): Tables {
  const offset = (info.hex('KERNELOFFPHYS') ?? 0n) - (info.hex('KERNELOFFSET') ?? 0n);
  const moved = info.hex('KERNELOFFPHYS') === undefined ? swapper : swapper + offset;
  const candidates = [moved, swapper].map(Number);
  for (const s of image.virtualSegments) {
    if (swapper >= s.virt && swapper < s.virt + BigInt(s.size)) candidates.push(s.phys + Number(swapper - s.virt));
  }
  for (const root of candidates) {
    if (!isRoot(root)) continue;
    const format = formatAt(image.memory, root);
    if (!format) continue;
    const walk = pageWalker(image.memory, format, root);
    const where = walk(swapper);
    if (typeof where !== 'string' && where.phys === root) return { format, root, walk, unproved: false };
  }
  const root = candidates[0] ?? -1;
  if (isRoot(root)) {
    const format = formatAt(image.memory, root) ?? s390Paging(USUAL_TYPE);
    const walk = pageWalker(image.memory, format, root);
    if (isMissing(walk(swapper))) return { format, root, walk, unproved: true };
  }
  throw new AnalysisError('no-kernel', `s390x: no page tables found for swapper_pg_dir ${hex(swapper)}`);
}

function isRoot(root: number): boolean {
  return Number.isSafeInteger(root) && root >= 0 && root % PAGE_SIZE === 0;
}

/** The image first, then the identity mapping; without page tables all that the dump has. */
function linearRanges(
  image: DumpImage,
  info: Vmcoreinfo,
  tables: Tables,
  identity: bigint,
  swapper: Addr,
): LinearRange[] {
  const { root, walk, unproved } = tables;
  const delta = BigInt(root) - swapper;
  const ranges = [delta === -identity ? statedImage(info, swapper, delta) : imageRange(tables, swapper, delta)];
  const extent = linearExtent(walk, identity, root);
  if (extent) ranges.push(extent);
  else if (unproved) {
    for (const { start, end } of image.memory.ranges())
      ranges.push({ start: identity + BigInt(start), end: identity + BigInt(end), phys: start });
  }
  return ranges;
}

/** The image as far as VMCOREINFO has symbols of it, where it lies in the identity mapping. */
function statedImage(info: Vmcoreinfo, swapper: Addr, delta: bigint): LinearRange {
  const stext = info.symbol('_stext') ?? swapper;
  const start = (stext < swapper ? stext : swapper) & ~(STEP - 1n);
  let end = swapper + BigInt(PAGE_SIZE);
  for (const key of info.keys()) {
    const at = info.symbol(/^SYMBOL\((\w+)\)$/.exec(key)?.[1] ?? '') ?? 0n;
    if (at > end && at < start + STATED_IMAGE) end = at;
  }
  end = (end + STEP) & ~(STEP - 1n);
  return { start, end, phys: Number(start + delta) };
}

const STEP = 0x10000n;
const IMAGE_LIMIT = 0x20000000n;
/** No image is larger; what lies behind is memory that the kernel was given. */
const STATED_IMAGE = 0x10000000n;
/** Around swapper_pg_dir lie the kernel's data: at least this much where no tables tell. */
const UNPROVED_IMAGE = 0x1000000n;

/** The image, as far as it is mapped in one piece around `swapper`. */
function imageRange({ walk, unproved }: Tables, swapper: Addr, delta: bigint): LinearRange {
  const contiguous = (at: Addr): boolean => {
    const where = walk(at);
    return typeof where === 'string' ? unproved && isMissing(where) : BigInt(where.phys) === at + delta;
  };
  const limit = unproved ? UNPROVED_IMAGE : IMAGE_LIMIT;
  let start = swapper - (swapper % STEP);
  if (!contiguous(start)) start = swapper;
  while (start >= STEP && swapper - start < limit && start + delta >= STEP && contiguous(start - STEP)) start -= STEP;
  let end = swapper + BigInt(PAGE_SIZE);
  while (end - swapper < limit && contiguous(end)) end = end - (end % STEP) + STEP;
  return { start, end, phys: Number(start + delta) };
}
