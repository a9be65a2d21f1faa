import type { PagingFormat, PagingLevel } from '../../memory/page-walk.ts';

/** An entry above the last level that maps memory itself. */
const HUGE = 0x40;
/** Whether a huge page is global. */
const HUGE_GLOBAL = 0x1000;
const PRESENT = 0x80;
/** A page without access, which is present for the kernel alone (bit 10). */
const PROT_NONE = 0x400;
/** Upper half of an address in the cached window: entries of directories are kernel addresses. */
const WINDOW = 0x9000;

/** Levels of a kernel's tables, each of which fills one page with entries of 8 bytes. */
function levels(pageShift: number, count: number): PagingLevel[] {
  const bits = pageShift - 3;
  return Array.from({ length: count }, (_, i) => ({ shift: pageShift + bits * (count - 1 - i), bits }));
}

/**
 * LoongArch page tables as Linux lays them out. Source: LoongArch manual, volume 1, 5.4 "Translation lookaside buffer"; Linux
 * arch/loongarch/include/asm/pgtable-bits.h: directories hold kernel addresses in the cached window, entries of pages have
 * the address in bits 47:12 and flags around it.
 */
export function loongarchPaging(pageShift: number, count: number): PagingFormat {
  const all = levels(pageShift, count);
  const last = count - 1;
  const inPage = 2 ** pageShift - 1;
  return {
    levels: all,
    next(lo, hi, level) {
      const isPage = level === last || (lo & HUGE) !== 0;
      if (isPage) {
        if ((lo & (PRESENT | PROT_NONE)) === 0) return -1;
        const phys = (hi & 0xffff) * 2 ** 32 + ((lo & 0xfffff000) >>> 0);
        if (level === last) return phys;
        // the bit means "global" in an entry of a page: only what lies on its own size is a huge one
        const whole = phys - (lo & HUGE_GLOBAL);
        return whole % 2 ** (all[level] as PagingLevel).shift === 0 ? whole : -1;
      }
      if (hi >>> 16 !== WINDOW || (lo & inPage) !== 0) return -1;
      return (hi & 0xffff) * 2 ** 32 + lo;
    },
    isLeaf: (lo, _hi, level) => level < last && (lo & HUGE) !== 0,
  };
}
