import type { ByteSource } from '../../src/base/byte-source.ts';
import type { PhysicalMemory, PhysRange } from '../../src/memory/physical.ts';

const PAGE = 4096;
const LIME_HEADER = 32;

/** A piece of a file: bytes, or memory from an address on. */
type Piece = { readonly bytes: Uint8Array } | { readonly start: number; readonly size: number };

/** Memory of another dump as an acquisition tool would have written it, made when it is read. */
class RamFile implements ByteSource {
  readonly name: string;
  readonly size: number;
  readonly #memory: PhysicalMemory;
  readonly #pieces: readonly { readonly at: number; readonly size: number; readonly piece: Piece }[];

  constructor(name: string, memory: PhysicalMemory, pieces: readonly Piece[]) {
    this.name = name;
    this.#memory = memory;
    let at = 0;
    this.#pieces = pieces.map((piece) => {
      const size = 'bytes' in piece ? piece.bytes.length : piece.size;
      at += size;
      return { at: at - size, size, piece };
    });
    this.size = at;
  }

  read(offset: number, into: Uint8Array): number {
    let done = 0;
    for (const { at, size, piece } of this.#pieces) {
      const from = offset + done - at;
      if (from < 0 || from >= size || done === into.length) continue;
      const n = Math.min(size - from, into.length - done);
      const part = into.subarray(done, done + n);
      if ('bytes' in piece) part.set(piece.bytes.subarray(from, from + n));
      else this.#copy(piece.start + from, part);
      done += n;
    }
    return done;
  }

  /** What the dump does not have is zero. */
  #copy(start: number, into: Uint8Array): void {
    for (let done = 0; done < into.length; ) {
      const at = start + done;
      const n = Math.min(into.length - done, PAGE - (at % PAGE));
      const part = into.subarray(done, done + n);
      if (this.#memory.read(at, part) !== undefined) part.fill(0);
      done += n;
    }
  }
}

/** LiME's form: a header with its bounds before each range. */
export function limeFile(memory: PhysicalMemory): ByteSource {
  const pieces = joined(memory.ranges()).flatMap(({ start, end }): Piece[] => {
    const head = new DataView(new ArrayBuffer(LIME_HEADER));
    head.setUint32(0, 0x4c694d45, true);
    head.setUint32(4, 1, true);
    head.setBigUint64(8, BigInt(start), true);
    head.setBigUint64(16, BigInt(end - 1), true);
    return [{ bytes: new Uint8Array(head.buffer) }, { start, size: end - start }];
  });
  return new RamFile('memory.lime', memory, pieces);
}

/** The bytes of RAM and nothing else, from its first address on. */
export function rawFile(memory: PhysicalMemory): ByteSource {
  const ranges = memory.ranges();
  const last = ranges.at(-1)?.end ?? 0;
  const first = ranges[0]?.start ?? 0;
  // A machine whose memory begins at 0 has its file begin there too.
  const start = first < 1 << 20 ? 0 : first;
  return new RamFile('memory.raw', memory, [{ start, size: last - start }]);
}

function joined(ranges: readonly PhysRange[]): PhysRange[] {
  const out: { start: number; end: number }[] = [];
  for (const { start, end } of ranges) {
    const last = out.at(-1);
    if (last && last.end === start) last.end = end;
    else out.push({ start, end });
  }
  return out;
}
