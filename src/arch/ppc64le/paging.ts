import type { PagingFormat } from '../../memory/page-walk.ts';

/** Of the upper half of an entry: there is something, and it maps memory itself. Power ISA 3.0B, 5.7.10.2. */
const VALID = 0x80000000;
const LEAF = 0x40000000;
/** Upper half of the address: bits 52 to 32. What the kernel keeps above them is no address on any machine. */
const ADDRESS = 0x1fffff;

/** Bits of the four levels, root first. */
type Widths = readonly [pgd: number, pud: number, pmd: number, pte: number];

/** Radix tree: RADIX_*_INDEX_SIZE in Linux arch/powerpc/include/asm/book3s/64/radix-{4k,64k}.h. */
const RADIX: Readonly<Record<number, Widths>> = { 12: [13, 9, 9, 9], 16: [13, 9, 9, 5] };
/** The kernel's own tables beside the hashed page table: H_*_INDEX_SIZE in hash-{4k,64k}.h. */
const HASH: Readonly<Record<number, Widths>> = { 12: [9, 9, 7, 9], 16: [8, 10, 10, 8] };

/**
 * Tables of 64-bit kernels for server CPUs. Entries are big-endian whatever the kernel's byte order is; those of a radix
 * tree are the CPU's, those of a kernel with the hashed page table have the same form: the two uppermost bits, the address
 * below.
 */
function paging(widths: Widths, pageShift: number): PagingFormat {
  let shift = pageShift;
  const levels = [...widths].reverse().map((bits) => {
    const level = { shift, bits };
    shift += bits;
    return level;
  });
  return {
    levels: levels.reverse(),
    bigEndian: true,
    next(lo, hi, level) {
      // nothing is mapped by the root itself
      if (hi >>> 0 < VALID || (level === 0 && (hi & LEAF) !== 0)) return -1;
      return (hi & ADDRESS) * 0x100000000 + ((lo & ~0xff) >>> 0);
    },
    isLeaf: (_lo, hi) => (hi & LEAF) !== 0,
  };
}

/** Of a kernel that uses the radix tree; undefined when there is none of that page size. */
export function radixPaging(pageShift: number): PagingFormat | undefined {
  const widths = RADIX[pageShift];
  return widths && paging(widths, pageShift);
}

/** Of a kernel that uses the hashed page table. */
export function hashPaging(pageShift: number): PagingFormat | undefined {
  const widths = HASH[pageShift];
  return widths && paging(widths, pageShift);
}
