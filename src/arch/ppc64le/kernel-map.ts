import { AnalysisError, UnsupportedError } from '../../base/errors.ts';
import { hex } from '../../base/hex.ts';
import { Lazy } from '../../base/lazy.ts';
import type { Addr, Bytes, PhysAddr } from '../../base/units.ts';
import type { Translate } from '../../memory/address-space.ts';
import { withLinearRanges } from '../../memory/linear-ranges.ts';
import { firstMapped, isMissing, type PagingFormat, pageWalker } from '../../memory/page-walk.ts';
import type { DumpImage, KernelMap, LinearRange } from '../../program/ports.ts';
import type { Vmcoreinfo } from '../../program/vmcoreinfo.ts';
import { vmemmapFromSections } from '../vmemmap.ts';
import { LINEAR_START, type VirtualRegions, virtualRegions } from './address-layout.ts';
import { vmemmapRanges } from './hash-vmemmap.ts';
import { ppcTables } from './page-tables.ts';
import { hashPaging, radixPaging } from './paging.ts';

/** Bits of an effective address that tables translate: 4 PiB for user space, as much for each of the kernel's regions. */
const VA_BITS = 52;
const TASK_END = 1n << 52n;

interface Tables {
  readonly paging: PagingFormat;
  readonly radix: boolean;
  readonly root: PhysAddr;
  readonly walk: Translate;
  readonly regions: VirtualRegions;
  readonly unproved: boolean;
}

/** @throws AnalysisError when the kernel's page tables cannot be found */
export function ppcKernelMap(image: DumpImage, info: Vmcoreinfo): KernelMap {
  const swapper = info.symbol('swapper_pg_dir');
  if (swapper === undefined)
    throw new AnalysisError('no-kernel', 'ppc64le: VMCOREINFO states no SYMBOL(swapper_pg_dir)');
  if (isBigEndian(image, info))
    throw new UnsupportedError('ppc64le: the kernel of this dump is a big-endian one, which is not supported');
  const pageSize = info.pageSize ?? 65536;
  const pageShift = Math.log2(pageSize);
  const tables = findTables(image, info, swapper, pageShift);
  const translate = kernelTranslate(image, info, tables);
  const vmemmap = new Lazy(() => vmemmapFromSections(info, image.memory, translate, pageSize));
  return {
    pageSize,
    vaBits: VA_BITS,
    root: tables.root,
    unproved: tables.unproved,
    linear: [linearMap(tables.regions)],
    translate,
    userTranslate: (pgd) => userTranslate(image, tables, translate, pgd),
    tables: ppcTables(tables.paging),
    directMap: (phys) => LINEAR_START + BigInt(phys),
    get vmemmap() {
      return vmemmap.get();
    },
  } as KernelMap;
}

/**
 * Page tables and the files of some hypervisors are big-endian with either kernel; a pointer of the kernel's own to its own
 * image tells.
 */
function isBigEndian(image: DumpImage, info: Vmcoreinfo): boolean {
  const at = info.symbol('cur_cpu_spec');
  const word = new Uint8Array(8);
  if (at === undefined || at < LINEAR_START || image.memory.read(Number(at - LINEAR_START), word)) return false;
  const view = new DataView(word.buffer);
  const isKernels = (pointer: bigint): boolean => pointer >= LINEAR_START && pointer < LINEAR_START + (1n << 44n);
  return isKernels(view.getBigUint64(0, false)) && !isKernels(view.getBigUint64(0, true));
}

/** The linear map needs no tables: an address is the physical one with its uppermost bits set. */
function linearMap(regions: VirtualRegions): LinearRange {
  return { start: LINEAR_START, end: regions.vmalloc, phys: 0 };
}

/** The linear map, then the tables; the page descriptors of a kernel with the hashed page table are in neither. */
function kernelTranslate(image: DumpImage, info: Vmcoreinfo, tables: Tables): Translate {
  const { regions } = tables;
  const linear = [linearMap(regions)];
  const inTables: Translate = (at) => (at < regions.end ? tables.walk(at) : 'non-canonical');
  const direct = withLinearRanges(linear, (at) => (at < LINEAR_START ? 'non-canonical' : inTables(at)));
  if (tables.radix) return direct;
  const descriptors = new Lazy(() => withLinearRanges(vmemmapRanges(info, image.memory, direct), () => 'unmapped'));
  return (at) => (at >= regions.vmemmap && at < regions.end ? descriptors.get()(at) : direct(at));
}

function userTranslate(image: DumpImage, tables: Tables, kernel: Translate, pgd: Addr): Translate {
  const where = kernel(pgd);
  if (typeof where === 'string') return () => where;
  const walk = pageWalker(image.memory, tables.paging, where.phys);
  return (at) => (at < TASK_END ? walk(at) : 'non-canonical');
}

/**
 * A radix tree maps itself to where it was read. Beside the hashed page table the kernel's tables hold what is not in the
 * linear map only: then they must map something there.
 */
function findTables(image: DumpImage, info: Vmcoreinfo, swapper: Addr, pageShift: number): Tables {
  const root = Number(swapper - LINEAR_START);
  const radix = radixPaging(pageShift);
  const hash = hashPaging(pageShift);
  if (!radix || !hash || swapper < LINEAR_START || !Number.isSafeInteger(root) || root % 4096 !== 0)
    throw notFound(swapper, pageShift);
  const walk = pageWalker(image.memory, radix, root);
  const asRadix = { paging: radix, radix: true, root, walk, regions: virtualRegions(true, pageShift)[0] };
  const itself = walk(swapper);
  if (typeof itself !== 'string' && itself.phys === root) return { ...asRadix, unproved: false };
  const asHash = { paging: hash, radix: false, root, walk: pageWalker(image.memory, hash, root) };
  const all = virtualRegions(false, pageShift);
  const inMemory = ({ phys }: { phys: PhysAddr }): boolean => typeof image.memory.chunk(phys) !== 'string';
  for (const regions of all) {
    if (firstMapped(image.memory, hash, root, regions.vmalloc, regions.vmemmap, inMemory))
      return { ...asHash, regions, unproved: false };
  }
  if (!isMissing(itself)) throw notFound(swapper, pageShift);
  return info.number('RADIX_MMU') === 0n
    ? { ...asHash, regions: all[0], unproved: true }
    : { ...asRadix, unproved: true };
}

function notFound(swapper: Addr, pageShift: number): AnalysisError {
  const size: Bytes = 2 ** pageShift / 1024;
  return new AnalysisError(
    'no-kernel',
    `ppc64le: no page tables found for swapper_pg_dir ${hex(swapper)} with pages of ${size} KiB`,
  );
}
