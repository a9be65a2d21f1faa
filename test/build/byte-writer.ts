/** Bytes that grow as they are written; both byte orders. */
export class ByteWriter {
  #bytes: Uint8Array<ArrayBuffer>;
  #view: DataView;
  #size = 0;
  readonly littleEndian: boolean;

  /** @param capacity bytes to begin with; what is not written costs nothing */
  constructor(littleEndian = true, capacity = 256) {
    this.littleEndian = littleEndian;
    this.#bytes = new Uint8Array(capacity);
    this.#view = new DataView(this.#bytes.buffer);
  }

  get size(): number {
    return this.#size;
  }

  #room(end: number): DataView {
    if (end > this.#bytes.length) {
      const old = this.#bytes;
      this.#bytes = new Uint8Array(Math.max(end, old.length * 2));
      this.#bytes.set(old);
      this.#view = new DataView(this.#bytes.buffer);
    }
    this.#size = Math.max(this.#size, end);
    return this.#view;
  }

  u8(n: number): this {
    const at = this.#size;
    this.#room(at + 1).setUint8(at, n);
    return this;
  }

  u16(n: number): this {
    const at = this.#size;
    this.#room(at + 2).setUint16(at, n, this.littleEndian);
    return this;
  }

  u32(n: number): this {
    const at = this.#size;
    this.#room(at + 4).setUint32(at, n, this.littleEndian);
    return this;
  }

  u64(n: number | bigint): this {
    const at = this.#size;
    this.#room(at + 8).setBigUint64(at, BigInt.asUintN(64, BigInt(n)), this.littleEndian);
    return this;
  }

  bytes(part: Uint8Array): this {
    const at = this.#size;
    this.#room(at + part.length);
    this.#bytes.set(part, at);
    return this;
  }

  /** Latin-1 text, cut or zero-filled to `size` bytes when that is given. */
  text(text: string, size = text.length): this {
    const part = new Uint8Array(size);
    for (let i = 0; i < Math.min(size, text.length); i++) part[i] = text.charCodeAt(i);
    return this.bytes(part);
  }

  /** Zeros up to offset `at`. */
  padTo(at: number): this {
    if (at < this.#size) throw new Error(`already at ${this.#size}, beyond ${at}`);
    this.#room(at);
    return this;
  }

  /** Zeros up to the next multiple of `n`. */
  align(n: number): this {
    return this.padTo(Math.ceil(this.#size / n) * n);
  }

  done(): Uint8Array {
    return this.#bytes.slice(0, this.#size);
  }
}

/** Random numbers that are the same in every run: `next(n)` is below `n`. */
export function seededRandom(seed: number): (n: number) => number {
  let state = (seed * 2654435761 + 1) >>> 0;
  return (n) => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    state >>>= 0;
    return state % n;
  };
}
