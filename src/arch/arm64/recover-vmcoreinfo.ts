import { hex } from '../../base/hex.ts';
import type { Addr, Bytes, PhysAddr } from '../../base/units.ts';
import { firstMapped, type Mapped, type PagingFormat, pageWalker } from '../../memory/page-walk.ts';
import type { PhysicalMemory } from '../../memory/physical.ts';
import { type Banner, kernelBanners } from '../kernel-banner.ts';
import { armPaging } from './paging.ts';

const END_OF_MEMORY = 1n << 64n;
const SMALLEST = 4096;
/** Of the page sizes, the usual one first. */
const PAGE_SHIFTS = [12, 16, 14] as const;
/** `swapper_pg_dir` lies behind the read-only data that begins with the banner (arch/arm64/kernel/vmlinux.lds.S). */
const BEHIND_BANNER = 64 << 20;
const IMAGE_STEP = 0x10000n;
const IMAGE_LIMIT = 128n << 20n;
/** Address bits of its kernels by page size, the usual ones first. */
const VA_BITS: Readonly<Record<number, readonly number[]>> = { 12: [48, 39, 52], 14: [47, 48, 52], 16: [48, 42, 52] };
/** So many pages are looked at for being a table: seconds. */
const MOST_PAGES = 300_000;

/** A table that maps the banner, and itself to where it is. */
interface Found {
  readonly paging: PagingFormat;
  readonly pageShift: number;
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
export function recoverArmInfo(memory: PhysicalMemory): string | undefined {
  let left = MOST_PAGES;
  for (const banner of kernelBanners(memory)) {
    const first = Math.ceil(banner.at / SMALLEST) * SMALLEST;
    for (let root = first; root < banner.at + BEHIND_BANNER && left > 0; root += SMALLEST, left--) {
      if (!hasOnlyTables(memory, root)) continue;
      for (const pageShift of PAGE_SHIFTS) {
        const page = 2 ** pageShift;
        const found = root % page === 0 && looksLikeRoot(memory, root, page) && rootAt(memory, root, pageShift, banner);
        if (found) return infoText(memory, found, banner);
      }
    }
  }
  return undefined;
}

/** The page as a root that maps the banner, and itself twice: in the image and in the linear map. */
function rootAt(memory: PhysicalMemory, root: PhysAddr, pageShift: number, banner: Banner): Found | undefined {
  for (const vaBits of VA_BITS[pageShift] ?? []) {
    const paging = armPaging(pageShift, vaBits, vaBits > 48 && pageShift !== 16);
    const delta = imageDelta(memory, paging, vaBits, root, banner);
    const linear = delta === undefined ? undefined : linearMapping(memory, paging, vaBits, root);
    if (delta !== undefined && linear) return { paging, pageShift, vaBits, root, delta, linear };
  }
  return undefined;
}

/** Whether the entries in 4 KiB all lead to further tables. */
function hasOnlyTables(memory: PhysicalMemory, at: PhysAddr): boolean {
  const chunk = memory.chunk(at);
  if (typeof chunk === 'string') return false;
  const end = Math.min(chunk.bytes.length, at - chunk.start + SMALLEST);
  for (let off = at - chunk.start; off < end; off += 8) {
    if (((chunk.bytes[off] as number) & 3) === 3) continue;
    if (chunk.view.getUint32(off, true) !== 0 || chunk.view.getUint32(off + 4, true) !== 0) return false;
  }
  return true;
}

/** Whether a page has some entries, all of them leading to further tables, and most of it is empty. */
function looksLikeRoot(memory: PhysicalMemory, root: PhysAddr, page: Bytes): boolean {
  const bytes = new Uint8Array(page);
  if (memory.read(root, bytes)) return false;
  const view = new DataView(bytes.buffer);
  let used = 0;
  for (let at = 0; at < page; at += 8) {
    const lo = view.getUint32(at, true);
    if (lo === 0 && view.getUint32(at + 4, true) === 0) continue;
    if ((lo & 3) !== 3 || ++used > page / 32) return false;
  }
  return used > 0;
}

/** What to add to a physical address of the image, when the table maps the banner and itself in one piece. */
function imageDelta(
  memory: PhysicalMemory,
  paging: PagingFormat,
  vaBits: number,
  root: PhysAddr,
  banner: Banner,
): bigint | undefined {
  const from = END_OF_MEMORY - (1n << BigInt(vaBits - 1));
  const holds = ({ phys, size }: Mapped): boolean => banner.at >= phys && banner.at < phys + size;
  const mapped = firstMapped(memory, paging, root, from, END_OF_MEMORY, holds);
  if (!mapped) return undefined;
  const delta = mapped.at - BigInt(mapped.phys);
  const where = pageWalker(memory, paging, root)(BigInt(root) + delta);
  return typeof where !== 'string' && where.phys === root ? delta : undefined;
}

/** The linear map holds all memory, the table too; tables of another page size are hardly found in it where they are. */
function linearMapping(
  memory: PhysicalMemory,
  paging: PagingFormat,
  vaBits: number,
  root: PhysAddr,
): Mapped | undefined {
  const low = END_OF_MEMORY - (1n << BigInt(vaBits));
  const holds = ({ phys, size }: Mapped): boolean => root >= phys && root < phys + size;
  return firstMapped(memory, paging, root, low, low + (1n << BigInt(vaBits - 1)), holds);
}

function infoText(memory: PhysicalMemory, found: Found, banner: Banner): string {
  const { pageShift, vaBits, root, delta, linear } = found;
  // the linear map begins at -(1 << VA_BITS) with the memory at PHYS_OFFSET
  const offset = BigInt(linear.phys) - (linear.at - (END_OF_MEMORY - (1n << BigInt(vaBits))));
  return [
    `OSRELEASE=${banner.release}`,
    `PAGESIZE=${2 ** pageShift}`,
    `SYMBOL(swapper_pg_dir)=${hex(BigInt(root) + delta).slice(2)}`,
    `SYMBOL(_stext)=${hex(imageStart(memory, found, banner)).slice(2)}`,
    `NUMBER(VA_BITS)=${vaBits}`,
    `NUMBER(kimage_voffset)=${hex(BigInt.asUintN(64, delta))}`,
    `NUMBER(PHYS_OFFSET)=${hex(BigInt.asUintN(64, offset))}`,
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
  while (here - start < IMAGE_LIMIT && inImage(start - IMAGE_STEP)) start -= IMAGE_STEP;
  return start;
}
