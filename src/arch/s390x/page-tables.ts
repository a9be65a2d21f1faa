import type { PagingFormat } from '../../memory/page-walk.ts';
import type { PhysicalMemory } from '../../memory/physical.ts';
import type { PageTables } from '../../program/ports.ts';
import { formatAt } from './paging.ts';

/** Linux arch/s390/include/asm/pgtable.h: page table entries, the hardware's bits and Linux's own. */
const FLAGS: readonly (readonly [mask: bigint, name: string])[] = [
  [0x001n, 'PRESENT'],
  [0x002n, 'SOFT_DIRTY'],
  [0x004n, 'YOUNG'],
  [0x008n, 'DIRTY'],
  [0x010n, 'READ'],
  [0x020n, 'WRITE'],
  [0x040n, 'SPECIAL'],
  [0x080n, 'UNUSED'],
  [0x100n, 'NOEXEC'],
  [0x200n, 'PROTECT'],
  [0x400n, 'INVALID'],
];
const PRESENT = 0x001n;
const INVALID = 0x400n;
/** What a swap entry is told by: the page is protected and not present. */
const SWAP_MASK = 0x201n;
const SWAP = 0x200n;

const NAMES = ['PGD', 'P4D', 'PUD', 'PMD', 'PTE'];
/** The kernel's own names of the levels: the root is the PGD however many there are. */
function levelNames(format: PagingFormat): readonly string[] {
  const names = NAMES.slice(NAMES.length - format.levels.length);
  return ['PGD', ...names.slice(1)];
}

/** Names and entries of s390x tables. @param format of the kernel's own */
export function s390Tables(memory: PhysicalMemory, format: PagingFormat): PageTables {
  return {
    format,
    levelNames: levelNames(format),
    entryAddresses: 'virtual',
    tablesAt(root) {
      const own = formatAt(memory, root);
      return own && { format: own, levelNames: levelNames(own) };
    },
    flagNames(entry) {
      if ((entry & INVALID) !== 0n && (entry & PRESENT) === 0n) return [];
      return FLAGS.filter(([mask]) => (entry & mask) !== 0n).map(([, name]) => name);
    },
    address: (entry) => Number(entry & ~0xfffn),
    // __swp_type, __swp_offset
    swap: (entry) =>
      (entry & SWAP_MASK) === SWAP && (entry & INVALID) !== 0n
        ? { type: Number((entry >> 2n) & 31n), offset: entry >> 12n }
        : undefined,
  };
}
