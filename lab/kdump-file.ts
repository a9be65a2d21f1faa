import { readSync } from 'node:fs';
import { inflateSync } from 'node:zlib';

/** Source: makedumpfile's IMPLEMENTATION file and the layout of its 64-bit headers. */
const KDUMP = 'KDUMP   ';
const AT_STATUS = 0x1a8;
const AT_BLOCK_SIZE = 0x1ac;
const ZLIB_PAGE = 1;
export const SNAPPY_PAGE = 4;

/** The few header fields the transcoder wants. */
export interface KdumpHeader {
  readonly blockSize: number;
  readonly subBlocks: number;
  readonly bitmapBlocks: number;
}

export function readAt(fd: number, offset: number, size: number): Buffer {
  const into = Buffer.alloc(size);
  let done = 0;
  while (done < size) {
    const n = readSync(fd, into, done, size - done, offset + done);
    if (n === 0) throw new Error(`short read: ${size} bytes at ${offset}`);
    done += n;
  }
  return into;
}

export function readHeader(fd: number): KdumpHeader {
  const head = readAt(fd, 0, 0x1c0);
  if (head.toString('latin1', 0, 8) !== KDUMP) throw new Error('not a kdump-compressed file');
  return {
    blockSize: head.readInt32LE(AT_BLOCK_SIZE),
    subBlocks: head.readInt32LE(AT_BLOCK_SIZE + 4),
    bitmapBlocks: head.readUInt32LE(AT_BLOCK_SIZE + 8),
  };
}

/** Byte offset of the first page descriptor. */
export function descriptorsAt(h: KdumpHeader): number {
  return (1 + h.subBlocks + h.bitmapBlocks) * h.blockSize;
}

/** How many pages are in the file: the bits of the second bitmap. */
export function countPages(fd: number, h: KdumpHeader): number {
  const bytes = (h.bitmapBlocks * h.blockSize) / 2;
  let count = 0;
  for (const byte of readAt(fd, (1 + h.subBlocks) * h.blockSize + bytes, bytes))
    for (let b = byte; b; b &= b - 1) count += 1;
  return count;
}

export interface PageDescriptor {
  readonly offset: number;
  readonly size: number;
  readonly flags: number;
}

export function readDescriptor(fd: number, h: KdumpHeader, index: number): PageDescriptor {
  const d = readAt(fd, descriptorsAt(h) + 24 * index, 24);
  return { offset: Number(d.readBigInt64LE(0)), size: d.readUInt32LE(8), flags: d.readUInt32LE(12) };
}

export function descriptorBytes(d: PageDescriptor): Buffer {
  const out = Buffer.alloc(24);
  out.writeBigInt64LE(BigInt(d.offset), 0);
  out.writeUInt32LE(d.size, 8);
  out.writeUInt32LE(d.flags, 12);
  return out;
}

/** A page's plain bytes; zlib or uncompressed only. */
export function readPage(fd: number, d: PageDescriptor): Buffer {
  const raw = readAt(fd, d.offset, d.size);
  if (d.flags & ~ZLIB_PAGE) throw new Error(`page compressed with method ${d.flags}`);
  return d.flags & ZLIB_PAGE ? inflateSync(raw) : raw;
}

/** Sets the status word's compression flag (one of the page flags). */
export function writeCompression(header: Buffer, flag: number): void {
  header.writeUInt32LE(((header.readUInt32LE(AT_STATUS) & ~0x27) | flag) >>> 0, AT_STATUS);
}
