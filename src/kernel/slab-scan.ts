import { perOwner } from '../base/lazy.ts';
import type { Addr } from '../base/units.ts';
import type { Program } from '../program/program.ts';
import { enumerators } from './enumerators.ts';
import { allPages, pageReader } from './page.ts';
import { SlabPage } from './slab-page.ts';

/** Slabs and objects of a cache. */
export interface SlabCount {
  slabs: number;
  total: number;
}

/**
 * The slabs of every cache, found by going through all page descriptors: kernels without CONFIG_SLUB_DEBUG keep no counts,
 * and no list has their full slabs. By address of `struct kmem_cache`.
 * @throws NotFoundError when the dump does not tell where the descriptors are
 */
export const scannedSlabs = perOwner((prog: Program): ReadonlyMap<Addr, SlabCount> => {
  const counts = new Map<Addr, SlabCount>();
  const reader = pageReader(prog);
  if (!reader) return counts;
  const isSlab = slabTest(prog);
  const slab = new SlabPage(prog);
  for (const page of allPages(prog, reader)) {
    if (page.head !== page.address || !isSlab(page.address, page.flags) || slab.load(page.address)) continue;
    const count = counts.get(slab.cache) ?? { slabs: 0, total: 0 };
    count.slabs++;
    count.total += slab.objects;
    counts.set(slab.cache, count);
  }
  return counts;
});

/** Whether a page is a slab's first: a flag until commit 46df8e73a4a3 ("mm: free up PG_slab", v6.10), since then its type. */
function slabTest(prog: Program): (page: Addr, flags: bigint) => boolean {
  const bit = enumerators(prog, 'pageflags').get('PG_slab');
  if (bit !== undefined) return (_, flags) => ((flags >> BigInt(bit)) & 1n) === 1n;
  const types = enumerators(prog, 'pagetype');
  const at = prog.findMember('page', 'page_type');
  const kind = types.get('PGTY_slab');
  const mask = types.get('PG_slab');
  if (!at) return () => false;
  const typeOf = (page: Addr): number => prog.memory.u32(page + BigInt(at.offset));
  // a number in the uppermost byte; before that one of several bits, which is clear where the type is meant
  if (kind !== undefined) return (page) => typeOf(page) >>> 24 === kind;
  if (mask === undefined) return () => false;
  return (page) => {
    const type = typeOf(page);
    return (type & 0xf0000000) >>> 0 === 0xf0000000 && (type & mask) === 0;
  };
}
