import { AnalysisError } from '../../base/errors.ts';
import { hex } from '../../base/hex.ts';
import { Lazy } from '../../base/lazy.ts';
import type { Addr, PhysAddr } from '../../base/units.ts';
import type { Translate } from '../../memory/address-space.ts';
import { withLinearRanges } from '../../memory/linear-ranges.ts';
import { lostWalker, type PagingFormat, pageWalker } from '../../memory/page-walk.ts';
import type { DumpImage, KernelMap, LinearRange } from '../../program/ports.ts';
import type { Vmcoreinfo } from '../../program/vmcoreinfo.ts';
import { imageRange } from '../image-range.ts';
import { linearExtent } from '../linear-extent.ts';
import { vmemmapFromSections } from '../vmemmap.ts';
import { armTables } from './page-tables.ts';
import { armPaging } from './paging.ts';

const END_OF_MEMORY = 1n << 64n;
/** Kernel images start on 64 KiB; with relocation (KASLR) and EFI in practice on 2 MiB. */
const IMAGE_STEPS = [0x200000, 0x10000];
const VA_BITS_OF_PAGES: Readonly<Record<number, readonly number[]>> = {
  12: [48, 39, 52],
  14: [48, 47, 36, 52],
  16: [48, 42, 52],
};

interface Tables {
  readonly paging: PagingFormat;
  /** Bits of a kernel address that this machine uses. */
  readonly vaBits: number;
  readonly root: PhysAddr;
  readonly walk: Translate;
  readonly unproved: boolean;
}

/** @throws AnalysisError when the kernel's page tables cannot be found */
export function armKernelMap(image: DumpImage, info: Vmcoreinfo): KernelMap {
  const swapper = info.symbol('swapper_pg_dir');
  if (swapper === undefined) throw new AnalysisError('no-kernel', 'arm64: VMCOREINFO states no SYMBOL(swapper_pg_dir)');
  const pageSize = info.pageSize ?? 4096;
  const tables = findTables(image, info, swapper, Math.log2(pageSize));
  const { walk, vaBits } = tables;
  const linear = [imageRange(tables, swapper, info.symbol('_stext'), pageSize)];
  const direct = findDirectMap(image, info, tables);
  if (direct !== undefined) linear.push(...directMapRanges(image, tables, direct));
  const translate = untagged(withLinearRanges(linear, walk), vaBits);
  const vmemmap = new Lazy(() => vmemmapFromSections(info, image.memory, translate, pageSize));
  const kaslrOffset = info.hex('KERNELOFFSET');
  return {
    pageSize,
    vaBits,
    ...(kaslrOffset !== undefined && { kaslrOffset }),
    root: tables.root,
    unproved: tables.unproved,
    linear,
    translate,
    userTranslate: (pgd) => userTranslate(image, tables, translate, pgd),
    tables: armTables(tables.paging),
    directMap: (phys) => BigInt.asUintN(64, (direct ?? 0n) + BigInt(phys)),
    get vmemmap() {
      return vmemmap.get();
    },
  } as KernelMap;
}

/** Kernel addresses may carry a tag in bits 59:56 (KASAN with memory tagging) where plain ones have ones. */
function untagged(translate: Translate, vaBits: number): Translate {
  const low = END_OF_MEMORY - (1n << BigInt(vaBits));
  return (at) => {
    const plain = at >> 60n === 0xfn && at & (1n << 55n) ? at | 0x0f00000000000000n : at;
    return plain >= low && plain < END_OF_MEMORY ? translate(plain) : 'non-canonical';
  };
}

function userTranslate(image: DumpImage, tables: Tables, kernel: Translate, pgd: Addr): Translate {
  const where = kernel(pgd);
  if (typeof where === 'string') return () => where;
  const walk = pageWalker(image.memory, tables.paging, where.phys);
  const limit = 1n << BigInt(tables.vaBits);
  return (at) => {
    const plain = at & 0x00ffffffffffffffn; // the top byte is ignored (TBI)
    return plain < limit && at < END_OF_MEMORY ? walk(plain) : 'non-canonical';
  };
}

/** The combinations of address bits and descriptor form that a kernel of these page and address sizes may run with. */
function* formats(info: Vmcoreinfo, pageShift: number): Iterable<{ paging: PagingFormat; vaBits: number }> {
  const configured = Number(info.number('VA_BITS') ?? 0n);
  // TCR_EL1.T1SZ: what the machine was told. Linux bbdbc11804ff ("arm64/crash_core: Export TCR_EL1.T1SZ in vmcoreinfo").
  const t1sz = info.number('TCR_EL1_T1SZ');
  const actual = t1sz === undefined ? undefined : 64 - Number(t1sz);
  const bits = actual !== undefined && actual >= 36 && actual <= 52 ? [actual] : [];
  if (configured >= 36 && configured <= 52) bits.push(configured);
  // A kernel for 52 bits runs with fewer on a machine without them.
  if (configured === 52 && pageShift !== 14) bits.push(48);
  if (configured === 52 && pageShift === 14) bits.push(47, 48);
  if (bits.length === 0) bits.push(...(VA_BITS_OF_PAGES[pageShift] ?? [48]));
  for (const vaBits of new Set(bits)) {
    const lpa2 = vaBits > 48 && pageShift !== 16;
    // With 64 KiB pages the 52-bit tables are used with 48 bits too; a sign-extended address indexes them right.
    const width = pageShift === 16 && configured === 52 ? 52 : vaBits;
    yield { paging: armPaging(pageShift, width, lpa2), vaBits };
  }
}

/** The page tables that map themselves to where they were read. */
function findTables(image: DumpImage, info: Vmcoreinfo, swapper: Addr, pageShift: number): Tables {
  const all = [...formats(info, pageShift)];
  const at = (root: PhysAddr): Tables | undefined => {
    if (!Number.isSafeInteger(root) || root < 0 || root % 4096 !== 0) return undefined;
    if (typeof image.memory.chunk(root) === 'string') return undefined;
    for (const { paging, vaBits } of all) {
      const walk = pageWalker(image.memory, paging, root);
      const where = walk(swapper);
      if (typeof where !== 'string' && where.phys === root) return { paging, vaBits, root, walk, unproved: false };
    }
    return undefined;
  };
  const offset = info.number('kimage_voffset');
  const stated = offset === undefined ? undefined : Number(BigInt.asIntN(64, swapper - offset));
  const found = stated === undefined ? undefined : at(stated);
  if (found) return found;
  for (const s of image.virtualSegments) {
    if (swapper < s.virt || swapper >= s.virt + BigInt(s.size)) continue;
    const tables = at(s.phys + Number(swapper - s.virt));
    if (tables) return tables;
  }
  const missing = stated === undefined ? undefined : missingTables(image, all, stated, swapper);
  // what is stated and only not in the dump is sought elsewhere at the usual places only
  for (const step of missing ? IMAGE_STEPS.slice(0, 1) : IMAGE_STEPS) {
    const inside = Number(swapper % BigInt(step));
    for (const range of image.memory.ranges()) {
      for (let base = Math.floor(range.start / step) * step; base + inside < range.end; base += step) {
        const tables = at(base + inside);
        if (tables) return tables;
      }
    }
  }
  if (missing) return missing;
  throw new AnalysisError(
    'no-kernel',
    `arm64: no page tables found for swapper_pg_dir ${hex(swapper)} (kimage_voffset ${info.get('NUMBER(kimage_voffset)') ?? 'not stated'})`,
  );
}

/** Tables at a stated place of which the dump lacks a part; those that it has do not contradict. */
function missingTables(
  image: DumpImage,
  all: readonly Pick<Tables, 'paging' | 'vaBits'>[],
  root: PhysAddr,
  swapper: Addr,
): Tables | undefined {
  if (root < 0) return undefined;
  for (const { paging, vaBits } of all) {
    const walk = lostWalker(image.memory, paging, root, swapper);
    if (walk) return { paging, vaBits, root, walk, unproved: true };
  }
  return undefined;
}

/**
 * What to add to a physical address for its address in the linear map, as a signed number. Linux 14c127c957c1 ("arm64: mm:
 * Flip kernel VA space", v5.4) moved the linear map from the upper to the lower half of the kernel's addresses.
 */
function findDirectMap(image: DumpImage, info: Vmcoreinfo, tables: Tables): bigint | undefined {
  const start = info.number('PHYS_OFFSET');
  const configured = info.number('VA_BITS') ?? 0n;
  const usual = configured >= 36n && configured <= 52n ? [configured] : [];
  const bits = new Set([...usual, BigInt(tables.vaBits)]);
  const candidates: bigint[] = [];
  if (start !== undefined) {
    const offset = BigInt.asIntN(64, start);
    for (const b of bits) candidates.push(-(1n << b) - offset, -(1n << (b - 1n)) - offset);
  }
  for (const s of image.virtualSegments) candidates.push(BigInt.asIntN(64, s.virt) - BigInt(s.phys));
  for (const probe of linearProbes(image, tables)) {
    for (const delta of candidates) {
      const where = tables.walk(BigInt.asUintN(64, BigInt(probe) + delta));
      if (typeof where !== 'string' && where.phys === probe) return delta;
    }
  }
  return tables.unproved ? candidates[0] : undefined;
}

/** Physical addresses that the linear map should hold: the page tables' own, else the ends of each part of memory. */
function* linearProbes(image: DumpImage, tables: Tables): Iterable<PhysAddr> {
  yield tables.root;
  for (const range of image.memory.ranges()) {
    yield range.start;
    yield range.end - 0x200000;
  }
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
