import type { PagingFormat, PagingLevel } from '../../memory/page-walk.ts';

const VALID = 1;
/** R, W and X: an entry with one of them maps memory, one with none leads to a table. */
const ACCESS = 0xe;
/** Linux uses the global bit of an entry that is not valid for a page without access (_PAGE_PROT_NONE). */
const PROT_NONE = 0x20;
/**
 * Svnapot: entries that map one naturally aligned piece together say so in bit 63 and its size in the low bits of the page
 * number; the only size is 64 KiB (1000).
 */
const NAPOT = 0x80000000;
const NAPOT_SIZE_BITS = 0xf << 10;
const NAPOT_64K_BITS = 8 << 10;
const NAPOT_64K = 65536;

/** Sv39, Sv48 and Sv57 have 3 to 5 levels of 512 entries. */
function levels(vaBits: number): PagingLevel[] {
  return Array.from({ length: (vaBits - 12) / 9 }, (_, i) => ({ shift: vaBits - 9 * (i + 1), bits: 9 }));
}

/**
 * Page tables of Sv39, Sv48 and Sv57. Source: RISC-V Privileged Architecture, "Sv39: Page-Based 39-bit Virtual-Memory
 * System" and what follows: bits 53:10 are the page number, 63:61 attributes (Svnapot, Svpbmt).
 * @param vaBits 39, 48 or 57
 */
export function riscvPaging(vaBits: number): PagingFormat {
  const all = levels(vaBits);
  const last = all.length - 1;
  const isNapot = (lo: number, hi: number, level: number) =>
    level === last && (hi & NAPOT) !== 0 && (lo & NAPOT_SIZE_BITS) === NAPOT_64K_BITS;
  return {
    levels: all,
    next(lo, hi, level) {
      if ((lo & VALID) === 0 && (level !== last || (lo & PROT_NONE) === 0)) return -1;
      if (level === last && (lo & ACCESS) === 0) return -1;
      const phys = (hi & 0x3fffff) * 2 ** 34 + (lo >>> 10) * 4096;
      return isNapot(lo, hi, level) ? phys - (phys % NAPOT_64K) : phys;
    },
    isLeaf: (lo) => (lo & ACCESS) !== 0,
    span: (lo, hi, level) => (isNapot(lo, hi, level) ? NAPOT_64K : undefined),
  };
}
