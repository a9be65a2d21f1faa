import { perOwner } from '../base/lazy.ts';
import { addrAdd } from '../base/u64.ts';
import type { Addr } from '../base/units.ts';
import type { Program } from '../program/program.ts';
import { headOf } from './page.ts';
import { pageMap } from './page-map.ts';
import { type SlabCache, slabCaches } from './slab-cache.ts';
import { slabPageLayout } from './slab-layout.ts';

/**
 * Tells the slab cache that the page of an address belongs to: by the page's descriptor alone, for those who ask for many
 * addresses; whether an object is there and in use is `slabAt`'s question.
 * @throws NotFoundError when the kernel does not use SLUB or its types are not known
 */
export const slabNamer = perOwner((prog: Program): ((at: Addr) => SlabCache | undefined) => {
  const map = pageMap(prog);
  const { cache } = slabPageLayout(prog);
  const head = prog.offset('page', 'compound_info', 'compound_head');
  const caches = new Map(slabCaches(prog).caches.map((c) => [c.address, c]));
  const word = new Uint8Array(8);
  const view = new DataView(word.buffer);
  const pointer = (at: Addr): Addr | undefined =>
    prog.memory.tryRead(at, word) === undefined ? view.getBigUint64(0, prog.arch.littleEndian) : undefined;
  return (at) => {
    const where = prog.map.translate(at);
    // only the direct map's addresses are the allocator's
    if (typeof where === 'string' || prog.map.directMap(where.phys) !== at) return undefined;
    const page = map?.pageOf(Math.floor(where.phys / prog.pageSize));
    const info = page === undefined ? undefined : pointer(addrAdd(page, head));
    if (page === undefined || info === undefined) return undefined;
    const owner = pointer(addrAdd(headOf(prog, page, info), cache));
    return owner === undefined ? undefined : caches.get(owner);
  };
});
