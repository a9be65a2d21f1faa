import { ByteWriter } from './byte-writer.ts';

export interface FlattenedOptions {
  /** Largest record. */
  readonly recordSize?: number;
  /** Write the first record again, right, at the end; the first time it is garbage. */
  readonly rewriteStart?: boolean;
  /** Alternate between the two halves of the file, as a writer with two buffers does. */
  readonly interleave?: boolean;
  readonly withoutEnd?: boolean;
}

/** makedumpfile's flattened form of `file`: 4096 bytes of header, then big-endian records. */
export function writeFlattened(file: Uint8Array, options: FlattenedOptions = {}): Uint8Array {
  const size = options.recordSize ?? 1000;
  const w = new ByteWriter(false, file.length + (file.length / size) * 16 + 8192);
  w.text('makedumpfile', 16).u64(1).u64(1).padTo(4096);
  const starts: number[] = [];
  for (let at = 0; at < file.length; at += size) starts.push(at);
  const half = Math.ceil(starts.length / 2);
  const order = options.interleave
    ? starts.map((_, i) => starts[i % 2 === 0 ? i / 2 : half + (i - 1) / 2] as number)
    : starts;
  const record = (at: number, part: Uint8Array): ByteWriter => w.u64(at).u64(part.length).bytes(part);
  if (options.rewriteStart) record(0, new Uint8Array(Math.min(size + size / 2, file.length)).fill(0xee));
  for (const at of order) if (at > 0 || !options.rewriteStart) record(at, file.subarray(at, at + size));
  if (options.rewriteStart) record(0, file.slice(0, size));
  if (!options.withoutEnd) w.u64(-1).u64(-1);
  return w.done();
}
