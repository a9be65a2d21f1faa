import { center, digits } from './pad.ts';
import { hexString, integer, object, type Schema, string } from './schema.ts';

/** What the free lists of a zone are headed with. */
export interface ZoneHead {
  readonly zone: number;
  readonly name: string;
  readonly size: number;
  readonly free: number;
  readonly memMap: string;
  readonly startAddress: number;
  readonly startIndex: number;
}

export const zoneHeadMembers = {
  zone: integer('Number of the zone.'),
  name: string('Name.'),
  size: integer('Pages that it spans.'),
  free: integer('Free pages as the zone counts them.'),
  memMap: hexString('Descriptor of its first page.'),
  startAddress: integer('Physical address of its first page.'),
  startIndex: integer('Index of its first page in the node.'),
};

export const zoneHeadSchema: Schema = object('A zone.', zoneHeadMembers);

export const ZONE_FREE_HEADER = 'ZONE  NAME        SIZE    FREE      MEM_MAP       START_PADDR  START_MAPNR';
export const AREA_HEADER = 'AREA    SIZE  FREE_AREA_STRUCT';

export function zoneFreeLine(zone: ZoneHead): string {
  const memMap = zone.size === 0 ? center('0', 16) : digits(zone.memMap);
  const start = centerLeft(zone.startAddress.toString(16), 11);
  const number = centerLeft(String(zone.startIndex), 11);
  const name = `${String(zone.zone).padStart(3)}   ${zone.name.padEnd(7)}`;
  return `${name} ${String(zone.size).padStart(8)}${String(zone.free).padStart(8)}  ${memMap}  ${start}  ${number}`;
}

/** Centred, the odd space to the left. */
export function centerLeft(text: string, width: number): string {
  const left = Math.max(0, Math.ceil((width - text.length) / 2));
  return (' '.repeat(left) + text).padEnd(width);
}
