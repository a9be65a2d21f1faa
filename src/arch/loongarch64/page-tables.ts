import type { Addr, PhysAddr } from '../../base/units.ts';
import type { PagingFormat } from '../../memory/page-walk.ts';
import type { PageTables } from '../../program/ports.ts';

/** LoongArch manual, volume 1, table "TLBELO"; software bits: Linux arch/loongarch/include/asm/pgtable-bits.h. */
const FLAGS: readonly (readonly [mask: bigint, name: string])[] = [
  [1n << 0n, 'VALID'],
  [1n << 1n, 'DIRTY'],
  [3n << 2n, 'USER'],
  [1n << 6n, 'GLOBAL'],
  [1n << 7n, 'PRESENT'],
  [1n << 8n, 'WRITE'],
  [1n << 9n, 'MODIFIED'],
  [1n << 10n, 'PROTNONE'],
  [1n << 11n, 'SPECIAL'],
  [1n << 61n, 'NO_READ'],
  [1n << 62n, 'NO_EXEC'],
];
const NAMES: Readonly<Record<number, readonly string[]>> = {
  2: ['PGD', 'PTE'],
  3: ['PGD', 'PMD', 'PTE'],
  4: ['PGD', 'PUD', 'PMD', 'PTE'],
};
const PRESENT = 1n << 7n;
const PROT_NONE = 1n << 10n;

/** Names and entries of loongarch64 tables. @param withoutTables where an address in one of the windows lies */
export function loongarchTables(format: PagingFormat, withoutTables: (at: Addr) => PhysAddr | undefined): PageTables {
  const last = format.levels.length - 1;
  return {
    format,
    levelNames: NAMES[format.levels.length] ?? [],
    entryAddresses: 'virtual',
    withoutTables,
    flagNames: (entry) =>
      (entry & (PRESENT | PROT_NONE)) === 0n
        ? []
        : FLAGS.filter(([mask]) => (entry & mask) !== 0n).map(([, name]) => name),
    address(entry) {
      const next = format.next(Number((entry | PRESENT) & 0xffffffffn), Number(entry >> 32n), last);
      return next - (next % 2 ** (format.levels[last]?.shift ?? 12));
    },
    // bits 22:16 are the area, those from 24 up the slot (arch/loongarch/include/asm/pgtable.h, __SWP_TYPE_SHIFT)
    swap: (entry) =>
      entry === 0n || entry & (PRESENT | PROT_NONE)
        ? undefined
        : { type: Number((entry >> 16n) & 127n), offset: entry >> 24n },
  };
}
