import type { ByteSource } from '../base/byte-source.ts';
import { Cursor, readBytes } from '../base/cursor.ts';
import { BadDataError } from '../base/errors.ts';
import type { Addr, Bytes } from '../base/units.ts';
import type { ElfHeader } from './elf-header.ts';

/** `p_type` values. Source: System V ABI, "Program Header". */
export const PT_LOAD = 1;
export const PT_NOTE = 4;

/** One program header. Addresses stay bigint: some writers state all ones for "none". */
export interface ProgramHeader {
  readonly type: number;
  readonly flags: number;
  readonly offset: Bytes;
  readonly virt: Addr;
  readonly phys: bigint;
  readonly fileSize: Bytes;
  readonly memorySize: Bytes;
  readonly align: bigint;
}

/** More than any real file has; each costs memory. */
const MAX_COUNT = 0x100000;

/**
 * Every program header, in file order; one whose numbers are impossible is left out.
 * @param onProblem told of those @throws BadDataError when the table is cut off or its entries too small
 */
export function readProgramHeaders(
  src: ByteSource,
  header: ElfHeader,
  onProblem: (problem: string) => void = () => {},
): ProgramHeader[] {
  const { programHeaderCount: count, programHeaderOffset: offset, programHeaderSize: stride } = header;
  if (count === 0) return [];
  if (count > MAX_COUNT) throw new BadDataError(src.name, offset, `program headers: ${count} exceed ${MAX_COUNT}`);
  const wide = header.bits === 64;
  const need = wide ? 56 : 32;
  if (stride < need) {
    throw new BadDataError(src.name, offset, `program headers: e_phentsize ${stride} is less than ${need}`);
  }
  const bytes = readBytes(src, offset, count * stride, `${count} program headers`);
  const out: ProgramHeader[] = [];
  const c = new Cursor(bytes, header.littleEndian, src.name, offset, 'program headers');
  for (let i = 0; i < count; i++) {
    c.at = i * stride;
    try {
      out.push(wide ? parse64(c) : parse32(c));
    } catch (e) {
      if (!(e instanceof BadDataError)) throw e;
      onProblem(e.message);
    }
  }
  return out;
}

function parse64(c: Cursor): ProgramHeader {
  const type = c.u32();
  const flags = c.u32();
  const offset = c.size64('p_offset');
  const virt = c.u64();
  const phys = c.u64();
  const fileSize = c.size64('p_filesz');
  const memorySize = c.size64('p_memsz');
  return { type, flags, offset, virt, phys, fileSize, memorySize, align: c.u64() };
}

function parse32(c: Cursor): ProgramHeader {
  const type = c.u32();
  const offset = c.u32();
  const virt = BigInt(c.u32());
  const phys = BigInt(c.u32());
  const fileSize = c.u32();
  const memorySize = c.u32();
  const flags = c.u32();
  return { type, flags, offset, virt, phys, fileSize, memorySize, align: BigInt(c.u32()) };
}
