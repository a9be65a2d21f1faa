import { perOwner } from '../base/lazy.ts';
import { addrAdd } from '../base/u64.ts';
import type { Addr } from '../base/units.ts';
import type { Program } from '../program/program.ts';
import { enumerators } from './enumerators.ts';

/** What a page says of itself in `page_type` and `flags`. */
export interface PageTypes {
  /** First page of a slab. */
  isSlab(page: Addr, flags: bigint): boolean;
  /** First page of a free block of the page allocator. */
  isBuddy(page: Addr): boolean;
  /** Page table; only where the kernel's types name that kind. */
  isTable(page: Addr): boolean;
}

/** `~PG_buddy` of the kernels whose types do not name it: it has been 0x80 since commit 6e292b9be7f4 (v4.18). */
const BUDDY_BIT = 0x80;

/** @throws NotFoundError when the types of pages are not known */
export const pageTypes = perOwner((prog: Program): PageTypes => {
  const flag = enumerators(prog, 'pageflags').get('PG_slab');
  const typed = typeTest(prog);
  return {
    // a flag until commit 46df8e73a4a3 ("mm: free up PG_slab", v6.10), since then its type
    isSlab: flag === undefined ? typed('slab') : (_, flags) => ((flags >> BigInt(flag)) & 1n) === 1n,
    isBuddy: typed('buddy', BUDDY_BIT),
    isTable: typed('table'),
  };
});

/** A number in the uppermost byte; before that one of several bits, which is clear where the type is meant. */
function typeTest(prog: Program): (name: string, bit?: number) => (page: Addr) => boolean {
  const types = enumerators(prog, 'pagetype');
  const at = prog.findMember('page', 'page_type')?.offset;
  const bytes = new Uint8Array(4);
  const view = new DataView(bytes.buffer);
  const typeOf = (page: Addr): number | undefined => {
    if (at === undefined || prog.memory.tryRead(addrAdd(page, at), bytes)) return undefined;
    return view.getUint32(0, prog.arch.littleEndian);
  };
  return (name, bit) => {
    const kind = types.get(`PGTY_${name}`);
    if (kind !== undefined) return (page) => (typeOf(page) ?? 0) >>> 24 === kind;
    const mask = types.get(`PG_${name}`) ?? bit;
    if (mask === undefined) return () => false;
    return (page) => {
      const type = typeOf(page) ?? 0;
      return (type & 0xf0000000) >>> 0 === 0xf0000000 && (type & mask) === 0;
    };
  };
}
