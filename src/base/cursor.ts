import type { ByteSource } from './byte-source.ts';
import { BadDataError } from './errors.ts';
import { hex } from './hex.ts';
import { joinExact } from './u64.ts';
import type { Bytes } from './units.ts';

/** Reads a binary structure field by field, with bounds checked and errors that name file and offset. */
export class Cursor {
  readonly bytes: Uint8Array;
  readonly view: DataView;
  readonly littleEndian: boolean;
  /** Position inside `bytes`. */
  at = 0;
  readonly #source: string;
  readonly #base: Bytes;
  readonly #what: string;

  /**
   * @param source name for messages @param base offset of `bytes` in the source @param what the structure's name
   */
  constructor(bytes: Uint8Array, littleEndian: boolean, source: string, base: Bytes, what: string) {
    this.bytes = bytes;
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.littleEndian = littleEndian;
    this.#source = source;
    this.#base = base;
    this.#what = what;
  }

  get left(): Bytes {
    return this.bytes.length - this.at;
  }

  /** An error at the current position (or `back` bytes before it). */
  bad(what: string, back = 0): BadDataError {
    return new BadDataError(this.#source, this.#base + this.at - back, `${this.#what}: ${what}`);
  }

  #take(n: number): number {
    const at = this.at;
    if (n > this.bytes.length - at) throw this.bad(`needs ${n} bytes, ${this.bytes.length - at} are left`);
    this.at = at + n;
    return at;
  }

  skip(n: Bytes): void {
    this.#take(n);
  }

  u8(): number {
    return this.view.getUint8(this.#take(1));
  }

  u16(): number {
    return this.view.getUint16(this.#take(2), this.littleEndian);
  }

  u32(): number {
    return this.view.getUint32(this.#take(4), this.littleEndian);
  }

  i32(): number {
    return this.view.getInt32(this.#take(4), this.littleEndian);
  }

  u64(): bigint {
    return this.view.getBigUint64(this.#take(8), this.littleEndian);
  }

  /** A 64-bit field that counts bytes or things: exact, or an error. */
  size64(field: string): number {
    const at = this.#take(8);
    const a = this.view.getUint32(at, this.littleEndian);
    const b = this.view.getUint32(at + 4, this.littleEndian);
    const n = this.littleEndian ? joinExact(a, b) : joinExact(b, a);
    if (n === undefined)
      throw this.bad(`${field} ${hex(this.view.getBigUint64(at, this.littleEndian))} exceeds 2^53`, 8);
    return n;
  }

  take(n: Bytes): Uint8Array {
    const at = this.#take(n);
    return this.bytes.subarray(at, at + n);
  }
}

/** A cursor over `size` bytes of a source at `offset`; fewer bytes are an error that says so. */
export function readCursor(src: ByteSource, offset: Bytes, size: Bytes, what: string, littleEndian = true): Cursor {
  const bytes = readBytes(src, offset, size, what);
  return new Cursor(bytes, littleEndian, src.name, offset, what);
}

/** Exactly `size` bytes at `offset`, or a `BadDataError`; nothing is allocated that the source cannot hold. */
export function readBytes(src: ByteSource, offset: Bytes, size: Bytes, what: string): Uint8Array {
  if (!Number.isSafeInteger(offset) || offset < 0 || !(size >= 0) || offset + size > src.size) {
    throw new BadDataError(src.name, offset, `${what}: needs ${hex(size)} bytes, the file ends at ${hex(src.size)}`);
  }
  const bytes = new Uint8Array(size);
  const got = src.read(offset, bytes);
  if (got < size)
    throw new BadDataError(src.name, offset, `${what}: needs ${hex(size)} bytes, only ${hex(got)} could be read`);
  return bytes;
}
