import { encodeSnappy } from './page-compressors.ts';
import type { TestMemory } from './test-memory.ts';

/** A run of pages that are there. */
interface Run {
  readonly start: number;
  readonly data: Uint8Array;
}

/** The pages of a memory that are not excluded, as runs. */
export function runsOf({ pages, pageSize }: TestMemory): Run[] {
  const runs: { start: number; parts: Uint8Array[] }[] = [];
  for (const [pfn, page] of [...pages].sort((a, b) => a[0] - b[0])) {
    if (page === 'excluded') continue;
    const last = runs.at(-1);
    if (last && last.start + last.parts.length * pageSize === pfn * pageSize) last.parts.push(page);
    else runs.push({ start: pfn * pageSize, parts: [page] });
  }
  return runs.map(({ start, parts }) => ({ start, data: Buffer.concat(parts) }));
}

function header(magic: string, version: number, { start, data }: Run): Buffer {
  const head = Buffer.alloc(32);
  head.write(magic, 'latin1');
  head.writeUInt32LE(version, 4);
  head.writeBigUInt64LE(BigInt(start), 8);
  head.writeBigUInt64LE(BigInt(start + data.length - 1), 16);
  return head;
}

export function writeLime(runs: readonly Run[]): Uint8Array {
  return Buffer.concat(runs.flatMap((run) => [header('EMiL', 1, run), run.data]));
}

/**
 * As AVML writes it with compression: each range as a snappy stream, then the length of that.
 * @param every one of so many blocks is compressed; the others are stored, as those are that do not get smaller
 */
export function writeAvml(runs: readonly Run[], every = 1): Uint8Array {
  return Buffer.concat(
    runs.flatMap((run) => {
      const stream: Uint8Array[] = [Buffer.from('\xff\x06\0\0sNaPpY', 'latin1')];
      for (let at = 0; at < run.data.length; at += 65536)
        stream.push(snappyChunk(run.data.subarray(at, at + 65536), (at / 65536) % every === 0));
      const packed = Buffer.concat(stream);
      const length = Buffer.alloc(8);
      length.writeBigUInt64LE(BigInt(packed.length));
      return [header('AVML', 2, run), packed, length];
    }),
  );
}

/** Compressed where that is smaller; the checksum, which nobody reads, stays zero. */
function snappyChunk(data: Uint8Array, compress: boolean): Buffer {
  const packed = compress ? encodeSnappy(data) : data;
  const [type, body] = packed.length < data.length ? [0, packed] : [1, data];
  const size = body.length + 4;
  return Buffer.concat([Buffer.from([type, size & 0xff, (size >> 8) & 0xff, size >> 16, 0, 0, 0, 0]), body]);
}

/** One piece from `start` on, with zeros where nothing is. */
export function writeRaw(runs: readonly Run[], start = 0): Uint8Array {
  const end = Math.max(...runs.map((r) => r.start + r.data.length));
  const file = new Uint8Array(end - start);
  for (const run of runs) file.set(run.data, run.start - start);
  return file;
}
