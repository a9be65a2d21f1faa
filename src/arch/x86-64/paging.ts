import type { PagingFormat } from '../../memory/page-walk.ts';

const PRESENT = 0x1;
const PAGE_SIZE_BIT = 0x80;
/** Set in an entry that is kept but not accessible (PROT_NONE, NUMA hinting). */
const PROT_NONE = 0x100;

const LEVELS_4 = [39, 30, 21, 12].map((shift) => ({ shift, bits: 9 }));
const LEVELS_5 = [48, 39, 30, 21, 12].map((shift) => ({ shift, bits: 9 }));

/**
 * 4- and 5-level paging. Sources: Intel SDM volume 3 chapter 4 (bits 51:12 are the address, bit 7 of the two levels above
 * the last makes a 1 GiB or 2 MiB page); Linux arch/x86/include/asm/pgtable.h.
 * @param fiveLevels CR4.LA57 @param encryptionMask the C-bit of AMD memory encryption, 0 when off
 */
export function x86Paging(fiveLevels: boolean, encryptionMask: bigint): PagingFormat {
  const levels = fiveLevels ? LEVELS_5 : LEVELS_4;
  const last = levels.length - 1;
  const addressHi = 0xfffff & ~Number((encryptionMask >> 32n) & 0xfffffn);
  return {
    levels,
    next(lo, hi, level) {
      if (lo & PRESENT) return (hi & addressHi) * 0x100000000 + ((lo & 0xfffff000) >>> 0);
      // The frame number of an entry without access is stored inverted: Linux 6b28baca9b1f ("x86/speculation/l1tf:
      // Protect PROT_NONE PTEs against speculation"), v4.19.
      if (lo & PROT_NONE && level >= last - 1) return (~hi & addressHi) * 0x100000000 + ((~lo & 0xfffff000) >>> 0);
      return -1;
    },
    isLeaf: (lo, _hi, level) => (lo & PAGE_SIZE_BIT) !== 0 && level >= last - 2 && level < last,
  };
}
