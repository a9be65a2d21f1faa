import { AnalysisError } from '../base/errors.ts';
import { type DebugLink, ElfFile } from '../elf/elf-file.ts';
import { ET_DYN, ET_EXEC, ET_REL, hasElfMagic, readElfHeader } from '../elf/elf-header.ts';
import { buildIdOfNotes } from '../program/kernel-build-id.ts';
import type { Codecs } from '../program/ports.ts';
import type { FileSource } from './file-source.ts';
import { openKernelFile } from './packed-file.ts';

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
  /** The file that a stripped one says its debug information is in. */
  readonly link?: DebugLink;
}

/**
 * What the ELF file at `path` is, packed or not; undefined when it is none, cannot be read, or is a core file.
 * @param codecs for packed files @param onError told why a file could not be read
 */
export function elfIdentity(
  path: string,
  codecs?: Codecs,
  onError?: (error: AnalysisError) => void,
): ElfIdentity | undefined {
  let file: FileSource | undefined;
  try {
    file = openKernelFile(path, codecs);
    return identify(path, file);
  } catch (e) {
    if (!(e instanceof AnalysisError)) throw e;
    onError?.(e);
    return undefined;
  } finally {
    file?.close();
  }
}

function identify(path: string, file: FileSource): ElfIdentity | undefined {
  const magic = new Uint8Array(4);
  if (file.read(0, magic) < 4 || !hasElfMagic(magic)) return undefined;
  const { type } = readElfHeader(file);
  if (type !== ET_REL && type !== ET_EXEC && type !== ET_DYN) return undefined;
  const elf = new ElfFile(file);
  let buildId: string | undefined;
  let hasLines = false;
  for (const section of elf.sections) {
    if (section.name === '.debug_line' || section.name === '.zdebug_line') hasLines = true;
    if (section.type !== SHT_NOTE || buildId !== undefined || section.size > MAX_NOTES) continue;
    const bytes = new Uint8Array(section.size);
    buildId = buildIdOfNotes(bytes.subarray(0, file.read(section.offset, bytes)), elf.littleEndian);
  }
  const kind = type === ET_REL ? 'module' : 'kernel';
  const link = hasLines ? undefined : elf.debugLink;
  return {
    path,
    kind,
    machine: elf.header.machine,
    hasLines,
    ...(buildId !== undefined && { buildId }),
    ...(link && { link }),
  };
}
