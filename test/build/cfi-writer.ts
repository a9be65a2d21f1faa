/** Bytes written one after the other, little endian. */
export class DwarfBytes {
  readonly bytes: number[] = [];

  u8(...values: number[]): this {
    for (const v of values) this.bytes.push(v & 0xff);
    return this;
  }

  u16(value: number): this {
    return this.u8(value, value >> 8);
  }

  u32(value: number): this {
    return this.u16(value & 0xffff).u16(value >>> 16);
  }

  u64(value: bigint): this {
    return this.u32(Number(value & 0xffffffffn)).u32(Number((value >> 32n) & 0xffffffffn));
  }

  uleb(value: number): this {
    let left = value;
    while (left >= 0x80) {
      this.u8((left % 0x80) | 0x80);
      left = Math.floor(left / 0x80);
    }
    return this.u8(left);
  }

  sleb(value: number): this {
    let left = value;
    for (;;) {
      const low = left & 0x7f;
      left >>= 7;
      if ((left === 0 && (low & 0x40) === 0) || (left === -1 && (low & 0x40) !== 0)) return this.u8(low);
      this.u8(low | 0x80);
    }
  }

  text(value: string): this {
    for (const c of value) this.u8(c.charCodeAt(0));
    return this.u8(0);
  }

  append(bytes: Iterable<number>): this {
    for (const b of bytes) this.bytes.push(b);
    return this;
  }

  block(bytes: readonly number[]): this {
    return this.uleb(bytes.length).append(bytes);
  }

  done(): Uint8Array<ArrayBuffer> {
    return Uint8Array.from(this.bytes);
  }
}

/** A function's entry: where it is and its call frame instructions. */
export interface WrittenFde {
  readonly start: bigint;
  readonly size: number;
  readonly code: readonly number[];
}

/** A `.debug_frame` with one CIE: code alignment 1, data alignment -8, return address in `ra`. */
export function debugFrame(ra: number, initial: readonly number[], entries: readonly WrittenFde[]): Uint8Array {
  const out = new DwarfBytes();
  const cie = new DwarfBytes().u32(0xffffffff).u8(4).text('').u8(8, 0).uleb(1).sleb(-8).uleb(ra).append(initial);
  while (cie.bytes.length % 8 !== 4) cie.u8(0);
  out.u32(cie.bytes.length).append(cie.bytes);
  for (const { start, size, code } of entries) {
    const fde = new DwarfBytes().u32(0).u64(start).u64(BigInt(size)).append(code);
    while (fde.bytes.length % 8 !== 4) fde.u8(0);
    out.u32(fde.bytes.length).append(fde.bytes);
  }
  return out.done();
}

/** A `.eh_frame` at `address` with pc-relative 32-bit pointers, augmentation `zRS`, ended by a zero length. */
export function ehFrame(
  address: bigint,
  ra: number,
  initial: readonly number[],
  entries: readonly WrittenFde[],
): Uint8Array {
  const out = new DwarfBytes();
  const cie = new DwarfBytes().u32(0).u8(1).text('zRS').uleb(1).sleb(-8).u8(ra).uleb(1).u8(0x1b).append(initial);
  while (cie.bytes.length % 4 !== 0) cie.u8(0);
  out.u32(cie.bytes.length).append(cie.bytes);
  for (const { start, size, code } of entries) {
    const at = out.bytes.length;
    const pointerAt = address + BigInt(at + 8);
    const fde = new DwarfBytes()
      .u32(at + 4)
      .u32(Number(BigInt.asUintN(32, start - pointerAt)))
      .u32(size);
    fde.uleb(0).append(code);
    while (fde.bytes.length % 4 !== 0) fde.u8(0);
    out.u32(fde.bytes.length).append(fde.bytes);
  }
  return out.u32(0).done();
}
