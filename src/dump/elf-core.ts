import type { ByteSource } from '../base/byte-source.ts';
import { AnalysisError, BadDataError, UnsupportedError, UsageError } from '../base/errors.ts';
import { type CoreNotes, coreNotes } from '../elf/core-notes.ts';
import { type ElfHeader, ET_CORE, ET_REL, hasElfMagic } from '../elf/elf-header.ts';
import { type ElfNote, MAX_NOTES, readNotes } from '../elf/notes.ts';
import { type ProgramHeader, PT_LOAD, PT_NOTE } from '../elf/program-headers.ts';
import type { DumpFormat, DumpImage } from '../program/ports.ts';
import { believableSizes } from './believable-size.ts';
import { hasCoreTable, readCoreHeaders } from './core-headers.ts';
import { deviceDumps } from './device-dumps.ts';
import { readStart } from './read-start.ts';
import { type Segment, SegmentMemory } from './segment-memory.ts';

/** Physical addresses of today's CPUs have at most 52 bits; a number holds 53. */
const MAX_PHYS = 2 ** 53;
/** Damaged program headers that are named. */
const MAX_NAMED = 8;

/**
 * ELF core files of a kernel: a copy of kexec's /proc/vmcore, makedumpfile -E, QEMU and libvirt with or without paging.
 * Sources: System V ABI; Documentation/admin-guide/kdump/kdump.rst; QEMU docs/specs "dump-guest-memory".
 */
export const elfCore: DumpFormat = {
  name: 'ELF',
  summary:
    "kexec's /proc/vmcore and copies of it, makedumpfile -E, QEMU and libvirt with and without paging; 32 and 64 bit, both byte orders",

  probe(src) {
    const start = readStart(src, 20);
    if (!hasElfMagic(start)) return false;
    if (start.length < 18) return true;
    const type = start[5] === 2 ? ((start[16] as number) << 8) | (start[17] as number) : leHalf(start, 16);
    // a type that no linker writes is damage
    return type === ET_CORE || ((type < ET_REL || type > ET_CORE) && hasCoreTable(src));
  },

  open(src, _codecs, more) {
    if (more[0]) throw new UsageError(`${more[0].name}: an ELF dump is one file, ${src.name} is another`);
    const problems: string[] = [];
    const { header, programHeaders } = readCoreHeaders(src, (problem) => {
      if (problems.length < MAX_NAMED) problems.push(problem);
    });
    const notes = coreNotes(readAllNotes(src, header, programHeaders, problems));
    if (notes.ofProcess) throw new UnsupportedError(`${src.name}: the core dump of a process, not of a kernel`);
    return image(src, header, programHeaders, notes, problems);
  },
};

function image(
  src: ByteSource,
  header: ElfHeader,
  programHeaders: readonly ProgramHeader[],
  notes: CoreNotes,
  problems: string[],
): DumpImage {
  const segments: Segment[] = [];
  const virtualSegments: DumpImage['virtualSegments'][number][] = [];
  let needed = 0;
  let unusable = 0;
  let doubted = 0;
  const believable = believableSizes(src.size);
  for (const { type, offset, virt, phys, fileSize, memorySize } of programHeaders) {
    // A segment has no more bytes than its memory, unless one of the two numbers is wrong.
    const stated = Math.max(memorySize, Math.min(fileSize, src.size - offset));
    if (type !== PT_LOAD || stated <= 0) continue;
    const size = believable(stated, Math.min(fileSize, src.size - offset));
    if (size < stated) doubted++;
    if (phys + BigInt(size) > BigInt(MAX_PHYS) || offset + fileSize > MAX_PHYS) {
      unusable++;
      continue;
    }
    needed = Math.max(needed, fileSize > 0 ? offset + fileSize : 0);
    segments.push({ phys: Number(phys), size, offset, fileSize });
    // QEMU without paging repeats the physical address as the virtual one (or leaves zero).
    if (virt !== 0n && virt !== phys) virtualSegments.push({ virt, phys: Number(phys), size });
  }
  if (segments.length === 0) throw new BadDataError(src.name, header.programHeaderOffset, 'no PT_LOAD segment');
  if (unusable > 0) problems.push(`${unusable} of the segments state impossible addresses and were left out`);
  if (doubted > 0) problems.push(`${doubted} of the segments state more memory than is believed`);
  if (needed > src.size) problems.push(`the file is truncated: ${src.name} has ${src.size} bytes of ${needed}`);
  return {
    format: `ELF, ${header.bits}-bit ${header.littleEndian ? 'little' : 'big'}-endian`,
    memory: new SegmentMemory(src, segments),
    header: {},
    elfMachine: header.machine,
    littleEndian: header.littleEndian,
    ...(notes.vmcoreinfo === undefined ? {} : { vmcoreinfo: notes.vmcoreinfo }),
    cpuNotes: notes.cpuNotes,
    qemuNotes: notes.qemuNotes,
    ...deviceDumps(src, notes),
    virtualSegments,
    codecs: [],
    problems,
  };
}

/** Notes that all PT_NOTE together may have: hundreds of CPUs and the dumps of a few devices fit many times. */
const MAX_NOTE_BYTES = 0x40000000;
const MAX_KEPT_BYTES = 0x4000000;

/** Notes of every PT_NOTE; one that is damaged costs what stands behind it, not the dump. */
function readAllNotes(
  src: ByteSource,
  header: ElfHeader,
  all: readonly ProgramHeader[],
  problems: string[],
): ElfNote[] {
  const notes: ElfNote[] = [];
  let bytes = 0;
  let kept = 0;
  for (const { type, offset, fileSize, align } of all) {
    if (type !== PT_NOTE) continue;
    bytes += fileSize;
    if (bytes > MAX_NOTE_BYTES || kept > MAX_KEPT_BYTES || notes.length > MAX_NOTES) {
      problems.push(`${src.name}: notes: more than a machine can have; the rest is left out`);
      break;
    }
    try {
      const region = readNotes(src, offset, fileSize, header.littleEndian, align === 8n ? 8 : 4);
      for (const note of region.notes) {
        notes.push(note);
        kept += note.desc.length;
      }
      if (region.problem) problems.push(`${src.name}: notes: ${region.problem}`);
    } catch (e) {
      if (!(e instanceof AnalysisError)) throw e;
      problems.push(`notes: ${e.message}`);
    }
  }
  return notes;
}

function leHalf(bytes: Uint8Array, at: number): number {
  return (bytes[at] as number) | ((bytes[at + 1] as number) << 8);
}
