import { addrAdd } from '../base/u64.ts';
import type { Addr } from '../base/units.ts';
import type { Program } from '../program/program.ts';
import { type PageRecord, pageReader } from './page.ts';
import { pageTypes } from './page-type.ts';

/** What a page of memory is used for. */
export interface PageUse {
  /**
   * `slab`; `buddy`: free, in the page allocator's lists; `unused`: no references, on no list of the allocator (a CPU's own
   * list of free pages); `table`: page table; `anonymous` and `file`: memory of processes and cached files; `other`.
   */
  readonly kind: 'slab' | 'buddy' | 'unused' | 'table' | 'anonymous' | 'file' | 'other';
  readonly page: PageRecord;
  /** Of the compound page; the page itself when it is none. */
  readonly head: PageRecord;
  /** Of a free block: its first page, and its order. */
  readonly block?: { readonly first: PageRecord; readonly order: number };
  /** `struct address_space *` of a file's page, `struct anon_vma *` of an anonymous one. */
  readonly owner?: Addr;
  /** `struct inode *` of a file's page. */
  readonly inode?: Addr;
}

const MAX_ORDER = 16;
/** PAGE_MAPPING_ANON and the other flags in the lowest bits of `page.mapping`. */
const MAPPING_ANON = 1n;
const MAPPING_FLAGS = 3n;

/** What the page that `at` lies in is used for: an address of the direct map. Undefined where there is no descriptor of it. @throws NotFoundError */
export function pageUseAt(prog: Program, at: Addr): PageUse | undefined {
  const where = prog.map.translate(at);
  if (typeof where !== 'object') return undefined;
  return pageUse(prog, Math.floor(where.phys / prog.pageSize));
}

/** What a page frame is used for. @throws NotFoundError */
export function pageUse(prog: Program, frame: number): PageUse | undefined {
  const reader = pageReader(prog);
  const page = reader?.ofFrame(frame);
  if (!reader || !page) return undefined;
  const head = (page.head === page.address ? page : reader.read(page.head)) ?? page;
  const types = pageTypes(prog);
  if (types.isSlab(head.address, head.flags)) return { kind: 'slab', page, head };
  const block = blockOf(prog, page);
  if (block) return { kind: 'buddy', page, head, block };
  if (types.isTable(head.address)) return { kind: 'table', page, head };
  if (head.count === 0) return { kind: 'unused', page, head };
  const owner = head.mapping & ~MAPPING_FLAGS;
  if (owner < prog.kernelStart) return { kind: 'other', page, head };
  if ((head.mapping & MAPPING_ANON) !== 0n) return { kind: 'anonymous', page, head, owner };
  const host = prog.findMember('address_space', 'host')?.offset;
  const inode = host === undefined ? undefined : pointerAt(prog, addrAdd(owner, host));
  return { kind: 'file', page, head, owner, ...(inode !== undefined && inode !== 0n && { inode }) };
}

/** The free block that holds a page: blocks of 2^order pages are aligned to their size, and their first page tells the order. */
function blockOf(prog: Program, page: PageRecord): PageUse['block'] {
  if (page.count !== 0) return undefined;
  const reader = pageReader(prog);
  const types = pageTypes(prog);
  // page.private, which of a free block's first page is its order (set_buddy_order)
  const at = prog.findMember('page', 'private')?.offset;
  if (!reader || at === undefined) return undefined;
  for (let order = 0; order < MAX_ORDER; order++) {
    const first = reader.ofFrame(page.frame - (page.frame % 2 ** order));
    if (!first || !types.isBuddy(first.address)) continue;
    const own = pointerAt(prog, addrAdd(first.address, at));
    if (own === undefined || own > BigInt(MAX_ORDER)) continue;
    if (page.frame < first.frame + 2 ** Number(own)) return { first, order: Number(own) };
  }
  return undefined;
}

function pointerAt(prog: Program, at: Addr): bigint | undefined {
  const bytes = new Uint8Array(8);
  if (prog.memory.tryRead(at, bytes)) return undefined;
  return new DataView(bytes.buffer).getBigUint64(0, prog.arch.littleEndian);
}
