import { CorruptError } from '../base/errors.ts';
import { hex } from '../base/hex.ts';
import { addrAdd } from '../base/u64.ts';
import type { Addr } from '../base/units.ts';
import type { Problem } from '../program/ports.ts';
import type { Program } from '../program/program.ts';
import { inodes, mappingPages } from './inode.ts';
import { type PageRecord, pageReader } from './page.ts';
import { indexedItems } from './radix-tree.ts';

/** The part of a file that is in memory. */
export interface CachedPages {
  /** `struct address_space *` */
  readonly mapping: Addr;
  /** What the kernel counts. */
  readonly count: bigint;
  /** By index; of a large folio its first page. */
  readonly pages: readonly PageRecord[];
  readonly problems: readonly Problem[];
}

/**
 * The pages of a file in the page cache.
 * @param inode `struct inode *`
 * @throws NotFoundError MemoryFault CorruptError
 */
export function cachedPages(prog: Program, inode: Addr): CachedPages {
  const { mapping } = inodes(prog)(inode);
  if (mapping < prog.kernelStart) throw new CorruptError(inode, `inode: i_mapping is ${hex(mapping)}`);
  // commit b93b016313b3 ("page cache: use xa_lock", v4.17): i_pages, page_tree before; an XArray since v4.20
  const tree = addrAdd(mapping, prog.offset('address_space', 'i_pages', 'page_tree'));
  const root = prog.findMember('address_space', 'i_pages.xa_head') ? 'i_pages.xa_head' : 'i_pages.rnode';
  const slot = prog.findMember('address_space', root)?.offset;
  const walk = indexedItems(prog, prog.memory.ulong(slot === undefined ? tree : addrAdd(mapping, slot)));
  const problems: Problem[] = walk.damage.map((why) => ({ what: `pages of inode ${hex(inode)}`, why }));
  const reader = pageReader(prog);
  const pages: PageRecord[] = [];
  for (const { kind, value } of walk.entries) {
    if (kind !== 'pointer') continue; // the shadow of an evicted page, or its place in swap
    const page = reader?.read(value);
    if (page) pages.push(page);
    else problems.push({ what: `page ${hex(value)}`, why: 'its descriptor cannot be read' });
  }
  return { mapping, count: mappingPages(prog, mapping), pages, problems };
}
