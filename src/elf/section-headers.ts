import type { ByteSource } from '../base/byte-source.ts';
import { Cursor, readBytes } from '../base/cursor.ts';
import { BadDataError } from '../base/errors.ts';
import { cString } from '../base/text.ts';
import type { Addr, Bytes } from '../base/units.ts';
import type { ElfHeader } from './elf-header.ts';

/** One section header; `name` is empty when the file has no usable name table. */
export interface SectionHeader {
  readonly name: string;
  readonly type: number;
  readonly flags: bigint;
  readonly address: Addr;
  readonly offset: Bytes;
  readonly size: Bytes;
  readonly link: number;
  readonly info: number;
  readonly align: bigint;
  readonly entrySize: Bytes;
}

/** Longest section name table that is believed. */
const MAX_NAMES = 0x1000000;

/** More than any real file has; each costs memory. */
const MAX_COUNT = 0x100000;

/** Every section header, in file order. @throws BadDataError when the table is cut off or its entries too small */
export function readSectionHeaders(src: ByteSource, header: ElfHeader): SectionHeader[] {
  const { sectionHeaderCount: count, sectionHeaderOffset: offset, sectionHeaderSize: stride } = header;
  if (count === 0 || offset === 0) return [];
  if (count > MAX_COUNT) throw new BadDataError(src.name, offset, `section headers: ${count} exceed ${MAX_COUNT}`);
  const wide = header.bits === 64;
  const need = wide ? 64 : 40;
  if (stride < need) {
    throw new BadDataError(src.name, offset, `section headers: e_shentsize ${stride} is less than ${need}`);
  }
  const bytes = readBytes(src, offset, count * stride, `${count} section headers`);
  const raw: (SectionHeader & { nameOffset: number })[] = [];
  for (let i = 0; i < count; i++) {
    const at = i * stride;
    const part = bytes.subarray(at, at + need);
    raw.push(parse(new Cursor(part, header.littleEndian, src.name, offset + at, `section header ${i}`), wide));
  }
  const table = raw[header.sectionNameIndex];
  const usable = table && table.size <= MAX_NAMES && table.offset + table.size <= src.size;
  const names = usable ? readBytes(src, table.offset, table.size, 'section names') : new Uint8Array(0);
  return raw.map(({ nameOffset, ...section }) => ({
    ...section,
    name: nameOffset < names.length ? cString(names, nameOffset) : '',
  }));
}

function parse(c: Cursor, wide: boolean): SectionHeader & { nameOffset: number } {
  const word = (): bigint => (wide ? c.u64() : BigInt(c.u32()));
  const size = (field: string): number => (wide ? c.size64(field) : c.u32());
  const nameOffset = c.u32();
  const type = c.u32();
  const flags = word();
  const address = word();
  const offset = size('sh_offset');
  const length = size('sh_size');
  const link = c.u32();
  const info = c.u32();
  const align = word();
  const entrySize = size('sh_entsize');
  return { name: '', nameOffset, type, flags, address, offset, size: length, link, info, align, entrySize };
}
