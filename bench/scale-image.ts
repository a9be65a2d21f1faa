import { closeSync, openSync, writeSync } from 'node:fs';
import { deflateSync } from 'node:zlib';
import type { DumpImage } from '../src/program/ports.ts';

const PAGE = 4096;
const DESCRIPTOR = 24;
/** Descriptors written at a time. */
const BATCH = 65536;

interface Place {
  readonly offset: number;
  readonly size: number;
  readonly flags: number;
}

/**
 * Writes a kdump file of a machine with `bytes` of memory: the pages of a real dump where they were, and behind them memory of
 * which one page in fifty is in the dump, as a filter of level 31 leaves of a large machine. Bitmaps and descriptors have their
 * real sizes; what the further descriptors point at is one page of zeros.
 */
export function writeScaleImage(path: string, image: DumpImage, bytes: number): void {
  const pages = pagesOf(image);
  let lastReal = 0;
  for (const pfn of pages.keys()) lastReal = Math.max(lastReal, pfn);
  const maxPfn = Math.max(bytes / PAGE, lastReal + 1);
  const half = Math.ceil(maxPfn / 8 / PAGE) * PAGE;
  const inMemory = new Uint8Array(half).fill(0xff, 0, maxPfn >> 3);
  const dumped = new Uint8Array(half);
  for (const pfn of pages.keys()) dumped[pfn >> 3] = (dumped[pfn >> 3] as number) | (1 << (pfn & 7));
  for (let at = (lastReal >> 3) + 50; at < maxPfn >> 3; at += 50) dumped[at] = 0xff;
  const more = dumped.reduce((sum, b, at) => sum + (at > lastReal >> 3 && b === 0xff ? 8 : 0), 0);

  const info = Buffer.from(image.vmcoreinfo ?? '');
  const subBlocks = Math.ceil((104 + info.length) / PAGE);
  const bitmapAt = (1 + subBlocks) * PAGE;
  const descriptorsAt = bitmapAt + 2 * half;
  const dataAt = descriptorsAt + (pages.size + more) * DESCRIPTOR;
  const fd = openSync(path, 'w');
  try {
    writeSync(fd, header(image, subBlocks, (2 * half) / PAGE), 0, PAGE, 0);
    writeSync(fd, subHeader(maxPfn, info), 0, undefined, PAGE);
    writeSync(fd, inMemory, 0, half, bitmapAt);
    writeSync(fd, dumped, 0, half, bitmapAt + half);
    writePages(
      fd,
      [...pages].sort((a, b) => a[0] - b[0]),
      more,
      descriptorsAt,
      dataAt,
    );
  } finally {
    closeSync(fd);
  }
}

function pagesOf(image: DumpImage): Map<number, Uint8Array> {
  const pages = new Map<number, Uint8Array>();
  for (const { start, end } of image.memory.ranges()) {
    for (let at = start; at < end; at += PAGE) {
      const page = new Uint8Array(PAGE);
      if (image.memory.read(at, page) === undefined) pages.set(at / PAGE, page);
    }
  }
  return pages;
}

function header(image: DumpImage, subBlocks: number, bitmapBlocks: number): Buffer {
  const block = Buffer.alloc(PAGE);
  block.write('KDUMP   ');
  block.writeInt32LE(6, 8);
  const names = ['sysname', 'nodename', 'release', 'version', 'machine', 'domainname'] as const;
  names.forEach((name, i) => {
    block.write(image.header.utsname?.[name] ?? '', 12 + 65 * i);
  });
  for (const [i, word] of [1, PAGE, subBlocks, bitmapBlocks].entries()) block.writeUInt32LE(word, 424 + 4 * i);
  return block;
}

function subHeader(maxPfn: number, info: Buffer): Buffer {
  const sub = Buffer.alloc(104);
  sub.writeUInt32LE(31, 8);
  sub.writeBigUInt64LE(BigInt(PAGE + 104), 32);
  sub.writeBigUInt64LE(BigInt(info.length), 40);
  sub.writeBigUInt64LE(BigInt(maxPfn), 96);
  return Buffer.concat([sub, info]);
}

/** Descriptors of the real pages and of `more` pages of zeros, and the data. */
function writePages(
  fd: number,
  pages: readonly (readonly [number, Uint8Array])[],
  more: number,
  descriptorsAt: number,
  dataAt: number,
): void {
  const zero = deflateSync(new Uint8Array(PAGE));
  writeSync(fd, zero, 0, zero.length, dataAt);
  const zeroPlace: Place = { offset: dataAt, size: zero.length, flags: 1 };
  let next = dataAt + zero.length;
  let at = descriptorsAt;
  let batch: Place[] = [];
  const flush = (): void => {
    const bytes = Buffer.alloc(batch.length * DESCRIPTOR);
    for (const [i, place] of batch.entries()) {
      bytes.writeBigUInt64LE(BigInt(place.offset), i * DESCRIPTOR);
      bytes.writeUInt32LE(place.size, i * DESCRIPTOR + 8);
      bytes.writeUInt32LE(place.flags, i * DESCRIPTOR + 12);
    }
    at += writeSync(fd, bytes, 0, bytes.length, at);
    batch = [];
  };
  const add = (place: Place): void => {
    if (batch.push(place) >= BATCH) flush();
  };
  for (const [, page] of pages) {
    const packed = deflateSync(page, { level: 1 });
    const [data, flags] = packed.length < PAGE ? [packed, 1] : [page, 0];
    next += writeSync(fd, data, 0, data.length, next);
    add({ offset: next - data.length, size: data.length, flags });
  }
  for (let i = 0; i < more; i++) add(zeroPlace);
  flush();
}
