import type { PagingFormat, PagingLevel } from '../../memory/page-walk.ts';

const VALID = 1;
/** At levels above the last: 1 = table, 0 = block. */
const TABLE = 2;

/** The tables' levels for a page size and a number of address bits, root first: 8-byte entries fill one page a level. */
function armLevels(pageShift: number, vaBits: number): PagingLevel[] {
  const bits = pageShift - 3;
  const levels: PagingLevel[] = [];
  for (let shift = pageShift; shift < vaBits; shift += bits) {
    levels.unshift({ shift, bits: Math.min(bits, vaBits - shift) });
  }
  return levels;
}

/**
 * VMSAv8-64 stage 1 tables. Source: Arm ARM DDI 0487, D8.3 "Translation table descriptor formats": output address bits
 * 47:12; with 64 KiB pages descriptor bits 15:12 are address bits 51:48; with 52-bit descriptors of 4 and 16 KiB pages
 * (LPA2) bits 49:48 stay in place and bits 9:8, else shareability, are address bits 51:50.
 */
export function armPaging(pageShift: number, vaBits: number, lpa2: boolean): PagingFormat {
  const levels = armLevels(pageShift, vaBits);
  const last = levels.length - 1;
  const addressHi = lpa2 ? 0x3ffff : 0xffff;
  const pageMask = pageShift === 16 ? 0xffff0000 : pageShift === 14 ? 0xffffc000 : 0xfffff000;
  return {
    levels,
    next(lo, hi, level) {
      if ((lo & VALID) === 0 || (level === last && (lo & TABLE) === 0)) return -1;
      let phys = (hi & addressHi) * 0x100000000 + ((lo & pageMask) >>> 0);
      if (pageShift === 16) phys += ((lo >>> 12) & 0xf) * 2 ** 48;
      else if (lpa2) phys += ((lo >>> 8) & 3) * 2 ** 50;
      return phys;
    },
    isLeaf: (lo, _hi, level) => level < last && (lo & TABLE) === 0,
  };
}
