import type { Transform } from 'node:stream';
import type { ByteSource } from '../../base/byte-source.ts';
import { BadDataError, UnsupportedError } from '../../base/errors.ts';
import type { Bytes } from '../../base/units.ts';
import type { FileSource } from '../file-source.ts';
import { lazyZlib } from '../lazy-zlib.ts';
import { zstdDecoder } from '../zstd-decoder.ts';
import { SpillFile } from './spill.ts';
import { spillSource } from './spill-source.ts';

const PIECE = 0x100000;
/** Of a damaged file, what was unpacked since the last of these is lost. */
const UNPACKED_PIECE = 0x10000;
/** Without a streaming decoder the packed and the unpacked file are in memory. */
const MAX_IN_MEMORY = 0x40000000;

/** A range of a file that one decoder reads from its beginning to its end. */
export interface PackedRange {
  readonly src: ByteSource;
  readonly from: Bytes;
  readonly to: Bytes;
}

/** A .gz file, or a member of a .zip (`raw`): unpacked to a temporary file, for there is no other way to its end. */
export function spillDeflate(range: PackedRange, raw: boolean, onUnpack?: (bytes: Bytes) => void): Promise<FileSource> {
  const zlib = lazyZlib();
  const options = { chunkSize: UNPACKED_PIECE };
  return spill(range, raw ? zlib.createInflateRaw(options) : zlib.createGunzip(options), onUnpack);
}

/** A zstd frame or several, one after the other. */
export async function spillZstd(range: PackedRange, onUnpack?: (bytes: Bytes) => void): Promise<FileSource> {
  const { createZstdDecompress } = lazyZlib() as { createZstdDecompress?: (options: object) => Transform };
  if (createZstdDecompress) return spill(range, createZstdDecompress({ chunkSize: UNPACKED_PIECE }), onUnpack);
  return inMemory(range, onUnpack);
}

/** Whatever could be unpacked is kept: a cut file is a shorter one. */
async function spill(range: PackedRange, decoder: Transform, onUnpack?: (bytes: Bytes) => void): Promise<FileSource> {
  const { name } = range.src;
  const file = new SpillFile(name);
  try {
    await pump(range, decoder, (part) => {
      file.write(part);
      onUnpack?.(part.length);
    });
    return spillSource(name, file);
  } catch (e) {
    // A packed file that cannot be read further is a cut one.
    if (!(e instanceof DecoderError || e instanceof BadDataError)) throw e;
    const why = e.message;
    if (file.size === 0) throw new BadDataError(name, range.from, `cannot be unpacked: ${why}`);
    return spillSource(name, file, `cut or damaged: only ${file.size} bytes could be unpacked: ${why}`);
  }
}

/** What a decoder says of damage; all else that goes wrong is none of the file's. */
class DecoderError extends Error {}

/** Sends a range through a decoder, piece by piece: the next when the last has been taken. */
function pump({ src, from, to }: PackedRange, decoder: Transform, write: (part: Uint8Array) => void): Promise<void> {
  return new Promise((resolve, reject) => {
    const fail = (e: unknown): void => {
      decoder.destroy();
      reject(e);
    };
    decoder.on('error', (e) => fail(new DecoderError(e.message)));
    decoder.on('end', resolve);
    decoder.on('data', (part: Uint8Array) => {
      try {
        write(part);
      } catch (e) {
        fail(e);
      }
    });
    let at = from;
    const next = (error?: Error | null): void => {
      if (error) return; // the event tells it
      try {
        const part = new Uint8Array(Math.max(0, Math.min(PIECE, to - at)));
        const got = src.read(at, part);
        at += got;
        if (got === 0) decoder.end();
        else decoder.write(part.subarray(0, got), next);
      } catch (e) {
        fail(e);
      }
    };
    next();
  });
}

async function inMemory({ src, from, to }: PackedRange, onUnpack?: (bytes: Bytes) => void): Promise<FileSource> {
  if (to - from > MAX_IN_MEMORY) {
    throw new UnsupportedError(
      `${src.name}: zstd: ${to - from} packed bytes exceed ${MAX_IN_MEMORY} on this Node: unpack it first`,
    );
  }
  const packed = new Uint8Array(to - from);
  const there = packed.subarray(0, src.read(from, packed));
  const decode = await zstdDecoder();
  for (let room = Math.min(MAX_IN_MEMORY, Math.max(PIECE, there.length * 6)); ; room *= 2) {
    try {
      const into = new Uint8Array(Math.min(room, MAX_IN_MEMORY));
      const file = new SpillFile(src.name);
      file.write(into.subarray(0, decode(there, into)));
      onUnpack?.(file.size);
      return spillSource(src.name, file);
    } catch (e) {
      if (room >= MAX_IN_MEMORY)
        throw new BadDataError(
          src.name,
          from,
          `cannot be unpacked (at most ${MAX_IN_MEMORY} bytes): ${(e as Error).message}`,
        );
    }
  }
}
