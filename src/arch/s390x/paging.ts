import type { PhysAddr } from '../../base/units.ts';
import type { PagingFormat, PagingLevel } from '../../memory/page-walk.ts';
import type { PhysicalMemory } from '../../memory/physical.ts';

/** Bits in the low half of an entry. Source: z/Architecture Principles of Operation SA22-7832, "Dynamic Address Translation". */
const TABLE_INVALID = 0x20;
const PAGE_INVALID = 0x400;
/** FC, format control: the entry maps memory itself. */
const LARGE = 0x400;
/** TT, the table's type: segment 0, region third 1, region second 2, region first 3. */
const TYPE_SHIFT = 2;
/**
 * Software bits of Linux (arch/s390/include/asm/pgtable.h): an entry of a page that was not used lately is invalid to the
 * CPU, but the page is there.
 */
const PAGE_PRESENT = 0x1;
const LARGE_READ = 0x2;

/** All levels, from the region first table to the page table. */
const LEVELS: readonly PagingLevel[] = [
  { shift: 53, bits: 11 },
  { shift: 42, bits: 11 },
  { shift: 31, bits: 11 },
  { shift: 20, bits: 11 },
  { shift: 12, bits: 8 },
];
const MOST_TYPE = 3;

/** Tables whose root is of the type `type` (TT). */
export function s390Paging(type: number): PagingFormat {
  const levels = LEVELS.slice(MOST_TYPE - type);
  const last = levels.length - 1;
  const isLarge = (lo: number, level: number): boolean =>
    (lo & LARGE) !== 0 && (level === last - 1 || level === last - 2);
  return {
    levels,
    bigEndian: true,
    next(lo, hi, level) {
      if (level === last)
        return lo & PAGE_INVALID && !(lo & PAGE_PRESENT) ? -1 : hi * 0x100000000 + ((lo & 0xfffff000) >>> 0);
      const large = isLarge(lo, level);
      if (lo & TABLE_INVALID && !(large && lo & LARGE_READ)) return -1;
      // a table's type is one less a level: an entry of another type is no entry
      if (((lo >>> TYPE_SHIFT) & 3) !== last - 1 - level) return -1;
      // page tables have 2 KiB, the others begin on a page
      const mask = level === last - 1 && !large ? 0xfffff800 : 0xfffff000;
      return hi * 0x100000000 + ((lo & mask) >>> 0);
    },
    isLeaf: (lo, _hi, level) => isLarge(lo, level),
  };
}

const formats = [0, 1, 2, 3].map(s390Paging);

/**
 * The format of the tables below `root`, which each entry of the root states, empty ones too; undefined when it cannot be
 * read. Processes have three levels, and more when they ask for addresses beyond 4 TiB.
 */
export function formatAt(memory: PhysicalMemory, root: PhysAddr): PagingFormat | undefined {
  const chunk = memory.chunk(root);
  if (typeof chunk === 'string') return undefined;
  const at = root - chunk.start;
  if (at + 8 > chunk.bytes.length) return undefined;
  return formats[(chunk.view.getUint32(at + 4, false) >>> TYPE_SHIFT) & 3];
}
