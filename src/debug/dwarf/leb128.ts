/** Reads LEB128 numbers. Bytes beyond the end read as the last of a number; whoever reads checks the end. */
export class Leb128 {
  /** Position after the number that was read last. */
  at = 0;

  /** Unsigned; exact up to 2^53, and a number that is longer than 64 bits keeps its low bits. */
  unsigned(bytes: Uint8Array, from: number): number {
    let at = from;
    let byte = bytes[at++] as number;
    let value = byte & 0x7f;
    if (byte >= 0x80) {
      byte = bytes[at++] as number;
      value |= (byte & 0x7f) << 7;
      for (let scale = 0x4000; byte >= 0x80; scale *= 128) {
        byte = bytes[at++] as number;
        if (scale < 2 ** 63) value += (byte & 0x7f) * scale;
      }
    }
    this.at = at;
    return value;
  }

  /** Signed; exact within 2^53. */
  signed(bytes: Uint8Array, from: number): number {
    let at = from;
    let value = 0;
    let scale = 1;
    let byte: number;
    do {
      byte = bytes[at++] as number;
      if (scale < 2 ** 63) value += (byte & 0x7f) * scale;
      if (scale < 2 ** 70) scale *= 128;
    } while (byte >= 0x80);
    this.at = at;
    return (byte & 0x40) !== 0 && scale <= 2 ** 63 ? value - scale : value;
  }

  /** All 64 bits; unsigned or signed. */
  big(bytes: Uint8Array, from: number, signed: boolean): bigint {
    let at = from;
    let value = 0n;
    let shift = 0n;
    let byte: number;
    do {
      byte = bytes[at++] as number;
      if (shift < 70n) value |= BigInt(byte & 0x7f) << shift;
      if (shift < 77n) shift += 7n;
    } while (byte >= 0x80);
    this.at = at;
    if (signed && (byte & 0x40) !== 0 && shift <= 70n) value -= 1n << shift;
    return signed ? BigInt.asIntN(64, value) : BigInt.asUintN(64, value);
  }
}
