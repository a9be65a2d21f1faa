import { hex64 } from '../base/hex.ts';
import { formatSize } from './format-size.ts';
import { digits } from './pad.ts';
import { arrayOf, hexString, integer, object, type Schema, string } from './schema.ts';

/** A page descriptor, as data. */
export interface PageData {
  readonly page: string;
  readonly physical: number;
  readonly mapping: string;
  readonly index: string;
  readonly count: number;
  readonly flags: string;
  readonly flagNames: readonly string[];
}

export const pageSchema: Schema = object('A page descriptor.', {
  page: hexString('Address of `struct page`.'),
  physical: integer('Physical address of the page.'),
  mapping: hexString('`mapping`; of a slab and of other special pages whatever shares its place.'),
  index: hexString('`index`.'),
  count: integer('References.'),
  flags: hexString('`flags`.'),
  flagNames: arrayOf('Names of the flags.', string('Name, as the kernel prints it.')),
});

export const PAGE_HEADER = '      PAGE       PHYSICAL      MAPPING       INDEX CNT FLAGS';

/** The line of a page, as crash's `kmem -p` prints it. */
export function pageLine(page: PageData): string {
  const short = (value: string): string => BigInt(value).toString(16);
  const head = `${digits(page.page)} ${page.physical.toString(16).padStart(8)} ${short(page.mapping).padStart(16)}`;
  const names = page.flagNames.length > 0 ? ` ${page.flagNames.join(',')}` : '';
  return `${head} ${short(page.index).padStart(8)} ${String(page.count).padStart(2)} ${short(page.flags)}${names}`;
}

/** A line of the memory overview: `    TOTAL MEM   120256     469.8 MB         ----`. */
export function usageLine(
  name: string,
  pages: number,
  pageSize: number,
  of?: readonly [total: number, name: string],
): string {
  const size = pages === 0 ? '0' : formatSize(pages * pageSize);
  const start = `${name.padStart(13)} ${String(pages).padStart(8)} ${size.padStart(12)}`;
  if (!of) return `${start}         ----`;
  const percent = of[0] === 0 ? 0 : Math.floor((pages * 100) / of[0]);
  return `${start}  ${`${percent}%`.padStart(4)} of ${of[1]}`;
}

export const VMAP_HEADER = '   VMAP_AREA         VM_STRUCT                 ADDRESS RANGE                SIZE';

/** An area of vmalloc space, as data. */
export interface VmapData {
  readonly area: string;
  readonly vm: string | null;
  readonly start: string;
  readonly end: string;
  readonly size: number;
}

export const vmapSchema: Schema = object('An area of vmalloc space.', {
  area: hexString('Address of `struct vmap_area`.'),
  vm: { ...hexString('Address of its `struct vm_struct`; null when it has none.'), type: ['string', 'null'] },
  start: hexString('First address.'),
  end: hexString('Address behind the last.'),
  size: integer('Bytes, the guard page included.'),
});

export function vmapLine(area: VmapData): string {
  const vm = area.vm === null ? '0'.padStart(16) : digits(area.vm);
  return `${digits(area.area)}  ${vm}  ${digits(area.start)} - ${digits(area.end)}  ${String(area.size).padStart(7)}`;
}

/** Names right-aligned before their values. @param least columns of the names */
export function counterLines(group: readonly (readonly [string, number])[], width: number): string[] {
  return group.map(([name, value]) => `${name.padStart(width)}: ${value}`);
}

export function longestName(...groups: readonly (readonly (readonly [string, number])[])[]): number {
  return Math.max(0, ...groups.flatMap((group) => group.map(([name]) => name.length)));
}

/** A page descriptor as data. @param flagNames names of its flags */
export function pageDataOf(
  page: { address: bigint; physical: number; mapping: bigint; index: bigint; count: number; flags: bigint },
  flagNames: readonly string[],
): PageData {
  return {
    page: hex64(page.address),
    physical: page.physical,
    mapping: hex64(page.mapping),
    index: hex64(page.index),
    count: page.count,
    flags: hex64(page.flags),
    flagNames,
  };
}
