import { AnalysisError } from '../../base/errors.ts';
import { hex } from '../../base/hex.ts';
import { Lazy } from '../../base/lazy.ts';
import type { Addr, PhysAddr } from '../../base/units.ts';
import type { Translate } from '../../memory/address-space.ts';
import { withLinearRanges } from '../../memory/linear-ranges.ts';
import { firstMapped, lostWalker, type PagingFormat, pageWalker } from '../../memory/page-walk.ts';
import type { DumpImage, KernelMap, LinearRange } from '../../program/ports.ts';
import type { Vmcoreinfo } from '../../program/vmcoreinfo.ts';
import { imageRange } from '../image-range.ts';
import { linearExtent } from '../linear-extent.ts';
import { vmemmapFromSections } from '../vmemmap.ts';
import { riscvTables } from './page-tables.ts';
import { riscvPaging } from './paging.ts';

const END_OF_MEMORY = 1n << 64n;
const PAGE = 4096;
/** Kernel images start on 2 MiB. */
const IMAGE_STEP = 0x200000;
/** The kernel takes the largest that the CPU has, unless it is told otherwise (`no5lvl`, `no4lvl`). */
const VA_BITS = [39, 48, 57];

interface Tables {
  readonly paging: PagingFormat;
  readonly vaBits: number;
  readonly root: PhysAddr;
  readonly walk: Translate;
  readonly unproved: boolean;
}

/** @throws AnalysisError when the kernel's page tables cannot be found */
export function riscvKernelMap(image: DumpImage, info: Vmcoreinfo): KernelMap {
  const swapper = info.symbol('swapper_pg_dir');
  if (swapper === undefined)
    throw new AnalysisError('no-kernel', 'riscv64: VMCOREINFO states no SYMBOL(swapper_pg_dir)');
  const tables = findTables(image, info, swapper);
  const { vaBits, paging, walk, root, unproved } = tables;
  const linear = [imageRange(tables, swapper, info.symbol('_stext'), PAGE)];
  const direct = findDirectMap(image, info, tables, swapper);
  if (direct !== undefined) linear.push(...directMapRanges(image, tables, direct));
  const half = 1n << BigInt(vaBits - 1);
  const mapped = withLinearRanges(linear, walk);
  const translate: Translate = (at) =>
    at >= END_OF_MEMORY - half && at < END_OF_MEMORY ? mapped(at) : 'non-canonical';
  const vmemmap = new Lazy(() => info.symbol('vmemmap') ?? vmemmapFromSections(info, image.memory, translate, PAGE));
  const kaslrOffset = info.hex('KERNELOFFSET');
  return {
    pageSize: PAGE,
    vaBits,
    ...(kaslrOffset !== undefined && { kaslrOffset }),
    root,
    unproved,
    linear,
    translate,
    userTranslate: (pgd) => {
      const where = translate(pgd);
      if (typeof where === 'string') return () => where;
      const user = pageWalker(image.memory, paging, where.phys);
      return (at) => (at >= 0n && at < half ? user(at) : 'non-canonical');
    },
    tables: riscvTables(paging),
    directMap: (phys) => BigInt.asUintN(64, (direct ?? 0n) + BigInt(phys)),
    get vmemmap() {
      return vmemmap.get();
    },
  } as KernelMap;
}

function canonical(walk: Translate, vaBits: number): Translate {
  const low = END_OF_MEMORY - (1n << BigInt(vaBits - 1));
  return (at) => (at >= low && at < END_OF_MEMORY ? walk(at) : 'non-canonical');
}

/** The page tables that map themselves to where they were read. */
function findTables(image: DumpImage, info: Vmcoreinfo, swapper: Addr): Tables {
  const stated = Number(info.number('VA_BITS') ?? 0n);
  const sizes = VA_BITS.includes(stated) ? [stated] : VA_BITS;
  const tablesOf = (vaBits: number, root: PhysAddr, unproved: boolean): Tables => {
    const paging = riscvPaging(vaBits);
    return { paging, vaBits, root, walk: canonical(pageWalker(image.memory, paging, root), vaBits), unproved };
  };
  const at = (root: PhysAddr): Tables | undefined => {
    if (!Number.isSafeInteger(root) || root < 0 || root % PAGE !== 0) return undefined;
    if (typeof image.memory.chunk(root) === 'string') return undefined;
    for (const vaBits of sizes) {
      const tables = tablesOf(vaBits, root, false);
      const where = tables.walk(swapper);
      if (typeof where !== 'string' && where.phys === root) return tables;
    }
    return undefined;
  };
  const first = statedRoot(info, swapper);
  for (const root of rootCandidates(image, first, swapper)) {
    const tables = at(root);
    if (tables) return tables;
  }
  if (first !== undefined && first >= 0) {
    const vaBits = sizes.at(-1) ?? 39;
    const walk = lostWalker(image.memory, riscvPaging(vaBits), first, swapper);
    if (walk) return { ...tablesOf(vaBits, first, true), walk: canonical(walk, vaBits) };
  }
  throw new AnalysisError(
    'no-kernel',
    `riscv64: no page tables found for swapper_pg_dir ${hex(swapper)} (va_kernel_pa_offset ${info.get('NUMBER(va_kernel_pa_offset)') ?? 'not stated'})`,
  );
}

/** `va_kernel_pa_offset`: distance of the image from its physical place. */
function statedRoot(info: Vmcoreinfo, swapper: Addr): PhysAddr | undefined {
  const offset = info.number('va_kernel_pa_offset');
  return offset === undefined ? undefined : Number(BigInt.asIntN(64, swapper - offset));
}

/** Where the root may lie: as stated, as the dump's segments say, then wherever an image may start. */
function* rootCandidates(image: DumpImage, stated: PhysAddr | undefined, swapper: Addr): Iterable<PhysAddr> {
  if (stated !== undefined) yield stated;
  for (const s of image.virtualSegments) {
    if (swapper >= s.virt && swapper < s.virt + BigInt(s.size)) yield s.phys + Number(swapper - s.virt);
  }
  const inside = Number(swapper % BigInt(IMAGE_STEP));
  for (const range of image.memory.ranges()) {
    const first = Math.floor(range.start / IMAGE_STEP) * IMAGE_STEP;
    for (let base = first; base + inside < range.end; base += IMAGE_STEP) yield base + inside;
  }
}

/**
 * What to add to a physical address for its address in the linear map. Memory from `phys_ram_base` is mapped at PAGE_OFFSET;
 * in older kernels memory from the image's start. Without either, the tables are searched for where they map their root.
 */
function findDirectMap(image: DumpImage, info: Vmcoreinfo, tables: Tables, swapper: Addr): bigint | undefined {
  const offset = info.number('PAGE_OFFSET');
  const ram = info.number('phys_ram_base');
  const candidates: bigint[] = [];
  if (offset !== undefined && ram !== undefined) candidates.push(BigInt.asUintN(64, offset) - BigInt.asUintN(64, ram));
  for (const s of image.virtualSegments) candidates.push(s.virt - BigInt(s.phys));
  const ofImage = swapper - BigInt(tables.root);
  for (const delta of candidates) {
    if (delta === ofImage) continue;
    const where = tables.walk(BigInt.asUintN(64, BigInt(tables.root) + delta));
    if (typeof where !== 'string' && where.phys === tables.root) return delta;
  }
  if (tables.unproved) return candidates.find((delta) => delta !== ofImage);
  const low = END_OF_MEMORY - (1n << BigInt(tables.vaBits - 1));
  const { root } = tables;
  const found = firstMapped(image.memory, tables.paging, root, low, END_OF_MEMORY, (m) => {
    return root >= m.phys && root < m.phys + m.size && m.at - BigInt(m.phys) !== ofImage;
  });
  return found && found.at - BigInt(found.phys);
}

/** The linear map around the page tables; without them, all that the dump has. */
function directMapRanges(image: DumpImage, tables: Tables, delta: bigint): LinearRange[] {
  const extent = linearExtent(tables.walk, delta, tables.root);
  if (extent) return [extent];
  if (!tables.unproved) return [];
  return image.memory.ranges().map(({ start, end }) => {
    const virt = BigInt.asUintN(64, delta + BigInt(start));
    return { start: virt, end: virt + BigInt(end - start), phys: start };
  });
}
