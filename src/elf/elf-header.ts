import type { ByteSource } from '../base/byte-source.ts';
import { Cursor, readBytes } from '../base/cursor.ts';
import { BadDataError } from '../base/errors.ts';
import type { Bytes } from '../base/units.ts';

/** `e_type` values. Source: System V ABI, "ELF Header". */
export const ET_REL = 1;
export const ET_EXEC = 2;
export const ET_DYN = 3;
export const ET_CORE = 4;

const ELFCLASS32 = 1;
const ELFCLASS64 = 2;
const ELFDATA2LSB = 1;
const ELFDATA2MSB = 2;
/** `e_phnum` of a file with 0xffff or more segments: the number is in `sh_info` of section 0 (gABI, "PN_XNUM"). */
const PN_XNUM = 0xffff;
const SHN_XINDEX = 0xffff;

/** The ELF file header, with the counts that may be kept in section 0 already looked up there. */
export interface ElfHeader {
  readonly bits: 32 | 64;
  readonly littleEndian: boolean;
  /** `e_type`. */
  readonly type: number;
  /** `e_machine`. */
  readonly machine: number;
  readonly programHeaderOffset: Bytes;
  readonly programHeaderSize: Bytes;
  readonly programHeaderCount: number;
  readonly sectionHeaderOffset: Bytes;
  readonly sectionHeaderSize: Bytes;
  readonly sectionHeaderCount: number;
  /** Index of the section that holds section names; 0 when there is none. */
  readonly sectionNameIndex: number;
}

/** Whether `bytes`, the beginning of a file, is or begins the ELF magic (at least its 4 bytes). */
export function hasElfMagic(bytes: Uint8Array): boolean {
  return bytes.length >= 4 && bytes[0] === 0x7f && bytes[1] === 0x45 && bytes[2] === 0x4c && bytes[3] === 0x46;
}

/** @throws BadDataError when it is not ELF, of an unknown class or byte order, or cut off */
export function readElfHeader(src: ByteSource): ElfHeader {
  const ident = readBytes(src, 0, 16, 'ELF header');
  if (!hasElfMagic(ident)) throw new BadDataError(src.name, 0, 'ELF header: the magic bytes are missing');
  const fileClass = ident[4];
  if (fileClass !== ELFCLASS32 && fileClass !== ELFCLASS64) {
    throw new BadDataError(src.name, 4, `ELF header: class ${fileClass} is neither 1 (32 bits) nor 2 (64 bits)`);
  }
  const data = ident[5];
  if (data !== ELFDATA2LSB && data !== ELFDATA2MSB) {
    throw new BadDataError(src.name, 5, `ELF header: byte order ${data} is neither 1 (little) nor 2 (big)`);
  }
  const wide = fileClass === ELFCLASS64;
  const littleEndian = data === ELFDATA2LSB;
  const c = new Cursor(readBytes(src, 0, wide ? 64 : 52, 'ELF header'), littleEndian, src.name, 0, 'ELF header');
  const word = (field: string): number => (wide ? c.size64(field) : c.u32());
  c.skip(16);
  const type = c.u16();
  const machine = c.u16();
  c.skip(4); // e_version
  c.skip(wide ? 8 : 4); // e_entry
  const programHeaderOffset = word('e_phoff');
  const sectionHeaderOffset = wide ? numberOr(c.u64(), src.size) : c.u32();
  c.skip(4 + 2); // e_flags, e_ehsize
  const programHeaderSize = c.u16();
  const phnum = c.u16();
  const sectionHeaderSize = c.u16();
  const shnum = c.u16();
  const shstrndx = c.u16();
  const counts = { phnum, shnum, shstrndx };
  if (phnum === PN_XNUM || shstrndx === SHN_XINDEX || (shnum === 0 && sectionHeaderOffset > 0)) {
    readExtendedCounts(src, sectionHeaderOffset, wide, littleEndian, counts);
  }
  return {
    bits: wide ? 64 : 32,
    littleEndian,
    type,
    machine,
    programHeaderOffset,
    programHeaderSize,
    programHeaderCount: counts.phnum,
    sectionHeaderOffset,
    sectionHeaderSize,
    sectionHeaderCount: counts.shnum,
    sectionNameIndex: counts.shstrndx,
  };
}

/** An offset that cannot be is behind the end: whoever needs it says so. */
function numberOr(value: bigint, end: Bytes): Bytes {
  return value < 2n ** 53n ? Number(value) : end;
}

/** Section 0 holds the counts that do not fit 16 bits: `sh_size` sections, `sh_link` names, `sh_info` segments. */
function readExtendedCounts(
  src: ByteSource,
  offset: Bytes,
  wide: boolean,
  littleEndian: boolean,
  counts: { phnum: number; shnum: number; shstrndx: number },
): void {
  const what = 'section header 0 (extended counts)';
  if (offset === 0) throw new BadDataError(src.name, 0, `ELF header: e_phnum 0xffff needs ${what}, e_shoff is 0`);
  if (counts.phnum !== PN_XNUM && counts.shstrndx !== SHN_XINDEX && offset + (wide ? 64 : 40) > src.size) return;
  const bytes = readBytes(src, offset, wide ? 64 : 40, what);
  const c = new Cursor(bytes, littleEndian, src.name, offset, what);
  c.skip(wide ? 32 : 20);
  const size = wide ? c.size64('sh_size') : c.u32();
  const link = c.u32();
  const info = c.u32();
  if (counts.phnum === PN_XNUM) counts.phnum = info;
  if (counts.shnum === 0) counts.shnum = size;
  if (counts.shstrndx === SHN_XINDEX) counts.shstrndx = link;
}
