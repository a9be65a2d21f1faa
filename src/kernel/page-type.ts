import { perOwner } from '../base/lazy.ts';
import { addrAdd } from '../base/u64.ts';
import type { Addr, Bytes } from '../base/units.ts';
import type { Program } from '../program/program.ts';
import { enumerators } from './enumerators.ts';

/** What a page says of itself in `page_type` and `flags`. */
export interface PageTypes {
  /** First page of a slab. */
  isSlab(page: Addr, flags: bigint): boolean;
  /** As `isSlab`, of a descriptor whose bytes begin at `at`. */
  isSlabIn(descriptors: DataView, at: Bytes): boolean;
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
  const little = prog.arch.littleEndian;
  const offset = prog.findMember('page', 'page_type')?.offset;
  const bytes = new Uint8Array(4);
  const word = new DataView(bytes.buffer);
  const typeOf = (page: Addr): number => {
    if (offset === undefined || prog.memory.tryRead(addrAdd(page, offset), bytes)) return 0;
    return word.getUint32(0, little);
  };
  const slab = typeTest(prog, 'slab');
  const buddy = typeTest(prog, 'buddy', BUDDY_BIT);
  const table = typeTest(prog, 'table');
  return {
    // a flag until commit 46df8e73a4a3 ("mm: free up PG_slab", v6.10), since then its type
    isSlab: flag === undefined ? (page) => slab(typeOf(page)) : (_, flags) => ((flags >> BigInt(flag)) & 1n) === 1n,
    isSlabIn(descriptors, at) {
      if (flag === undefined) return slab(offset === undefined ? 0 : descriptors.getUint32(at + offset, little));
      const half = flag >>> 5 === (little ? 0 : 1) ? 0 : 4;
      return ((descriptors.getUint32(at + half, little) >>> (flag & 31)) & 1) === 1;
    },
    isBuddy: (page) => buddy(typeOf(page)),
    isTable: (page) => table(typeOf(page)),
  };
});

/** A number in the uppermost byte; before that one of several bits, which is clear where the type is meant. */
function typeTest(prog: Program, name: string, bit?: number): (type: number) => boolean {
  const types = enumerators(prog, 'pagetype');
  const kind = types.get(`PGTY_${name}`);
  if (kind !== undefined) return (type) => type >>> 24 === kind;
  const mask = types.get(`PG_${name}`) ?? bit;
  if (mask === undefined) return () => false;
  return (type) => (type & 0xf0000000) >>> 0 === 0xf0000000 && (type & mask) === 0;
}
