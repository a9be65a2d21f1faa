import { Cursor } from '../../base/cursor.ts';

/** Bytes of a LEB128 number at most: 64 bits in groups of seven, and as many of padding. */
const MAX_LEB = 20;

/** A cursor over DWARF data: with variable-length numbers (DWARF 5, 7.6) and signed fields. */
export class LebCursor extends Cursor {
  /** An unsigned LEB128 number modulo 2^64. */
  uleb(): bigint {
    const first = this.u8();
    if (first < 0x80) return BigInt(first);
    let value = BigInt(first & 0x7f);
    for (let i = 1; i < MAX_LEB; i++) {
      const byte = this.u8();
      if (i < 10) value |= BigInt(byte & 0x7f) << BigInt(7 * i);
      if (byte < 0x80) return BigInt.asUintN(64, value);
    }
    throw this.bad(`LEB128 number of more than ${MAX_LEB} bytes`);
  }

  /** A signed LEB128 number. */
  sleb(): bigint {
    let value = 0n;
    for (let i = 0; i < MAX_LEB; i++) {
      const byte = this.u8();
      if (i < 10) value |= BigInt(byte & 0x7f) << BigInt(7 * i);
      if (byte < 0x80) return BigInt.asIntN(64, byte & 0x40 && i < 9 ? value - (1n << BigInt(7 * (i + 1))) : value);
    }
    throw this.bad(`LEB128 number of more than ${MAX_LEB} bytes`);
  }

  /** An unsigned LEB128 number that counts something: exact, or an error. */
  count(what: string): number {
    const n = Number(this.uleb());
    if (!Number.isSafeInteger(n)) throw this.bad(`${what} ${n} exceeds 2^53`);
    return n;
  }

  /** A signed LEB128 number that is an offset: exact, or an error. */
  offset(what: string): number {
    const n = Number(this.sleb());
    if (!Number.isSafeInteger(n)) throw this.bad(`${what} ${n} exceeds 2^53`);
    return n;
  }

  /** An unsigned number of 1, 2, 4 or 8 bytes. */
  unsigned(size: number): bigint {
    if (size === 8) return this.u64();
    if (size === 4) return BigInt(this.u32());
    if (size === 2) return BigInt(this.u16());
    if (size === 1) return BigInt(this.u8());
    throw this.bad(`number of ${size} bytes`);
  }

  /** A signed number of 1, 2, 4 or 8 bytes. */
  signed(size: number): bigint {
    return BigInt.asIntN(size * 8, this.unsigned(size));
  }

  /** The bytes that a LEB128 length in front counts. */
  block(): Uint8Array {
    return this.take(this.count('block length'));
  }
}
