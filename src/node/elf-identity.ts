import { AnalysisError } from '../base/errors.ts';
import { ET_DYN, ET_EXEC, ET_REL, hasElfMagic, readElfHeader } from '../elf/elf-header.ts';
import { readSectionHeaders } from '../elf/section-headers.ts';
import { buildIdOfNotes } from '../program/kernel-build-id.ts';
import { type FileSource, openFileSource } from './file-source.ts';

const SHT_NOTE = 7;
/** Longest note section that is read. */
const MAX_NOTES = 0x10000;

/** What an ELF file with debug information is. */
export interface ElfIdentity {
  readonly path: string;
  /** A module is a relocatable object; the kernel an executable or, where it relocates itself, a shared object. */
  readonly kind: 'kernel' | 'module';
  readonly machine: number;
  /** Hexadecimal; absent when it has no such note. */
  readonly buildId?: string;
  /** Whether it has line tables, packed or not. */
  readonly hasLines: boolean;
}

/** What the ELF file at `path` is; undefined when it is none, cannot be read, or is a core file. */
export function elfIdentity(path: string): ElfIdentity | undefined {
  let file: FileSource | undefined;
  try {
    file = openFileSource(path);
    return identify(path, file);
  } catch (e) {
    if (!(e instanceof AnalysisError)) throw e;
    return undefined;
  } finally {
    file?.close();
  }
}

function identify(path: string, file: FileSource): ElfIdentity | undefined {
  const magic = new Uint8Array(4);
  if (file.read(0, magic) < 4 || !hasElfMagic(magic)) return undefined;
  const header = readElfHeader(file);
  if (header.type !== ET_REL && header.type !== ET_EXEC && header.type !== ET_DYN) return undefined;
  let buildId: string | undefined;
  let hasLines = false;
  for (const section of readSectionHeaders(file, header)) {
    if (section.name === '.debug_line' || section.name === '.zdebug_line') hasLines = true;
    if (section.type !== SHT_NOTE || buildId !== undefined || section.size > MAX_NOTES) continue;
    const bytes = new Uint8Array(section.size);
    buildId = buildIdOfNotes(bytes.subarray(0, file.read(section.offset, bytes)), header.littleEndian);
  }
  const kind = header.type === ET_REL ? 'module' : 'kernel';
  return { path, kind, machine: header.machine, hasLines, ...(buildId !== undefined && { buildId }) };
}
