import { deflateSync, zstdCompressSync } from 'node:zlib';
import { ByteWriter } from './byte-writer.ts';

/** The bit of a page descriptor that says how a page is compressed, and its compressed bytes. */
export type PageCompressor = (page: Uint8Array) => { readonly flag: number; readonly data: Uint8Array };

/** What dump writers know, by name. */
export const pageCompressors: Readonly<Record<'none' | 'zlib' | 'lzo' | 'snappy' | 'zstd', PageCompressor>> = {
  none: (page) => ({ flag: 0, data: page }),
  zlib: (page) => ({ flag: 1, data: new Uint8Array(deflateSync(page, { level: 1 })) }),
  lzo: (page) => ({ flag: 2, data: encodeLzo(page) }),
  snappy: (page) => ({ flag: 4, data: encodeSnappy(page) }),
  zstd: (page) => ({ flag: 32, data: new Uint8Array(zstdCompressSync(page)) }),
};

interface Match {
  /** Literals before it. */
  readonly from: number;
  readonly at: number;
  readonly length: number;
  readonly distance: number;
}

/** Greedy matches of at least `least` bytes. */
function findMatches(page: Uint8Array, least: number): Match[] {
  const seen = new Map<number, number>();
  const out: Match[] = [];
  let from = 0;
  for (let at = 0; at + least <= page.length; ) {
    const key = ((page[at] as number) << 16) | ((page[at + 1] as number) << 8) | (page[at + 2] as number);
    const earlier = seen.get(key);
    seen.set(key, at);
    let length = 0;
    if (earlier !== undefined && at - earlier < 0xbfff) {
      while (at + length < page.length && page[earlier + length] === page[at + length]) length++;
    }
    if (earlier === undefined || length < least) {
      at++;
      continue;
    }
    out.push({ from, at, length, distance: at - earlier });
    at += length;
    from = at;
  }
  return out;
}

/** An LZO1X block with every kind of instruction but the two-byte match. */
export function encodeLzo(page: Uint8Array): Uint8Array {
  const w = new ByteWriter();
  const more = (n: number): void => {
    let left = n;
    for (; left > 255; left -= 255) w.u8(0);
    w.u8(left);
  };
  let state = 0;
  const literals = (from: number, to: number, first: boolean): void => {
    const n = to - from;
    if (n > 3 || (first && n > 0)) {
      if (first && n <= 238) w.u8(17 + n);
      else if (n <= 18) w.u8(n - 3);
      else {
        w.u8(0);
        more(n - 18);
      }
      state = first && n < 4 ? n : 4;
    }
    w.bytes(page.subarray(from, to));
  };
  const matches = findMatches(page, 3);
  const firstEnd = matches[0]?.at ?? page.length;
  if (firstEnd > 0) literals(0, firstEnd, true);
  for (const [i, { at, length, distance }] of matches.entries()) {
    const end = at + length;
    const next = matches[i + 1]?.at ?? page.length;
    const tail = next - end > 3 ? 0 : next - end;
    if (state === 4 && length === 3 && distance > 2048 && distance <= 3072) {
      w.u8((((distance - 2049) & 3) << 2) | tail).u8((distance - 2049) >> 2);
    } else if (length <= 8 && distance <= 2048) {
      w.u8(((length - 1) << 5) | (((distance - 1) & 7) << 2) | tail).u8((distance - 1) >> 3);
    } else if (distance <= 16384) {
      w.u8(length <= 33 ? 30 + length : 32);
      if (length > 33) more(length - 33);
      w.u16(((distance - 1) << 2) | tail);
    } else {
      const far = distance - 16384;
      const high = far >> 14 ? 24 : 16;
      w.u8(length <= 9 ? high + length - 2 : high);
      if (length > 9) more(length - 9);
      w.u16(((far & 0x3fff) << 2) | tail);
    }
    state = tail;
    literals(end, next, false);
  }
  return w.u8(17).u8(0).u8(0).done();
}

/** A raw snappy block with every kind of element. */
export function encodeSnappy(page: Uint8Array): Uint8Array {
  const w = new ByteWriter();
  let size = page.length;
  for (; size > 127; size = Math.floor(size / 128)) w.u8((size % 128) + 128);
  w.u8(size);
  const literals = (from: number, to: number): void => {
    const n = to - from - 1;
    if (n < 0) return;
    if (n < 60) w.u8(n << 2);
    else if (n < 256) w.u8(60 << 2).u8(n);
    else w.u8(61 << 2).u16(n);
    w.bytes(page.subarray(from, to));
  };
  let done = 0;
  let turn = 0;
  for (const { from, at, length, distance } of findMatches(page, 4)) {
    literals(from, at);
    for (let left = length; left > 0; ) {
      const n = Math.min(left, 64);
      if (n >= 4 && n <= 11 && distance < 2048) w.u8(((distance >> 8) << 5) | ((n - 4) << 2) | 1).u8(distance & 255);
      else if (turn++ % 5 === 4) w.u8(((n - 1) << 2) | 3).u32(distance);
      else w.u8(((n - 1) << 2) | 2).u16(distance);
      left -= n;
    }
    done = at + length;
  }
  literals(done, page.length);
  return w.done();
}
