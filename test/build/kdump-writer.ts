import { ByteWriter } from './byte-writer.ts';
import { type PageCompressor, pageCompressors } from './page-compressors.ts';

export interface KdumpOptions {
  /** Pages by page frame number; `excluded` was in memory but is not in the dump. */
  readonly pages: ReadonlyMap<number, Uint8Array | 'excluded'>;
  readonly maxPfn: number;
  readonly version?: number;
  readonly littleEndian?: boolean;
  readonly blockSize?: number;
  readonly compressor?: PageCompressor;
  /** `status` of the header; by default what the compressor says. */
  readonly status?: number;
  readonly dumpLevel?: number;
  readonly physBase?: bigint;
  readonly split?: { readonly start: number; readonly end: number };
  readonly vmcoreinfo?: string;
  readonly notes?: Uint8Array;
  readonly eraseinfo?: string;
  /** sysname, nodename, release, version, machine, domainname. */
  readonly utsname?: readonly string[];
  readonly timestamp?: number;
  /** Put a page of zeros before all data, as makedumpfile does; the pages that are zero share it. */
  readonly zerosFirst?: boolean;
  /** Leave the descriptor of these page frames all zero, as a writer that stopped does. */
  readonly unwritten?: ReadonlySet<number>;
}

const UTSNAME = ['Linux', 'test', '6.1.0-test', '#1 SMP', 'x86_64', '(none)'];

/** A kdump-compressed file of a 64-bit kernel as makedumpfile writes it; pages that are zero share their data. */
export function writeKdump(options: KdumpOptions): Uint8Array {
  const { pages, maxPfn, version = 6, littleEndian = true, blockSize = 4096, split } = options;
  const compress = options.compressor ?? pageCompressors.zlib;
  const notes = options.notes ?? new Uint8Array(0);
  const info = options.vmcoreinfo ?? '';
  const subSize = 104;
  const notesAt = blockSize + subSize;
  const infoAt = notesAt + notes.length;
  const subBlocks = Math.ceil((subSize + notes.length + info.length) / blockSize);
  const bitmapHalf = Math.ceil(maxPfn / 8 / blockSize);
  const inMemory = new Uint8Array(bitmapHalf * blockSize);
  const dumped = new Uint8Array(bitmapHalf * blockSize);
  const wanted: number[] = [];
  for (const [pfn, page] of [...pages].sort((a, b) => a[0] - b[0])) {
    const bit = 2 ** (pfn % 8);
    inMemory[(pfn - (pfn % 8)) / 8]! += bit;
    if (page === 'excluded') continue;
    dumped[(pfn - (pfn % 8)) / 8]! += bit;
    if (!split || (pfn >= split.start && pfn < split.end)) wanted.push(pfn);
  }
  const descriptorsAt = (1 + subBlocks + 2 * bitmapHalf) * blockSize;
  const { descriptors, data } = writePages(options, compress, wanted, descriptorsAt + wanted.length * 24);
  const status = options.status ?? compress(new Uint8Array(blockSize)).flag;
  const dataSize = data.reduce((sum, part) => sum + part.length, 0);
  const eraseAt = descriptorsAt + descriptors.length + dataSize;
  const erase = options.eraseinfo ?? '';

  const w = new ByteWriter(littleEndian, eraseAt + 256);
  w.text('KDUMP   ').u32(version);
  for (const name of options.utsname ?? UTSNAME) w.text(name, 65);
  w.align(8)
    .u64(options.timestamp ?? 1700000000)
    .u64(0);
  w.u32(status)
    .u32(blockSize)
    .u32(subBlocks)
    .u32(2 * bitmapHalf)
    .u32(version >= 6 ? 0 : maxPfn);
  w.u32(0).u32(0).u32(wanted.length).u32(0).u32(2);
  w.padTo(blockSize);
  const sub = new ByteWriter(littleEndian);
  sub
    .u64(options.physBase ?? 0n)
    .u32(options.dumpLevel ?? 31)
    .u32(split ? 1 : 0);
  sub.u64(version >= 6 ? 0 : (split?.start ?? 0)).u64(version >= 6 ? 0 : (split?.end ?? 0));
  sub.u64(info ? infoAt : 0).u64(info.length);
  sub.u64(notes.length > 0 ? notesAt : 0).u64(notes.length);
  sub.u64(erase ? eraseAt : 0).u64(erase.length);
  sub
    .u64(split?.start ?? 0)
    .u64(split?.end ?? 0)
    .u64(maxPfn);
  // An older sub-header ends earlier: what a newer reader finds behind it must not matter.
  const used = [8, 16, 32, 48, 64, 80, 104][version] ?? 104;
  w.bytes(sub.done().map((b, i) => (i < used ? b : 0xa5)));
  w.bytes(notes)
    .text(info)
    .padTo((1 + subBlocks) * blockSize);
  w.bytes(inMemory).bytes(dumped).bytes(descriptors);
  for (const part of data) w.bytes(part);
  return w.text(erase).done();
}

function writePages(
  { pages, littleEndian = true, unwritten, zerosFirst, blockSize = 4096 }: KdumpOptions,
  compress: PageCompressor,
  wanted: readonly number[],
  dataAt: number,
): { descriptors: Uint8Array; data: readonly Uint8Array[] } {
  const descriptors = new ByteWriter(littleEndian);
  const data: Uint8Array[] = [];
  const zeros = new Uint8Array(blockSize);
  let zeroAt = zerosFirst ? dataAt : undefined;
  if (zerosFirst) data.push(zeros);
  let next = zerosFirst ? dataAt + blockSize : dataAt;
  for (const pfn of wanted) {
    const page = pages.get(pfn) as Uint8Array;
    if (page.length !== blockSize) throw new Error(`page ${pfn} has ${page.length} bytes`);
    if (unwritten?.has(pfn)) {
      descriptors.u64(0).u32(0).u32(0).u64(0);
      continue;
    }
    const isZero = Buffer.compare(page, zeros) === 0;
    const packed = isZero && zerosFirst ? { flag: 0, data: page } : compress(page);
    const { flag, data: bytes } = packed.data.length < blockSize ? packed : { flag: 0, data: page };
    const at = isZero && zeroAt !== undefined ? zeroAt : next;
    if (at === next) {
      data.push(bytes);
      next += bytes.length;
    }
    if (isZero) zeroAt = at;
    descriptors.u64(at).u32(bytes.length).u32(flag).u64(0);
  }
  return { descriptors: descriptors.done(), data };
}
