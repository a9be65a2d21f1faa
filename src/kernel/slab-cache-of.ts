import type { Addr } from '../base/units.ts';
import type { Program } from '../program/program.ts';
import { headOf } from './page.ts';
import { pageMap } from './page-map.ts';
import { findSlabCache } from './slab-cache.ts';
import { SlabPage } from './slab-page.ts';

/**
 * Name of the slab cache whose memory holds `at`, by the page alone: no list of slabs is walked. Undefined for what is no
 * slab memory or no address of the direct map. @throws NotFoundError when the types of pages are not known
 */
export function slabCacheOf(prog: Program, at: Addr): string | undefined {
  const map = pageMap(prog);
  const where = map && prog.map.translate(at);
  if (!map || typeof where !== 'object' || prog.map.directMap(where.phys) !== at) return undefined;
  const page = map.pageOf(Math.floor(where.phys / prog.pageSize));
  if (page === undefined) return undefined;
  const word = new Uint8Array(8);
  const member = BigInt(prog.offset('page', 'compound_info', 'compound_head'));
  if (prog.memory.tryRead(page + member, word) !== undefined) return undefined;
  const slab = new SlabPage(prog);
  if (slab.load(headOf(prog, page, new DataView(word.buffer).getBigUint64(0, prog.arch.littleEndian))))
    return undefined;
  return slab.objects === 0 ? undefined : findSlabCache(prog, slab.cache)?.name;
}
