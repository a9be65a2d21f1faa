import type { ByteSource } from '../base/byte-source.ts';
import { Cursor, readBytes } from '../base/cursor.ts';
import { BadDataError } from '../base/errors.ts';
import { cString } from '../base/text.ts';
import type { Bytes, Pfn } from '../base/units.ts';
import type { CodecName, ImageHeader } from '../program/ports.ts';

/** A piece of the file that the sub-header points at. */
export interface FilePart {
  readonly offset: Bytes;
  readonly size: Bytes;
}

/** The two headers of a kdump-compressed file. */
export interface KdumpHeader {
  readonly version: number;
  readonly littleEndian: boolean;
  readonly blockSize: Bytes;
  /** Page frames that the bitmaps describe (exclusive upper end). */
  readonly maxPfn: Pfn;
  /** What the header itself says of that; it may be what cannot be. */
  readonly statedMaxPfn: Pfn;
  readonly bitmapOffset: Bytes;
  /** Of both bitmaps together. */
  readonly bitmapSize: Bytes;
  /** Where the page descriptors begin. */
  readonly descriptorsOffset: Bytes;
  /** Page frames of this file when it is a part of a split set; a part may be empty. */
  readonly split?: { readonly start: Pfn; readonly end: Pfn };
  readonly vmcoreinfo?: FilePart;
  readonly notes?: FilePart;
  readonly codecs: readonly CodecName[];
  /** The writer ran out of space. */
  readonly incomplete: boolean;
  readonly facts: ImageHeader;
}

/** Bits of `status` and of a page descriptor's `flags`. Source: makedumpfile IMPLEMENTATION, "struct page_desc". */
export const COMPRESSED_ZLIB = 0x1;
export const COMPRESSED_LZO = 0x2;
export const COMPRESSED_SNAPPY = 0x4;
export const COMPRESSED_ZSTD = 0x20;
const INCOMPLETE = 0x8;

const HEADER_SIZE = 464;
const MAX_SUB_HEADER = 104;
const NAME_LENGTH = 65;
const NAMES = ['sysname', 'nodename', 'release', 'version', 'machine', 'domainname'] as const;

/** `struct disk_dump_header` of a 64-bit kernel: offsets of what follows `utsname` (its end is padded to 8 bytes). */
const AT_TIMESTAMP = 408;
const AT_STATUS = 424;
const AT_BLOCK_SIZE = 428;

/** @throws BadDataError when the headers are cut off or hold what cannot be */
export function readKdumpHeader(src: ByteSource): KdumpHeader {
  const bytes = readBytes(src, 0, HEADER_SIZE, 'kdump header');
  const littleEndian = byteOrder(src, bytes);
  const c = new Cursor(bytes, littleEndian, src.name, 0, 'kdump header');
  c.at = 8;
  const version = c.i32();
  c.at = AT_TIMESTAMP;
  const seconds = Number(BigInt.asIntN(64, c.u64()));
  c.at = AT_STATUS;
  const status = c.u32();
  const blockSize = c.u32();
  const subBlocks = c.u32();
  const bitmapBlocks = c.u32();
  const maxPfn32 = c.u32();
  c.skip(4 + 4 + 4 + 4); // total_ram_blocks, device_blocks, written_blocks, current_cpu
  const cpus = c.i32();
  if (subBlocks === 0 || subBlocks * blockSize > 0x100000000) throw c.bad(`sub_hdr_size ${subBlocks} cannot be`);
  const bitmapSize = bitmapBlocks * blockSize;
  const bitmapOffset = (1 + subBlocks) * blockSize;
  const sub = readSubHeader(src, blockSize, version, littleEndian);
  const utsname = parseUtsname(bytes);
  return {
    version,
    littleEndian,
    blockSize,
    // Each of the two bitmaps has a bit for every page frame; what states none or more than they have is damaged or not used.
    maxPfn: [sub.maxPfn, maxPfn32].find((n) => n !== undefined && n > 0 && n <= bitmapSize * 4) ?? bitmapSize * 4,
    statedMaxPfn: sub.maxPfn ?? maxPfn32,
    bitmapOffset,
    bitmapSize,
    descriptorsOffset: bitmapOffset + bitmapSize,
    ...(sub.split ? { split: sub.split } : {}),
    ...(sub.vmcoreinfo ? { vmcoreinfo: sub.vmcoreinfo } : {}),
    ...(sub.notes ? { notes: sub.notes } : {}),
    codecs: codecsOf(status),
    incomplete: (status & INCOMPLETE) !== 0,
    facts: {
      ...(utsname ? { utsname } : {}),
      ...(seconds > 0 && seconds < 2 ** 40 ? { timestampSeconds: seconds } : {}),
      ...(sub.dumpLevel === undefined ? {} : { dumpLevel: sub.dumpLevel }),
      physBase: sub.physBase,
      blockSize,
      ...(cpus > 0 && cpus <= 0x10000 ? { cpuCount: cpus } : {}),
    },
  };
}

/** The byte order in which version and block size make sense. */
function byteOrder(src: ByteSource, bytes: Uint8Array): boolean {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  for (const little of [true, false]) {
    const version = view.getInt32(8, little);
    if (version < 0 || version > 0xff) continue;
    if (isBlockSize(view.getUint32(AT_BLOCK_SIZE, little))) return little;
    // A 32-bit kernel's `timestamp` has half the size and follows `utsname` without padding to 8 bytes.
    if (isBlockSize(view.getUint32(AT_BLOCK_SIZE - 12, little))) {
      throw new BadDataError(src.name, AT_BLOCK_SIZE - 12, 'kdump header: of a 32-bit kernel, which is not supported');
    }
  }
  const size = view.getUint32(AT_BLOCK_SIZE, true);
  throw new BadDataError(src.name, AT_BLOCK_SIZE, `kdump header: block size ${size} is not 4, 8, 16, 32 or 64 KiB`);
}

function isBlockSize(n: number): boolean {
  return n >= 0x1000 && n <= 0x10000 && (n & (n - 1)) === 0;
}

function parseUtsname(bytes: Uint8Array): ImageHeader['utsname'] | undefined {
  const out: NonNullable<ImageHeader['utsname']> = {};
  let any = false;
  for (let i = 0; i < NAMES.length; i++) {
    const at = 12 + i * NAME_LENGTH;
    const text = cString(bytes, at, at + NAME_LENGTH);
    if (text === '') continue;
    out[NAMES[i] as (typeof NAMES)[number]] = text;
    any = true;
  }
  return any ? out : undefined;
}

function codecsOf(status: number): CodecName[] {
  const out: CodecName[] = [];
  if (status & COMPRESSED_ZLIB) out.push('zlib');
  if (status & COMPRESSED_LZO) out.push('lzo');
  if (status & COMPRESSED_SNAPPY) out.push('snappy');
  if (status & COMPRESSED_ZSTD) out.push('zstd');
  return out;
}

interface SubHeader {
  readonly physBase: bigint;
  dumpLevel?: number;
  split?: { start: Pfn; end: Pfn };
  vmcoreinfo?: FilePart | undefined;
  notes?: FilePart | undefined;
  maxPfn?: Pfn | undefined;
}

/** `struct kdump_sub_header` of a 64-bit kernel; each version adds fields. An impossible number costs what it is for only. */
function readSubHeader(src: ByteSource, offset: Bytes, version: number, littleEndian: boolean): SubHeader {
  const size = [8, 16, 32, 48, 64, 80][version] ?? MAX_SUB_HEADER;
  const bytes = readBytes(src, offset, size, 'kdump sub-header');
  const c = new Cursor(bytes, littleEndian, src.name, offset, 'kdump sub-header');
  const number = (): number | undefined => {
    const value = c.u64();
    return value < 2n ** 53n ? Number(value) : undefined;
  };
  const part = (): FilePart | undefined => {
    const [at, bytes] = [number(), number()];
    return at === undefined || bytes === undefined ? undefined : { offset: at, size: bytes };
  };
  const out: SubHeader = { physBase: c.u64() };
  if (version < 1) return out;
  const level = c.i32();
  if (level >= 0 && level <= 31) out.dumpLevel = level;
  const isSplit = version >= 2 && c.i32() === 1;
  if (version < 2) return out;
  let [start, end] = [number(), number()];
  out.vmcoreinfo = version >= 3 ? part() : undefined;
  out.notes = version >= 4 ? part() : undefined;
  if (version >= 5) c.skip(16); // offset_eraseinfo, size_eraseinfo: names of what was erased, nothing to read memory by
  if (version >= 6) {
    [start, end] = [number(), number()];
    out.maxPfn = number();
  }
  if (isSplit) {
    if (start === undefined || end === undefined || start > end)
      throw c.bad(`split part begins at page frame ${start ?? '2^53'} and ends at ${end ?? '2^53'}`);
    out.split = { start, end };
  }
  return out;
}
