import { ByteWriter } from './byte-writer.ts';

/** One PT_LOAD of the file to write. */
export interface CoreSegment {
  readonly phys: number | bigint;
  readonly virt?: number | bigint;
  readonly data: Uint8Array;
  /** `p_memsz`; the size of `data` when not given. */
  readonly memorySize?: number;
}

export interface CoreNote {
  readonly name: string;
  readonly type: number;
  readonly desc: Uint8Array;
}

export interface ElfCoreOptions {
  readonly segments: readonly CoreSegment[];
  readonly notes?: readonly CoreNote[];
  readonly bits?: 32 | 64;
  readonly littleEndian?: boolean;
  /** `e_type`, 4 (core) by default. */
  readonly type?: number;
  /** `e_machine`, 62 by default. */
  readonly machine?: number;
  /** Keep the number of segments in section 0, as a file with 65535 or more must. */
  readonly extendedCount?: boolean;
  /** Raw bytes in place of the notes. */
  readonly rawNotes?: Uint8Array;
}

/** A kernel's ELF core file, written from the System V ABI. */
export function writeElfCore(options: ElfCoreOptions): Uint8Array {
  const { segments, littleEndian = true, bits = 64 } = options;
  const wide = bits === 64;
  const total = segments.reduce((sum, { data }) => sum + data.length + 64, 4096);
  const w = new ByteWriter(littleEndian, total);
  const word = (n: number | bigint): ByteWriter => (wide ? w.u64(n) : w.u32(Number(n)));
  const headerSize = wide ? 64 : 52;
  const entrySize = wide ? 56 : 32;
  const count = segments.length + 1;
  const sectionSize = options.extendedCount ? (wide ? 64 : 40) : 0;
  const notes = options.rawNotes ?? writeNotes(options.notes ?? [], littleEndian);
  const notesAt = headerSize + count * entrySize + sectionSize;
  w.u8(0x7f)
    .text('ELF')
    .u8(wide ? 2 : 1)
    .u8(littleEndian ? 1 : 2)
    .u8(1)
    .padTo(16);
  w.u16(options.type ?? 4)
    .u16(options.machine ?? 62)
    .u32(1);
  word(0);
  word(headerSize);
  word(options.extendedCount ? headerSize + count * entrySize : 0);
  w.u32(0)
    .u16(headerSize)
    .u16(entrySize)
    .u16(options.extendedCount ? 0xffff : count);
  w.u16(options.extendedCount ? (wide ? 64 : 40) : 0)
    .u16(options.extendedCount ? 1 : 0)
    .u16(0);
  let offset = notesAt + notes.length;
  const entry = (
    type: number,
    at: number,
    virt: number | bigint,
    phys: number | bigint,
    fs: number,
    ms: number,
  ): void => {
    w.u32(type);
    if (wide) w.u32(7).u64(at).u64(virt).u64(phys).u64(fs).u64(ms).u64(0);
    else w.u32(at).u32(Number(virt)).u32(Number(phys)).u32(fs).u32(ms).u32(7).u32(0);
  };
  entry(4, notesAt, 0, 0, notes.length, notes.length);
  for (const { phys, virt = 0, data, memorySize } of segments) {
    entry(1, offset, virt, phys, data.length, memorySize ?? data.length);
    offset += data.length;
  }
  if (options.extendedCount) {
    w.u32(0).u32(0);
    word(0);
    word(0);
    word(0);
    word(1);
    w.u32(0).u32(count);
    word(0);
    word(0);
  }
  w.bytes(notes);
  for (const { data } of segments) w.bytes(data);
  return w.done();
}

/** A note region with 4-byte padding. */
export function writeNotes(notes: readonly CoreNote[], littleEndian = true): Uint8Array {
  const w = new ByteWriter(littleEndian);
  for (const { name, type, desc } of notes) {
    w.u32(name.length + 1)
      .u32(desc.length)
      .u32(type)
      .text(`${name}\0`)
      .align(4)
      .bytes(desc)
      .align(4);
  }
  return w.done();
}
