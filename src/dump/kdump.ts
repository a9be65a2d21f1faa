import type { ByteSource } from '../base/byte-source.ts';
import { readBytes } from '../base/cursor.ts';
import { AnalysisError, BadDataError, UsageError } from '../base/errors.ts';
import { asciiBytes } from '../base/text.ts';
import { vmcoreinfoText } from '../base/vmcoreinfo-text.ts';
import { coreNotes } from '../elf/core-notes.ts';
import { readNotes } from '../elf/notes.ts';
import type { CodecName, Codecs, DumpFormat, DumpImage } from '../program/ports.ts';
import { Vmcoreinfo } from '../program/vmcoreinfo.ts';
import { deviceDumps } from './device-dumps.ts';
import { type KdumpHeader, readKdumpHeader } from './kdump-header.ts';
import { KdumpMemory } from './kdump-memory.ts';
import { KdumpPart } from './kdump-part.ts';
import { beginsWith, readStart } from './read-start.ts';

const SIGNATURE = asciiBytes('KDUMP   ');
const MAX_VMCOREINFO = 0x10000;

/**
 * kdump-compressed files as makedumpfile and QEMU write them, one file or a split set.
 * Sources: makedumpfile's IMPLEMENTATION document and diskdump_mod.h (layout); QEMU docs of dump-guest-memory.
 */
export const kdump: DumpFormat = {
  name: 'kdump-compressed',
  summary: 'makedumpfile, QEMU and libvirt; header versions 0 to 6 of 64-bit kernels, both byte orders',
  codecs: ['zlib', 'lzo', 'snappy', 'zstd'],
  splits: true,

  probe: (src) => beginsWith(readStart(src, SIGNATURE.length), SIGNATURE),

  open(src, codecs, more) {
    const problems: string[] = [];
    const first = wholePart(new KdumpPart(src, readKdumpHeader(src)), problems);
    const parts = more.length > 0 ? splitSet(first, more, problems) : ([first] as const);
    for (const part of parts) checkHeader(part, problems);
    if (first.header.split) checkCoverage(parts, problems);
    return image(parts, codecs, problems);
  },
};

/** The file with all page frames that its bitmaps have, where with those that the header states it has more descriptors than pages. */
function wholePart(part: KdumpPart, problems: string[]): KdumpPart {
  const { src, header } = part;
  const covered = header.bitmapSize * 4;
  if (!part.findDoubt()?.descriptors || header.maxPfn === covered) return part;
  const whole = new KdumpPart(src, { ...header, maxPfn: covered, statedMaxPfn: covered });
  if (whole.findDoubt()?.descriptors) return part;
  problems.push(
    `${src.name}: the header counts ${header.maxPfn} page frames; ${covered}, as its bitmap has, fit the descriptors`,
  );
  return whole;
}

function image(parts: readonly [KdumpPart, ...KdumpPart[]], codecs: Codecs, problems: string[]): DumpImage {
  const [{ src, header }] = parts;
  const notes = notesOf(src, header, problems);
  const vmcoreinfo = vmcoreinfoOf(src, header, problems) ?? notes.vmcoreinfo;
  const names = new Set<CodecName>(parts.flatMap((p) => p.header.codecs));
  const compression = names.size > 0 ? [...names].join(', ') : 'uncompressed';
  return {
    format: `kdump-compressed (${compression})${header.split ? `, split in ${parts.length}` : ''}`,
    memory: new KdumpMemory(parts, codecs, imageOffsetOf(vmcoreinfo)),
    header: header.facts,
    littleEndian: header.littleEndian,
    ...(vmcoreinfo === undefined ? {} : { vmcoreinfo }),
    cpuNotes: notes.cpuNotes,
    qemuNotes: notes.qemuNotes,
    ...deviceDumps(src, notes),
    virtualSegments: [],
    codecs: [...names],
    problems,
  };
}

/** `__START_KERNEL_map` of x86-64, whose image lies at `phys_base` above the place that it is linked for. */
const START_KERNEL_MAP = 0xffffffff80000000n;

/** `kimage_voffset` of arm64, or what other CPUs have. Source: Documentation/admin-guide/kdump/vmcoreinfo.rst. */
function imageOffsetOf(text: string | undefined): bigint | undefined {
  if (text === undefined) return undefined;
  const info = new Vmcoreinfo(text);
  const physBase = info.number('phys_base');
  return (
    info.number('kimage_voffset') ??
    info.number('va_kernel_pa_offset') ??
    (physBase === undefined ? undefined : START_KERNEL_MAP - physBase)
  );
}

/** The files of a split set, ascending by page frame. */
function splitSet(first: KdumpPart, more: readonly ByteSource[], problems: string[]): [KdumpPart, ...KdumpPart[]] {
  const all = [first];
  for (const src of more) {
    if (!kdump.probe(src)) throw new BadDataError(src.name, 0, 'is not a kdump-compressed file like the first one');
    all.push(new KdumpPart(src, readKdumpHeader(src)));
  }
  for (const { src, header } of all) {
    if (!header.split) throw new UsageError(`${src.name} is a whole dump and not a part of a split one`);
    const { header: one } = first;
    if (
      header.blockSize !== one.blockSize ||
      header.maxPfn !== one.maxPfn ||
      header.littleEndian !== one.littleEndian
    ) {
      throw new BadDataError(src.name, 0, `is not a part of the same split dump as ${first.src.name}`);
    }
  }
  all.sort((a, b) => a.start - b.start);
  const parts: KdumpPart[] = [];
  for (const part of all) {
    const last = parts[parts.length - 1];
    if (last && part.start < last.end) problems.push(`${part.src.name} repeats page frames of ${last.src.name}`);
    if (!last || part.end > last.end || part.start === part.end) parts.push(part);
  }
  return parts as [KdumpPart, ...KdumpPart[]];
}

function checkHeader(part: KdumpPart, problems: string[]): void {
  const { src, header } = part;
  if (header.incomplete) problems.push(`${src.name}: marked incomplete by its writer, which ran out of space`);
  const covered = header.bitmapSize * 4;
  if (header.statedMaxPfn !== header.maxPfn) {
    problems.push(
      `${src.name}: the header counts ${header.statedMaxPfn} page frames, its bitmap covers ${covered}; ${header.maxPfn} are taken`,
    );
  }
  const doubt = part.findDoubt();
  if (doubt) problems.push(`${src.name}: ${doubt.problem}`);
  const needed = part.neededSize();
  if (needed > src.size) {
    problems.push(`the file is truncated: ${src.name} has ${src.size} bytes of at least ${needed}`);
  }
  if ((needed > src.size || !part.hasDescriptors) && part.cut()) {
    problems.push(`${src.name}: page descriptors are missing: pages are found by what they hold, as far as that tells`);
  }
}

/** Tells which page frames no file of the set holds. */
function checkCoverage(parts: readonly KdumpPart[], problems: string[]): void {
  const max = (parts[0] as KdumpPart).header.maxPfn;
  let next = 0;
  const gap = (from: number, to: number): void => {
    if (from < to)
      problems.push(
        `split dump: the part with page frames 0x${from.toString(16)} to 0x${(to - 1).toString(16)} is missing`,
      );
  };
  for (const part of parts) {
    gap(next, part.start);
    next = Math.max(next, part.end);
  }
  gap(next, max);
}

function vmcoreinfoOf(src: ByteSource, { vmcoreinfo }: KdumpHeader, problems: string[]): string | undefined {
  if (!vmcoreinfo || vmcoreinfo.size === 0 || vmcoreinfo.offset === 0) return undefined;
  try {
    const size = Math.min(vmcoreinfo.size, MAX_VMCOREINFO);
    return vmcoreinfoText(readBytes(src, vmcoreinfo.offset, size, 'VMCOREINFO'));
  } catch (e) {
    if (!(e instanceof AnalysisError)) throw e;
    problems.push(e.message);
    return undefined;
  }
}

function notesOf(
  src: ByteSource,
  { notes, littleEndian }: KdumpHeader,
  problems: string[],
): ReturnType<typeof coreNotes> {
  if (!notes || notes.size === 0 || notes.offset === 0) return coreNotes([]);
  const region = readNotes(src, notes.offset, notes.size, littleEndian);
  if (region.problem) problems.push(`${src.name}: notes: ${region.problem}`);
  return coreNotes(region.notes);
}
