import type { ByteSource } from '../base/byte-source.ts';
import { readCursor } from '../base/cursor.ts';
import { BadDataError, UsageError } from '../base/errors.ts';
import type { Bytes } from '../base/units.ts';
import type { DumpFormat, DumpImage } from '../program/ports.ts';
import { believableSizes } from './believable-size.ts';
import { ramImage } from './ram-image.ts';
import { readStart } from './read-start.ts';
import { type Segment, SegmentMemory } from './segment-memory.ts';
import { cpuNotes } from './vmware-cpus.ts';
import { readTags, type VmwareTag } from './vmware-tags.ts';

/** First words of checkpoint files: the low digit is the version, of which 0 has 32-bit sizes. */
const MAGICS = [0xbed2bed0, 0xbad1bad1, 0xbed2bed2, 0xbed3bed3];
const GROUP = 80;
const MAX_GROUPS = 4096;
const PAGE = 4096;

/**
 * VMware's suspended guests and snapshots: `.vmss` or `.vmsn` with the machine's state, memory in it or in a `.vmem` beside it.
 * Not documented by the vendor; source: Volatility's documentation of the format, and the public tools' common understanding.
 */
export const vmware: DumpFormat = {
  name: 'VMware',
  summary: '.vmss and .vmsn, with the memory in them or in a .vmem beside them',
  companion: true,

  probe(src) {
    const start = readStart(src, 4);
    return start.length === 4 && MAGICS.includes(new DataView(start.buffer, start.byteOffset).getUint32(0, true));
  },

  open(src, _codecs, more) {
    const all = [src, ...more];
    const state = all.find((s) => this.probe(s)) as ByteSource;
    const others = all.filter((s) => s !== state);
    if (others[1]) throw new UsageError(`${others[1].name}: a VMware guest is a state file and one .vmem`);
    return image(state, others[0]);
  },
};

interface Group {
  readonly name: string;
  readonly offset: Bytes;
  readonly size: Bytes;
}

function image(state: ByteSource, vmem: ByteSource | undefined): DumpImage {
  const header = readCursor(state, 0, 12, 'VMware header');
  const wide = (header.u32() & 0xf) !== 0;
  header.skip(4);
  const groups = readGroups(state, header.u32());
  const problems: string[] = [];
  const memory = tagsOf(state, groups, 'memory', wide, problems);
  const inState = memory.find((t) => t.name === 'Memory' && t.size > PAGE);
  const source = vmem ?? (inState && state);
  if (!source) throw new UsageError(`${state.name}: the memory is in a file of its own: name the .vmem too`);
  const base = vmem ? 0 : (inState as VmwareTag).offset;
  const segments = segmentsOf(memory, base, vmem ? vmem.size : (inState as VmwareTag).size);
  const cpus = cpuNotes(state, tagsOf(state, groups, 'cpu', wide, problems));
  return {
    ...ramImage(
      `VMware ${vmem ? 'state and .vmem' : 'state with memory'}`,
      new SegmentMemory(source, segments),
      problems,
    ),
    cpuNotes: cpus,
  };
}

function readGroups(state: ByteSource, count: number): Group[] {
  if (count === 0 || count > MAX_GROUPS)
    throw new BadDataError(state.name, 8, `VMware header: ${count} groups exceed ${MAX_GROUPS}`);
  const c = readCursor(state, 12, count * GROUP, 'VMware groups');
  return Array.from({ length: count }, () => {
    const bytes = c.take(64);
    const end = bytes.indexOf(0);
    const name = String.fromCharCode(...bytes.subarray(0, end < 0 ? 64 : end));
    return { name, offset: c.size64('offset'), size: c.size64('size') };
  });
}

/** The tags of a group; what is damaged ends it. */
function tagsOf(
  state: ByteSource,
  groups: readonly Group[],
  name: string,
  wide: boolean,
  problems: string[],
): VmwareTag[] {
  const group = groups.find((g) => g.name === name);
  if (!group) return [];
  const { tags, problem } = readTags(state, group.offset, group.size, wide);
  if (problem) problems.push(`group ${name}: ${problem}`);
  return tags;
}

/** Where memory lies: regions of pages when the guest has a hole below 4 GiB, else one piece. */
function segmentsOf(tags: readonly VmwareTag[], base: Bytes, size: Bytes): Segment[] {
  const number = (name: string, index: number): number | undefined =>
    tags.find((t) => t.name === name && (t.indices[0] ?? 0) === index)?.value;
  const count = Math.min(number('regionsCount', 0) ?? 0, 64);
  const segments: Segment[] = [];
  const believable = believableSizes(size);
  for (let i = 0; i < count; i++) {
    const page = number('regionPPN', i);
    const at = number('regionPageNum', i);
    const pages = number('regionSize', i);
    if (page === undefined || at === undefined || pages === undefined) continue;
    const length = believable(pages * PAGE, size - at * PAGE);
    segments.push({ phys: page * PAGE, size: length, offset: base + at * PAGE, fileSize: length });
  }
  return segments.length > 0 ? segments : [{ phys: 0, size, offset: base, fileSize: size }];
}
