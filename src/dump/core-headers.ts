import type { ByteSource } from '../base/byte-source.ts';
import { AnalysisError } from '../base/errors.ts';
import { type ElfHeader, ET_CORE, readElfHeader } from '../elf/elf-header.ts';
import { type ProgramHeader, PT_LOAD, PT_NOTE, readProgramHeaders } from '../elf/program-headers.ts';

/** An ELF header and its program headers. */
export interface CoreHeaders {
  readonly header: ElfHeader;
  readonly programHeaders: readonly ProgramHeader[];
}

/** Program headers that are looked for where the file header does not count them: 1 TiB in pieces of 16 MiB. */
const MOST = 65_536;
/** Where writers of core files put the table: right behind the file header. */
const FORMS = [
  { bits: 64, littleEndian: true, size: 56, at: 64 },
  { bits: 64, littleEndian: false, size: 56, at: 64 },
  { bits: 32, littleEndian: true, size: 32, at: 52 },
] as const;

/**
 * The headers of a core file. Where the file header leads to no segment, or to fewer than stand behind it, the table itself tells: it
 * follows the file header, its entries are of two kinds, and it ends before the first byte that they state.
 * @param note told what is wrong @throws BadDataError when there is no table either
 */
export function readCoreHeaders(src: ByteSource, note: (problem: string) => void): CoreHeaders {
  const problems: string[] = [];
  let stated: CoreHeaders | undefined;
  let failure: unknown;
  try {
    const header = readElfHeader(src);
    stated = { header, programHeaders: readProgramHeaders(src, header, (p) => problems.push(p)) };
  } catch (e) {
    if (!(e instanceof AnalysisError)) throw e;
    failure = e;
  }
  const hasMemory = stated?.programHeaders.some((p) => p.type === PT_LOAD) ?? false;
  const found = hasMemory && !endsEarly(src, stated as CoreHeaders) ? undefined : findTable(src, stated?.header);
  if (found && found.programHeaders.length > (hasMemory ? (stated?.header.programHeaderCount ?? 0) : 0)) {
    const why = failure instanceof AnalysisError ? ` (${failure.message})` : '';
    const count = stated
      ? `${stated.header.programHeaderCount} program headers at ${stated.header.programHeaderOffset}`
      : 'nothing';
    note(
      `${src.name}: offset 0x0: ELF header: states ${count}, ${found.programHeaders.length} stand at ` +
        `${found.header.programHeaderOffset}; those are taken${why}`,
    );
    return found;
  }
  if (!stated) throw failure;
  for (const problem of problems) note(problem);
  return stated;
}

/** Whether a file whose header states another type has the program headers of a core file. */
export function hasCoreTable(src: ByteSource): boolean {
  try {
    return findTable(src) !== undefined;
  } catch (e) {
    if (e instanceof AnalysisError) return false;
    throw e;
  }
}

/** Whether one more program header stands behind the last that is counted. */
function endsEarly(src: ByteSource, { header, programHeaders }: CoreHeaders): boolean {
  const { programHeaderOffset: at, programHeaderCount: count, programHeaderSize: size } = header;
  const end = at + count * size;
  if (programHeaders.some((p) => p.type === PT_LOAD && p.fileSize > 0 && p.offset < end + size)) return false;
  const word = new Uint8Array(4);
  if (src.read(end, word) < 4) return false;
  return new DataView(word.buffer).getUint32(0, header.littleEndian) === PT_LOAD;
}

function findTable(src: ByteSource, stated?: ElfHeader): CoreHeaders | undefined {
  for (const { bits, littleEndian, size, at } of FORMS) {
    const table = {
      ...{ bits, littleEndian, programHeaderOffset: at, programHeaderSize: size },
      // what stands where the machine does, in the byte order of the table
      ...{ type: ET_CORE, machine: stated?.machine ?? machineOf(src, littleEndian) },
      ...{ sectionHeaderOffset: 0, sectionHeaderSize: 0, sectionHeaderCount: 0, sectionNameIndex: 0 },
    };
    const most = Math.min(MOST, Math.floor((src.size - at) / size));
    const programHeaders: ProgramHeader[] = [];
    let data = src.size;
    for (let i = 0; i < most && at + (i + 1) * size <= data; i++) {
      const one = { ...table, programHeaderOffset: at + i * size, programHeaderCount: 1 };
      const [entry] = readProgramHeaders(src, one);
      if (!entry || !isOfCore(entry, at)) break;
      programHeaders.push(entry);
      if (entry.fileSize > 0) data = Math.min(data, entry.offset);
    }
    if (programHeaders.some((p) => p.type === PT_LOAD && p.offset < src.size))
      return { header: { ...table, programHeaderCount: programHeaders.length }, programHeaders };
  }
  return undefined;
}

function isOfCore({ type, offset, fileSize, memorySize }: ProgramHeader, at: number): boolean {
  if (type === PT_NOTE) return offset > at || fileSize === 0;
  return type === PT_LOAD && offset >= 0 && memorySize > 0 && fileSize <= memorySize;
}

function machineOf(src: ByteSource, littleEndian: boolean): number {
  const half = new Uint8Array(2);
  return src.read(18, half) === 2 ? new DataView(half.buffer).getUint16(0, littleEndian) : 0;
}
