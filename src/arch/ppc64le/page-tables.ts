import type { PagingFormat } from '../../memory/page-walk.ts';
import type { PageTables } from '../../program/ports.ts';

/** Source: Linux arch/powerpc/include/asm/book3s/64/pgtable.h, the `_PAGE_*` bits. */
const FLAGS: readonly (readonly [mask: bigint, name: string])[] = [
  [1n << 63n, 'PRESENT'],
  [1n << 62n, 'PTE'],
  [1n << 9n, 'SOFT_DIRTY'],
  [1n << 10n, 'SPECIAL'],
  [1n << 11n, 'DEVMAP'],
  [0x100n, 'ACCESSED'],
  [0x80n, 'DIRTY'],
  [0x8n, 'PRIVILEGED'],
  [0x4n, 'READ'],
  [0x2n, 'WRITE'],
  [0x1n, 'EXEC'],
];
/** _PAGE_CACHE_CTL: 0x10 is strong access order, 0x20 non-idempotent, 0x30 tolerant. */
const CACHE: readonly (string | undefined)[] = [undefined, 'SAO', 'NON_IDEMPOTENT', 'TOLERANT'];

/** Names and entries of the tables. */
export function ppcTables(format: PagingFormat): PageTables {
  const last = format.levels.length - 1;
  const shift = format.levels[last]?.shift ?? 16;
  return {
    format,
    levelNames: ['PGD', 'PUD', 'PMD', 'PTE'],
    entryAddresses: 'virtual',
    flagNames: (entry) => {
      if (entry >> 63n === 0n) return [];
      const cache = CACHE[Number((entry >> 4n) & 3n)];
      const names = FLAGS.filter(([mask]) => (entry & mask) !== 0n).map(([, name]) => name);
      return cache === undefined ? names : [...names, cache];
    },
    address(entry) {
      const next = format.next(Number(entry & 0xffffffffn), Number(entry >> 32n) | 0x80000000, last);
      return next - (next % 2 ** shift);
    },
    // _PAGE_PTE stays set; bits 12 and up are the slot where the page frame number is, 5 bits below it the area
    // (__swp_type, __swp_offset).
    swap: (entry) =>
      entry === 0n || entry >> 63n !== 0n
        ? undefined
        : { type: Number(entry & 31n), offset: (entry & ((1n << 53n) - 1n)) >> BigInt(shift) },
  };
}
