import { Utf16Decoder, utf16Order } from './utf16.ts';

/** Takes byte order marks off and turns UTF-16 into UTF-8; everything else passes as it is. */
export class TextStart {
  #start: Uint8Array | undefined = new Uint8Array(0);
  #utf16: Utf16Decoder | undefined;

  /** The bytes as UTF-8 or whatever ASCII-like they are; may be empty until three bytes are there. */
  push(chunk: Uint8Array): Uint8Array {
    if (!this.#start) return this.#utf16 ? this.#utf16.decode(chunk) : chunk;
    const start = new Uint8Array(this.#start.length + chunk.length);
    start.set(this.#start);
    start.set(chunk, this.#start.length);
    if (start.length < 3) {
      this.#start = start;
      return new Uint8Array(0);
    }
    return this.#first(start);
  }

  /** What was kept back. */
  end(): Uint8Array {
    return this.#start ? this.#first(this.#start) : new Uint8Array(0);
  }

  #first(bytes: Uint8Array): Uint8Array {
    this.#start = undefined;
    const order = utf16Order(bytes);
    if (order) {
      this.#utf16 = new Utf16Decoder(order === 'little');
      return this.#utf16.decode(bytes.subarray(2));
    }
    return bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf ? bytes.subarray(3) : bytes;
  }
}
