import type { ByteSource } from '../../src/base/byte-source.ts';

/** A part of a dump file with a meaning. */
export interface Region {
  readonly kind: string;
  readonly from: number;
  readonly size: number;
}

function viewOf(source: ByteSource, from: number, size: number): DataView {
  const bytes = new Uint8Array(size);
  source.read(from, bytes);
  return new DataView(bytes.buffer);
}

/** The parts of a dump by format, read without the project's readers; none of bare memory. */
export function regions(source: ByteSource): Region[] {
  const head = viewOf(source, 0, 4096);
  switch (head.getUint32(0, false)) {
    case 0x7f454c46:
      return elfRegions(source, head);
    case 0x4b44554d:
      return kdumpRegions(source, head);
    case 0x6d616b65: // "make" of makedumpfile
      return FLATTENED;
    case 0x454d694c: // "EMiL"
      return rangeRegions(source, undefined);
    case 0x41564d4c: // "AVML"
      return rangeRegions(source, 8);
    case 0xd2bed2be:
      return vmwareRegions(source, head);
    default:
      return isPacked(head) ? packedRegions(source) : [];
  }
}

/** A block of header, then pieces, each with 16 bytes that say where it belongs. */
const FLATTENED: Region[] = [
  { kind: 'header', from: 0, size: 4096 + 16 },
  { kind: 'notes', from: 4096, size: 0x4000 },
  { kind: 'bitmap', from: 4096 + 0x4000, size: 0x8000 },
  { kind: 'descriptors', from: 4096 + 0xc000, size: 0x40000 },
];

function isPacked(head: DataView): boolean {
  const magic = head.getUint32(0, false);
  const tar = head.getUint32(257, false) === 0x75737461; // "usta"
  return tar || magic >>> 16 === 0x1f8b || [0x504b0304, 0xfd377a58, 0x28b52ffd, 0x04224d18].includes(magic);
}

/** Archives have their own header in front, and what leads to their parts at the end. */
function packedRegions({ size }: ByteSource): Region[] {
  return [
    { kind: 'header', from: 0, size: 64 },
    { kind: 'bitmap', from: 0, size: 1024 },
    { kind: 'descriptors', from: Math.max(0, size - 400), size: Math.min(400, size) },
    { kind: 'notes', from: Math.max(0, size - 32), size: Math.min(32, size) },
  ];
}

const MAX_PARTS = 20_000;

/** Headers of 32 bytes, each with first and last address; AVML packs the ranges in chunks and has a trailer. */
function rangeRegions(source: ByteSource, trailer: number | undefined): Region[] {
  const out: Region[] = [];
  for (let at = 0; at + 32 <= source.size && out.length < MAX_PARTS; ) {
    out.push({ kind: 'header', from: at, size: 32 });
    const head = viewOf(source, at, 32);
    const size = Number(head.getBigUint64(16, true) - head.getBigUint64(8, true)) + 1;
    at += 32;
    if (trailer === undefined) at += size;
    else at = skipChunks(source, at, size, out) + trailer;
  }
  return out;
}

/** Chunks of at most 64 KiB: a byte of type, three of length, a checksum. */
function skipChunks(source: ByteSource, from: number, size: number, out: Region[]): number {
  let at = from;
  for (let left = Math.ceil(size / 65536) + 1; left > 0 && at + 4 <= source.size; left--) {
    out.push({ kind: 'descriptors', from: at, size: 12 });
    at += 4 + (viewOf(source, at, 4).getUint32(0, true) >>> 8);
  }
  return at;
}

function vmwareRegions(source: ByteSource, head: DataView): Region[] {
  const groups = head.getUint32(8, true);
  const table = 12 + groups * 80;
  return [
    { kind: 'header', from: 0, size: table },
    { kind: 'descriptors', from: table, size: Math.min(source.size - table, 4096) },
  ];
}

function elfRegions(source: ByteSource, head: DataView): Region[] {
  const table = Number(head.getBigUint64(32, true));
  const count = head.getUint16(56, true);
  const out: Region[] = [{ kind: 'header', from: 0, size: 64 }];
  const programs = viewOf(source, table, Math.min(count, 512) * 56);
  out.push({ kind: 'descriptors', from: table, size: programs.byteLength });
  out.push({ kind: 'bitmap', from: table, size: programs.byteLength });
  for (let at = 0; at < programs.byteLength; at += 56) {
    if (programs.getUint32(at, true) !== 4) continue; // PT_NOTE
    const size = Number(programs.getBigUint64(at + 32, true));
    out.push({ kind: 'notes', from: Number(programs.getBigUint64(at + 8, true)), size });
  }
  return out;
}

function kdumpRegions(source: ByteSource, head: DataView): Region[] {
  const block = head.getUint32(428, true);
  const subBlocks = head.getUint32(432, true);
  const bitmap = block * (1 + subBlocks);
  const bitmapSize = head.getUint32(436, true) * block;
  const sub = viewOf(source, block, 104);
  const notes = Number(sub.getBigUint64(48, true));
  const out: Region[] = [
    { kind: 'header', from: 8, size: 456 },
    { kind: 'header', from: block, size: 104 },
    { kind: 'bitmap', from: bitmap, size: bitmapSize },
    { kind: 'descriptors', from: bitmap + bitmapSize, size: 0x40000 },
    { kind: 'notes', from: Number(sub.getBigUint64(32, true)), size: Number(sub.getBigUint64(40, true)) },
  ];
  if (notes > 0) out.push({ kind: 'notes', from: notes, size: Number(sub.getBigUint64(56, true)) });
  return out;
}
