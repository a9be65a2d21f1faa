import type { PagingFormat } from '../../memory/page-walk.ts';
import type { PageTables } from '../../program/ports.ts';

/** RISC-V Privileged Architecture, "Addressing and Memory Protection"; software bits: arch/riscv/include/asm/pgtable-bits.h. */
const FLAGS: readonly (readonly [mask: bigint, name: string])[] = [
  [1n << 0n, 'PRESENT'],
  [1n << 1n, 'READ'],
  [1n << 2n, 'WRITE'],
  [1n << 3n, 'EXEC'],
  [1n << 4n, 'USER'],
  [1n << 5n, 'GLOBAL'],
  [1n << 6n, 'ACCESSED'],
  [1n << 7n, 'DIRTY'],
  [1n << 8n, 'SOFT'],
];
/** The kernel folds the upper of its five levels that the CPU does not use. */
const LEVELS: Readonly<Record<number, readonly string[]>> = {
  3: ['PGD', 'PMD', 'PTE'],
  4: ['PGD', 'PUD', 'PMD', 'PTE'],
  5: ['PGD', 'P4D', 'PUD', 'PMD', 'PTE'],
};
const PRESENT = 1n;
const PROT_NONE = 1n << 5n;

/** Names and entries of riscv64 tables. */
export function riscvTables(format: PagingFormat): PageTables {
  const last = format.levels.length - 1;
  return {
    format,
    levelNames: LEVELS[format.levels.length] ?? [],
    entryAddresses: 'physical',
    flagNames: (entry) =>
      (entry & (PRESENT | PROT_NONE)) === 0n
        ? []
        : FLAGS.filter(([mask]) => (entry & mask) !== 0n).map(([, name]) => name),
    address: (entry) => format.next(Number((entry | 3n) & 0xffffffffn), Number(entry >> 32n), last),
    // bits 11:7 are the area, those from 12 up the slot (arch/riscv/include/asm/pgtable.h, __SWP_TYPE_SHIFT)
    swap: (entry) =>
      entry === 0n || entry & (PRESENT | PROT_NONE)
        ? undefined
        : { type: Number((entry >> 7n) & 31n), offset: entry >> 12n },
  };
}
