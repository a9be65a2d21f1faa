import { bytesSource } from '../base/byte-source.ts';
import { BadDataError, UnsupportedError, UsageError } from '../base/errors.ts';
import type { Codecs } from '../program/ports.ts';
import { nodeCodecs } from './codecs.ts';
import { type FileSource, openFileSource } from './file-source.ts';
import { lazyZlib } from './lazy-zlib.ts';
import { unpackXz } from './xz-decoder.ts';

/** A packed file is unpacked in memory: modules have some megabytes, a kernel with debug information a gigabyte. */
const MAX_PACKED = 0x20000000;
const MAX_MODULE = 0x10000000;
const MAX_KERNEL = 0x40000000;
/** Unpacked files that are kept: what is looked at to see whether it is the right one is opened next. */
const MAX_KEPT = 4;
const MAX_KEPT_BYTES = 0x2000000;

type Packing = 'gzip' | 'xz' | 'zstd';

const MAGICS: readonly (readonly [Packing, readonly number[]])[] = [
  ['gzip', [0x1f, 0x8b]],
  ['xz', [0xfd, 0x37, 0x7a, 0x58, 0x5a, 0x00]],
  ['zstd', [0x28, 0xb5, 0x2f, 0xfd]],
];

/** Endings that packed kernels and modules have. */
export const PACKED_NAME = '(?:\\.(?:gz|xz|zst))?';

const kept = new Map<string, { readonly stamp: string; readonly bytes: Uint8Array }>();

/**
 * Opens a file of the kernel, unpacked when it is a `.gz`, `.xz` or `.zst` (told by its content).
 * @param codecs absent: those that need no preparation @param limit bytes that it may have unpacked
 * @throws AnalysisError when it cannot be read, is damaged or too large
 */
export function openKernelFile(path: string, codecs: Codecs = nodeCodecs(), limit = limitOf(path)): FileSource {
  const file = openFileSource(path);
  let packing: Packing | undefined;
  try {
    packing = packingOf(file);
    return packing === undefined ? file : unpacked(path, file, packing, codecs, limit);
  } finally {
    if (packing !== undefined) file.close();
  }
}

function limitOf(path: string): number {
  return /\.ko\b/.test(path) ? MAX_MODULE : MAX_KERNEL;
}

function packingOf(file: FileSource): Packing | undefined {
  const start = new Uint8Array(6);
  const size = file.read(0, start);
  return MAGICS.find(([, magic]) => size >= magic.length && magic.every((byte, i) => start[i] === byte))?.[0];
}

function unpacked(path: string, file: FileSource, packing: Packing, codecs: Codecs, limit: number): FileSource {
  const stamp = `${file.size} ${packing}`;
  let bytes = kept.get(path)?.stamp === stamp ? kept.get(path)?.bytes : undefined;
  if (!bytes) {
    bytes = unpack(path, file, packing, codecs, limit);
    if (bytes.length <= MAX_KEPT_BYTES) {
      if (kept.size >= MAX_KEPT) kept.clear();
      kept.set(path, { stamp, bytes });
    }
  }
  return { ...bytesSource(path, bytes), close: () => undefined };
}

function unpack(path: string, file: FileSource, packing: Packing, codecs: Codecs, limit: number): Uint8Array {
  if (file.size > MAX_PACKED) {
    throw new UsageError(`${path}: packed, ${file.size} bytes exceed ${MAX_PACKED}; unpack it first`);
  }
  const packed = new Uint8Array(file.size);
  const there = packed.subarray(0, file.read(0, packed));
  try {
    if (packing === 'gzip') return lazyZlib().gunzipSync(there, { maxOutputLength: limit, chunkSize: 0x100000 });
    return packing === 'xz' ? unpackXz(there, limit) : unpackZstd(there, limit, codecs);
  } catch (e) {
    if (e instanceof UnsupportedError) throw e;
    throw new BadDataError(path, 0, `${packing}: cannot be unpacked (at most ${limit} bytes): ${(e as Error).message}`);
  }
}

/** The frame states its content's size, as files do that were packed as files (RFC 8878, 3.1.1.1); else it is found by trying. */
function unpackZstd(packed: Uint8Array, limit: number, codecs: Codecs): Uint8Array {
  const decode = codecs.decoder('zstd');
  const stated = zstdSize(packed);
  if (stated !== undefined) {
    if (stated > limit) throw new RangeError(`its ${stated} bytes are too many`);
    const into = new Uint8Array(stated);
    return into.subarray(0, decode(packed, into));
  }
  for (let room = Math.min(limit, packed.length * 8 + 0x10000); ; room = Math.min(limit, room * 4)) {
    try {
      const into = new Uint8Array(room);
      return into.subarray(0, decode(packed, into));
    } catch (e) {
      if (room >= limit) throw e;
    }
  }
}

function zstdSize(packed: Uint8Array): number | undefined {
  const view = new DataView(packed.buffer, packed.byteOffset, packed.byteLength);
  const descriptor = packed.length > 18 ? view.getUint8(4) : 0;
  const single = (descriptor & 0x20) !== 0;
  const at = 5 + (single ? 0 : 1) + ([0, 1, 2, 4][descriptor & 3] as number);
  switch (packed.length > 18 ? descriptor >> 6 : 0) {
    case 1:
      return view.getUint16(at, true) + 256;
    case 2:
      return view.getUint32(at, true);
    case 3:
      return Number(view.getBigUint64(at, true));
    default:
      return single ? view.getUint8(at) : undefined;
  }
}
