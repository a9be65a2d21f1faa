import { center, shortDigits } from './pad.ts';
import { arrayOf, hexString, integer, nullable, object, type Schema, string } from './schema.ts';
import { centerLeft } from './zone-lines.ts';

/** A page-table entry explained, as data. */
export interface EntryData {
  readonly entry: string;
  readonly physical: number | null;
  readonly flags: readonly string[];
  readonly swap: { readonly type: number; readonly offset: string; readonly path: string | null } | null;
}

export const entrySchema: Schema = object('A page-table entry.', {
  entry: hexString('Its value.'),
  physical: nullable(integer('Physical address in it; null when it maps nothing.')),
  flags: arrayOf('Names of the flags.', string('Name.')),
  swap: nullable(
    object('What it says of swap space.', {
      type: integer('Number of the swap area.'),
      offset: hexString('Slot in the area.'),
      path: nullable(string('Device or file of the area.')),
    }),
  ),
});

/** As crash's `pte` prints it. */
export function entryLines(data: EntryData): string[] {
  const value = shortDigits(data.entry);
  const width = Math.max(3, value.length);
  if (data.swap) {
    const path = data.swap.path ?? '(unknown)';
    const offset = String(BigInt(data.swap.offset));
    const swapWidth = Math.max(4, path.length);
    const offsetWidth = Math.max(6, offset.length);
    return [
      `${center('PTE', width)}  ${center('SWAP', swapWidth)}  ${center('OFFSET', offsetWidth)}`,
      `${value}  ${path.padEnd(swapWidth)}  ${offset}`,
    ];
  }
  const physical = data.physical === null ? '0' : data.physical.toString(16);
  const physicalWidth = Math.max(8, physical.length);
  const flags = data.flags.length > 0 ? data.flags.join('|') : 'no mapping';
  return [
    `${center('PTE', width)}  ${center('PHYSICAL', physicalWidth)}  FLAGS`,
    `${centerLeft(value, width)}  ${centerLeft(physical, physicalWidth)}  (${flags})`,
  ];
}
