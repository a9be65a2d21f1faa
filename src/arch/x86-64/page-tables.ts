import type { PagingFormat } from '../../memory/page-walk.ts';
import type { PageTables } from '../../program/ports.ts';

/** Source: Intel SDM volume 3, table 4-20 "Format of a Page-Table Entry that Maps a 4-KByte Page"; bit 7 is PSE above it. */
const FLAGS: readonly (readonly [bit: bigint, name: string])[] = [
  [0n, 'PRESENT'],
  [1n, 'RW'],
  [2n, 'USER'],
  [3n, 'PWT'],
  [4n, 'PCD'],
  [5n, 'ACCESSED'],
  [6n, 'DIRTY'],
  [7n, 'PSE'],
  [8n, 'GLOBAL'],
  [63n, 'NX'],
];
const ADDRESS = 0x000ffffffffff000n;
const U64 = (1n << 64n) - 1n;

/** Names and entries of x86-64 tables. */
export function x86Tables(format: PagingFormat, encryptionMask: bigint): PageTables {
  return {
    format,
    levelNames: format.levels.length === 5 ? ['PGD', 'P4D', 'PUD', 'PMD', 'PTE'] : ['PGD', 'PUD', 'PMD', 'PTE'],
    entryAddresses: 'physical',
    flagNames: (entry) => {
      if ((entry & 0x101n) === 0n) return []; // neither present nor kept without access
      return FLAGS.filter(([bit]) => (entry >> bit) & 1n).map(([, name]) => name);
    },
    address: (entry) => Number(entry & ADDRESS & ~encryptionMask),
    // bits 63:59 are the area, the slot is inverted above bit 9 (arch/x86/include/asm/pgtable_64.h, __swp_entry)
    swap: (entry) =>
      entry === 0n || entry & 1n
        ? undefined
        : { type: Number(entry >> 59n), offset: (((~entry & U64) << 5n) & U64) >> 14n },
  };
}
