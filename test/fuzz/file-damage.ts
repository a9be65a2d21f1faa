import type { ByteSource } from '../../src/base/byte-source.ts';
import { BadDataError } from '../../src/base/errors.ts';
import { type Patch, patchedSource } from '../build/damaged-source.ts';

export type Random = (n: number) => number;

/** A part of a dump file with a meaning. */
interface Region {
  readonly kind: string;
  readonly from: number;
  readonly size: number;
}

function viewOf(source: ByteSource, from: number, size: number): DataView {
  const bytes = new Uint8Array(size);
  source.read(from, bytes);
  return new DataView(bytes.buffer);
}

/** The parts of a dump by format, read without the project's readers. */
function regions(source: ByteSource): Region[] {
  const head = viewOf(source, 0, 4096);
  const magic = head.getUint32(0, false);
  if (magic === 0x7f454c46) return elfRegions(source, head);
  if (magic === 0x4b44554d) return kdumpRegions(source, head);
  // the flattened form: a block of header, then pieces, each with 16 bytes that say where it belongs
  return [
    { kind: 'header', from: 0, size: 4096 + 16 },
    { kind: 'notes', from: 4096, size: 0x4000 },
    { kind: 'bitmap', from: 4096 + 0x4000, size: 0x8000 },
    { kind: 'descriptors', from: 4096 + 0xc000, size: 0x40000 },
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

/** Bytes of one region turned into others: single bits, whole fields, numbers that are too large. */
function patchesOf(source: ByteSource, kind: string, random: Random): Patch[] {
  const own = regions(source).filter((r) => r.kind === kind && r.size > 0 && r.from < source.size);
  const whole: Region = { kind, from: 0, size: source.size };
  const region = kind === 'data' || own.length === 0 ? whole : (own[random(own.length)] as Region);
  const count = kind === 'data' ? 40 + random(400) : 1 + random(8);
  return Array.from({ length: count }, () => {
    const width = [1, 2, 4, 8][random(4)] as number;
    const at = region.from + Math.floor(random(Math.max(1, region.size)) / width) * width;
    return { at, bytes: wordOf(source, at, width, random) };
  });
}

function wordOf(source: ByteSource, at: number, width: number, random: Random): Uint8Array {
  const bytes = new Uint8Array(width);
  source.read(at, bytes);
  const kind = random(6);
  if (kind === 0) bytes.fill(0);
  else if (kind === 1) bytes.fill(0xff);
  else if (kind === 2) for (let i = 0; i < width; i++) bytes[i] = random(256);
  else if (kind === 3) bytes[width - 1] = 0x7f;
  else {
    const i = random(width);
    bytes[i] = (bytes[i] as number) ^ (1 << random(8));
  }
  return bytes;
}

/** A source that ends early. */
export function cutSource(source: ByteSource, size: number): ByteSource {
  return {
    name: source.name,
    size,
    read: (offset, into) => source.read(offset, into.subarray(0, Math.max(0, Math.min(into.length, size - offset)))),
  };
}

/** A source in which some reads fail, or give less than was asked for. @param nth the first of them */
function failingSource(source: ByteSource, nth: number, every: number, short: boolean, random: Random): ByteSource {
  let reads = 0;
  return {
    name: source.name,
    size: source.size,
    read(offset, into) {
      const n = reads++;
      if (n < nth || (n - nth) % every !== 0) return source.read(offset, into);
      if (!short) throw new BadDataError(source.name, offset, 'cannot be read: input/output error');
      return source.read(offset, into.subarray(0, random(into.length + 1)));
    },
  };
}

/** Damages one of the files of a dump; returns them, and says what was done. */
export function damageFiles(
  files: readonly ByteSource[],
  kind: string,
  random: Random,
): { files: ByteSource[]; what: string } {
  const index = random(files.length);
  const source = files[index] as ByteSource;
  let damaged: ByteSource;
  let what: string;
  if (kind === 'read-error' || kind === 'short-read') {
    const nth = random(2) === 0 ? random(12) : random(3000);
    const every = [1, 2, 7, 100, 1e9][random(5)] as number;
    damaged = failingSource(source, nth, every, kind === 'short-read', random);
    what = `read ${nth}, every ${every}`;
  } else if (kind === 'zeroed') {
    const from = random(source.size);
    const size = random(2) === 0 ? 4096 * (1 + random(64)) : random(source.size - from + 1);
    damaged = zeroedSource(source, from, size);
    what = `${size} bytes from ${from}`;
  } else {
    const patches = patchesOf(source, kind, random);
    damaged = patchedSource(source, patches);
    what =
      patches.length > 12
        ? `${patches.length} patches`
        : patches.map((p) => `${p.at}:${Buffer.from(p.bytes).toString('hex')}`).join(' ');
  }
  const out = [...files];
  out[index] = damaged;
  return { files: out, what: files.length > 1 ? `file ${index}: ${what}` : what };
}

function zeroedSource(source: ByteSource, from: number, size: number): ByteSource {
  return {
    name: source.name,
    size: source.size,
    read(offset, into) {
      const done = source.read(offset, into);
      const first = Math.max(from, offset);
      const last = Math.min(from + size, offset + done);
      if (first < last) into.fill(0, first - offset, last - offset);
      return done;
    },
  };
}
