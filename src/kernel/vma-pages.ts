import { AnalysisError } from '../base/errors.ts';
import { addrAdd } from '../base/u64.ts';
import type { Addr, PhysAddr } from '../base/units.ts';
import type { Program } from '../program/program.ts';
import { addressWalk } from './address-walk.ts';
import { pageEntry } from './page-entry.ts';
import type { Vma } from './vma.ts';

/** 64 TiB of pages: an area that states more is damaged. */
const MAX_PAGES = 1 << 24;

/** A page of an area of user memory. */
export interface VmaPage {
  readonly address: Addr;
  /** Where it is in memory; undefined when it is not mapped, or when the tables that tell are not in the dump. */
  readonly physical: PhysAddr | undefined;
  /** Where its content would come from, in bytes of the mapped file; undefined of anonymous memory. */
  readonly fileOffset: bigint | undefined;
  /** Where it is in swap space: path of the area, and slot in it. */
  readonly swap: { readonly path: string; readonly offset: bigint } | undefined;
  /** Why it cannot be told, where page tables are missing. */
  readonly unknown: string | undefined;
}

/**
 * The pages of an area in order.
 * @param pgd `mm->pgd` of its address space
 */
export function* vmaPages(prog: Program, pgd: Addr, vma: Vma): Generator<VmaPage> {
  const step = BigInt(prog.pageSize);
  let count = 0;
  for (let at = vma.start; at < vma.end && count < MAX_PAGES; at = addrAdd(at, step), count++) {
    yield vmaPage(prog, pgd, vma, at);
  }
}

/** One page of an area. @param at an address in it */
export function vmaPage(prog: Program, pgd: Addr, vma: Vma, at: Addr): VmaPage {
  const page = at & ~(BigInt(prog.pageSize) - 1n);
  const where = prog.userMemory(pgd).translate(page);
  const mapped = typeof where !== 'string';
  return {
    address: page,
    physical: mapped ? where.phys : undefined,
    fileOffset: vma.file === 0n ? undefined : vma.pageOffset * BigInt(prog.pageSize) + (page - vma.start),
    swap: where === 'unmapped' ? swapPlace(prog, pgd, page) : undefined,
    unknown: mapped || where === 'unmapped' ? undefined : where,
  };
}

/** What the page's entry in the last table says of swap space. */
function swapPlace(prog: Program, pgd: Addr, page: Addr): VmaPage['swap'] {
  const { tables } = prog.map;
  if (!tables) return undefined;
  try {
    const { steps } = addressWalk(prog, page, pgd);
    const last = steps.at(-1);
    if (!last || steps.length < tables.format.levels.length) return undefined;
    const swap = pageEntry(prog, last.entry)?.swap;
    return swap?.path === undefined ? undefined : { path: swap.path, offset: swap.offset };
  } catch (e) {
    if (e instanceof AnalysisError) return undefined;
    throw e;
  }
}
