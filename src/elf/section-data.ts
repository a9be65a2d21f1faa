import { BadDataError } from '../base/errors.ts';
import { hex } from '../base/hex.ts';
import { cString } from '../base/text.ts';
import type { Bytes } from '../base/units.ts';

/** Fills `into` from an offset of the section; the range is inside it. */
export type ReadSection = (offset: Bytes, into: Uint8Array) => void;

const CHUNK = 0x4000;
/** Chunks kept of a section that is read piecemeal. */
const MAX_CHUNKS = 512;
const MAX_STRING = 0x10000;

/** The content of a section: uncompressed, relocated, and read from the file only where it is asked for. */
export class SectionData {
  /** File and section, for messages. */
  readonly source: string;
  readonly size: Bytes;
  readonly #read: ReadSection;
  readonly #chunks = new Map<number, Uint8Array>();

  constructor(source: string, size: Bytes, read: ReadSection) {
    this.source = source;
    this.size = size;
    this.#read = read;
  }

  /** Exactly `size` bytes in memory of their own. @throws BadDataError naming section and offset when they are not there */
  bytes(offset: Bytes, size: Bytes, what: string): Uint8Array {
    if (!(offset >= 0 && size >= 0 && offset + size <= this.size)) {
      throw new BadDataError(
        this.source,
        offset,
        `${what}: needs ${hex(size)} bytes, the section ends at ${hex(this.size)}`,
      );
    }
    const into = new Uint8Array(size);
    this.#read(offset, into);
    return into;
  }

  /** Fills `into` from `offset`, which the caller has checked against `size`. */
  fill(offset: Bytes, into: Uint8Array): void {
    this.#read(offset, into);
  }

  /** At most `size` bytes from `offset`, fewer at the end of the section. */
  upTo(offset: Bytes, size: Bytes, what: string): Uint8Array {
    if (offset > this.size) return this.bytes(offset, 0, what);
    return this.bytes(offset, Math.min(size, this.size - offset), what);
  }

  /** The NUL-terminated string at `offset`, through a cache. @throws BadDataError outside of the section */
  string(offset: Bytes): string {
    if (!(offset >= 0 && offset < this.size)) {
      throw new BadDataError(this.source, offset, `string: the section ends at ${hex(this.size)}`);
    }
    const start = offset % CHUNK;
    const chunk = this.#chunk((offset - start) / CHUNK);
    if (chunk.indexOf(0, start) >= 0) return cString(chunk, start);
    return cString(this.upTo(offset, MAX_STRING, 'string'));
  }

  #chunk(index: number): Uint8Array {
    let chunk = this.#chunks.get(index);
    if (!chunk) {
      if (this.#chunks.size >= MAX_CHUNKS) this.#chunks.clear();
      chunk = this.upTo(index * CHUNK, CHUNK, 'strings');
      this.#chunks.set(index, chunk);
    }
    return chunk;
  }
}
