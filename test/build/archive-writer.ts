import { Buffer } from 'node:buffer';
import { crc32, deflateRawSync } from 'node:zlib';

/** A tar archive of POSIX. */
export function writeTar(files: Readonly<Record<string, Uint8Array>>): Uint8Array {
  const parts: Uint8Array[] = [];
  for (const [name, data] of Object.entries(files)) {
    const header = Buffer.alloc(512);
    header.write(name, 0, 100);
    header.write('0000644\x000000000\x000000000\0', 100);
    header.write(`${data.length.toString(8).padStart(11, '0')} `, 124);
    header.write('00000000000 ', 136);
    header.write('        0', 148);
    header.write('ustar\x0000', 257);
    const sum = header.reduce((total, b) => total + b, 0);
    header.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148);
    parts.push(header, data, Buffer.alloc(-data.length & 511));
  }
  return Buffer.concat([...parts, Buffer.alloc(1024)]);
}

/** A zip archive; `deflate` packs its files. */
export function writeZip(files: Readonly<Record<string, Uint8Array>>, deflate: boolean): Uint8Array {
  const parts: Uint8Array[] = [];
  const entries: Uint8Array[] = [];
  let at = 0;
  for (const [name, data] of Object.entries(files)) {
    const body = deflate ? deflateRawSync(data) : data;
    const common = Buffer.alloc(26);
    common.writeUInt16LE(20, 0);
    common.writeUInt16LE(deflate ? 8 : 0, 4);
    common.writeUInt32LE(crc32(data), 10);
    common.writeUInt32LE(body.length, 14);
    common.writeUInt32LE(data.length, 18);
    common.writeUInt16LE(name.length, 22);
    const local = Buffer.concat([Buffer.from('PK\x03\x04'), common, Buffer.from(name)]);
    const entry = Buffer.alloc(14);
    entry.writeUInt32LE(at, 10);
    entries.push(Buffer.concat([Buffer.from('PK\x01\x02\x14\0', 'latin1'), common, entry, Buffer.from(name)]));
    parts.push(local, body);
    at += local.length + body.length;
  }
  const directory = Buffer.concat(entries);
  const end = Buffer.alloc(22);
  end.write('PK\x05\x06', 'latin1');
  end.writeUInt16LE(entries.length, 8);
  end.writeUInt16LE(entries.length, 10);
  end.writeUInt32LE(directory.length, 12);
  end.writeUInt32LE(at, 16);
  return Buffer.concat([...parts, directory, end]);
}

/** An .xz file of blocks whose data is stored: LZMA2 chunks without compression, CRC-32 as the check. */
export function writeXz(data: Uint8Array, blockSize: number): Uint8Array {
  const flags = Buffer.from([0, 1]);
  const parts: Uint8Array[] = [Buffer.from('\xfd7zXZ\0', 'latin1'), flags, u32(crc32(flags))];
  const records: number[] = [];
  for (let at = 0; at < data.length; at += blockSize) {
    const content = data.subarray(at, at + blockSize);
    const header = Buffer.from([2, 0, 0x21, 1, 8, 0, 0, 0]);
    const chunks: Uint8Array[] = [];
    for (let from = 0; from < content.length; from += 0x10000) {
      const chunk = content.subarray(from, from + 0x10000);
      chunks.push(Buffer.from([from === 0 ? 1 : 2, (chunk.length - 1) >> 8, (chunk.length - 1) & 0xff]), chunk);
    }
    const body = Buffer.concat([header, u32(crc32(header)), ...chunks, Buffer.from([0])]);
    parts.push(body, Buffer.alloc(-body.length & 3), u32(crc32(content)));
    records.push(body.length + 4, content.length);
  }
  const numbers = Buffer.from([0, ...[records.length / 2, ...records].flatMap(variable)]);
  const index = Buffer.concat([numbers, Buffer.alloc(-numbers.length & 3)]);
  const tail = Buffer.concat([u32((index.length + 4) / 4 - 1), flags]);
  return Buffer.concat([...parts, index, u32(crc32(index)), u32(crc32(tail)), tail, Buffer.from('YZ')]);
}

function u32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value >>> 0);
  return bytes;
}

function variable(value: number): number[] {
  const bytes: number[] = [];
  let rest = value;
  for (; rest >= 0x80; rest = Math.floor(rest / 0x80)) bytes.push((rest % 0x80) | 0x80);
  return [...bytes, rest];
}

/** An .lz4 file with blocks of 64 KiB; `linked` blocks may match into the block before. */
export function writeLz4(data: Uint8Array, linked: boolean): Uint8Array {
  const parts: Uint8Array[] = [u32(0x184d2204), Buffer.from([linked ? 0x40 : 0x60, 0x40, 0])];
  for (let at = 0; at < data.length; at += 0x10000) {
    const packed = lz4Block(data, at, Math.min(data.length, at + 0x10000), linked);
    const stored = packed.length >= 0x10000;
    const body = stored ? data.subarray(at, at + 0x10000) : packed;
    parts.push(u32(stored ? body.length + 0x80000000 : body.length), body);
  }
  return Buffer.concat([...parts, u32(0)]);
}

/** Greedy matches of repeats at the distances that are tried. */
function lz4Block(data: Uint8Array, from: number, to: number, linked: boolean): Uint8Array {
  const out: number[] = [];
  const lowest = linked ? Math.max(0, from - 0xffff) : from;
  const seen = new Map<number, number>();
  const key = (i: number): number =>
    ((data[i] as number) << 24) |
    ((data[i + 1] as number) << 16) |
    ((data[i + 2] as number) << 8) |
    (data[i + 3] as number);
  if (linked) for (let i = lowest; i < from - 4; i++) seen.set(key(i), i);
  let literal = from;
  for (let i = from; i + 12 < to; ) {
    const k = key(i);
    const earlier = seen.get(k);
    seen.set(k, i);
    if (earlier === undefined || i - earlier > 0xffff) {
      i++;
      continue;
    }
    let length = 4;
    while (i + length < to - 5 && data[earlier + length] === data[i + length]) length++;
    sequence(out, data.subarray(literal, i), i - earlier, length);
    i += length;
    literal = i;
  }
  sequence(out, data.subarray(literal, to));
  return Uint8Array.from(out);
}

function sequence(out: number[], literals: Uint8Array, distance?: number, length = 4): void {
  const more = (n: number): void => {
    let left = n - 15;
    for (; left >= 255; left -= 255) out.push(255);
    out.push(left);
  };
  out.push((Math.min(15, literals.length) << 4) | (distance === undefined ? 0 : Math.min(15, length - 4)));
  if (literals.length >= 15) more(literals.length);
  for (const b of literals) out.push(b);
  if (distance === undefined) return;
  out.push(distance & 0xff, distance >> 8);
  if (length - 4 >= 15) more(length - 4);
}
