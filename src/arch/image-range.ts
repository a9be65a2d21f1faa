import type { Addr, Bytes, PhysAddr } from '../base/units.ts';
import type { Translate } from '../memory/address-space.ts';
import { isMissing } from '../memory/page-walk.ts';
import type { LinearRange } from '../program/ports.ts';

/** Behind swapper_pg_dir come the kernel's init text, data and bss: at least this much. */
const UNPROVED_IMAGE = 0x1000000n;
const STEP = 0x10000n;
const LIMIT = 0x20000000n;

/** The kernel's top-level table, part of its image, and the walk from there. */
interface RootTable {
  readonly root: PhysAddr;
  readonly walk: Translate;
  /** The tables are not in the dump. */
  readonly unproved: boolean;
}

/**
 * The kernel image, as far as it is mapped in one piece around `swapper`, or may be where the tables are missing.
 * @param swapper virtual address of the root table @param text start of the kernel's text, when stated
 */
export function imageRange(tables: RootTable, swapper: Addr, text: Addr | undefined, pageSize: Bytes): LinearRange {
  const delta = BigInt(tables.root) - swapper;
  const contiguous = (at: Addr) => {
    const where = tables.walk(at);
    return typeof where === 'string' ? tables.unproved && isMissing(where) : BigInt(where.phys) === at + delta;
  };
  const page = BigInt(pageSize);
  let start = (text !== undefined && text <= swapper ? text : swapper) & ~(page - 1n);
  if (!contiguous(start)) start = swapper;
  let end = swapper + page;
  const limit = swapper + (tables.unproved ? UNPROVED_IMAGE : LIMIT);
  while (end < limit && contiguous(end)) end = (end & ~(STEP - 1n)) + STEP;
  return { start, end, phys: Number(start + delta) };
}
