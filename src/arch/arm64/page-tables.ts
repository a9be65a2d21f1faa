import type { PagingFormat } from '../../memory/page-walk.ts';
import type { PageTables } from '../../program/ports.ts';

/** Sources: Arm ARM DDI 0487, D8.3.2 "Block descriptor and Page descriptor formats"; software bits: pgtable-prot.h. */
const FLAGS: readonly (readonly [mask: bigint, name: string])[] = [
  [1n, 'VALID'],
  [1n << 58n, 'PROT_NONE'],
  [1n << 6n, 'USER'],
  [1n << 7n, 'RDONLY'],
  [3n << 8n, 'SHARED'],
  [1n << 10n, 'AF'],
  [1n << 11n, 'NG'],
  [1n << 53n, 'PXN'],
  [1n << 54n, 'UXN'],
  [1n << 55n, 'DIRTY'],
  [1n << 56n, 'SPECIAL'],
];
const NAMES = ['PGD', 'P4D', 'PUD', 'PMD', 'PTE'];
/** The kernel folds the upper of its five levels that the CPU does not have. */
const FOLDED: Readonly<Record<number, readonly string[]>> = {
  1: ['PTE'],
  2: ['PGD', 'PTE'],
  3: ['PGD', 'PMD', 'PTE'],
  4: ['PGD', 'PUD', 'PMD', 'PTE'],
};

/** Names and entries of arm64 tables. */
export function armTables(format: PagingFormat): PageTables {
  const last = format.levels.length - 1;
  return {
    format,
    levelNames: FOLDED[format.levels.length] ?? NAMES,
    entryAddresses: 'virtual',
    flagNames: (entry) => {
      if ((entry & 1n) === 0n && (entry >> 58n) % 2n === 0n) return [];
      return FLAGS.filter(([mask]) => (entry & mask) !== 0n).map(([, name]) => name);
    },
    address(entry) {
      const shift = format.levels[last]?.shift ?? 12;
      const next = format.next(Number((entry | 3n) & 0xffffffffn), Number(entry >> 32n), last);
      return next - (next % 2 ** shift);
    },
    // bits 7:3 are the area, 57:8 the slot (arch/arm64/include/asm/pgtable.h, __SWP_TYPE_SHIFT)
    swap: (entry) =>
      entry === 0n || entry & 1n
        ? undefined
        : { type: Number((entry >> 3n) & 31n), offset: (entry >> 8n) & ((1n << 50n) - 1n) },
  };
}
