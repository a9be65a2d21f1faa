/** UTF-16, as some editors save a log, to UTF-8, in chunks. */
export class Utf16Decoder {
  readonly #littleEndian: boolean;
  #odd = -1;
  #high = 0;

  constructor(littleEndian: boolean) {
    this.#littleEndian = littleEndian;
  }

  decode(chunk: Uint8Array): Uint8Array {
    const out = new Uint8Array((chunk.length + 1) * 2 + 4);
    let size = 0;
    for (const byte of chunk) {
      if (this.#odd < 0) {
        this.#odd = byte;
        continue;
      }
      const unit = this.#littleEndian ? this.#odd | (byte << 8) : (this.#odd << 8) | byte;
      this.#odd = -1;
      size = this.#unit(unit, out, size);
    }
    return out.subarray(0, size);
  }

  #unit(unit: number, out: Uint8Array, size: number): number {
    const high = this.#high;
    this.#high = 0;
    if (unit >= 0xd800 && unit < 0xdc00) {
      this.#high = unit;
      return size;
    }
    const low = unit >= 0xdc00 && unit < 0xe000;
    if (low && high === 0) return putUtf8(0xfffd, out, size);
    return putUtf8(low ? 0x10000 + ((high - 0xd800) << 10) + (unit - 0xdc00) : unit, out, size);
  }
}

/** The byte order that a mark at the start tells; undefined for anything but UTF-16. */
export function utf16Order(start: Uint8Array): 'little' | 'big' | undefined {
  if (start[0] === 0xff && start[1] === 0xfe) return 'little';
  return start[0] === 0xfe && start[1] === 0xff ? 'big' : undefined;
}

function putUtf8(code: number, out: Uint8Array, size: number): number {
  let at = size;
  if (code < 0x80) out[at++] = code;
  else if (code < 0x800) {
    out[at++] = 0xc0 | (code >> 6);
    out[at++] = 0x80 | (code & 0x3f);
  } else if (code < 0x10000) {
    out[at++] = 0xe0 | (code >> 12);
    out[at++] = 0x80 | ((code >> 6) & 0x3f);
    out[at++] = 0x80 | (code & 0x3f);
  } else {
    out[at++] = 0xf0 | (code >> 18);
    out[at++] = 0x80 | ((code >> 12) & 0x3f);
    out[at++] = 0x80 | ((code >> 6) & 0x3f);
    out[at++] = 0x80 | (code & 0x3f);
  }
  return at;
}
