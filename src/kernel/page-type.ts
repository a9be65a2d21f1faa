import { perOwner } from '../base/lazy.ts';
import { addrAdd } from '../base/u64.ts';
import type { Addr, Bytes } from '../base/units.ts';
import type { Program } from '../program/program.ts';
import { enumerators } from './enumerators.ts';

/** What a page says of itself in `page_type` and `flags`. */
export interface PageTypes {
  /** First page of a slab. */
  isSlab(page: Addr, flags: bigint): boolean;
  /** As `isSlab`, for the bytes of a descriptor; undefined where no page can be told to be one. */
  readonly slabBits: BitTest | undefined;
  /** First page of a free block of the page allocator. */
  isBuddy(page: Addr): boolean;
  /** Page table; only where the kernel's types name that kind. */
  isTable(page: Addr): boolean;
}

/** A word of 4 bytes, in the byte order of the dump, in which the bits of a mask have a value. */
export interface BitTest {
  readonly offset: Bytes;
  readonly mask: number;
  readonly value: number;
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
  const slab = typeBits(prog, 'slab');
  const buddy = typeBits(prog, 'buddy', BUDDY_BIT);
  const table = typeBits(prog, 'table');
  const is = (page: Addr, bits: TypeBits | undefined): boolean =>
    bits !== undefined && (typeOf(page) & bits.mask) >>> 0 === bits.value;
  return {
    // a flag until commit 46df8e73a4a3 ("mm: free up PG_slab", v6.10), since then its type
    isSlab: flag === undefined ? (page) => is(page, slab) : (_, flags) => ((flags >> BigInt(flag)) & 1n) === 1n,
    slabBits:
      flag !== undefined ? flagBits(flag, little) : slab && offset !== undefined ? { offset, ...slab } : undefined,
    isBuddy: (page) => is(page, buddy),
    isTable: (page) => is(page, table),
  };
});

type TypeBits = Omit<BitTest, 'offset'>;

/** Of `page.flags`, the first member. */
function flagBits(flag: number, littleEndian: boolean): BitTest {
  const bit = (1 << (flag & 31)) >>> 0;
  return { offset: flag >>> 5 === (littleEndian ? 0 : 1) ? 0 : 4, mask: bit, value: bit };
}

/** A number in the uppermost byte; before that one of several bits, which is clear where the type is meant. */
function typeBits(prog: Program, name: string, bit?: number): TypeBits | undefined {
  const types = enumerators(prog, 'pagetype');
  const kind = types.get(`PGTY_${name}`);
  if (kind !== undefined) return { mask: 0xff000000, value: (kind << 24) >>> 0 };
  const clear = types.get(`PG_${name}`) ?? bit;
  return clear === undefined ? undefined : { mask: (0xf0000000 | clear) >>> 0, value: 0xf0000000 };
}
