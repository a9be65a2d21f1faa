import assert from 'node:assert/strict';
import { test } from 'node:test';
import { writeKdump } from '../../test/build/kdump-writer.ts';
import { pageCompressors } from '../../test/build/page-compressors.ts';
import { bytesSource } from '../base/byte-source.ts';
import { nodeCodecs } from '../node/codecs.ts';
import type { DumpImage } from '../program/ports.ts';
import { kdump } from './kdump.ts';

const PAGE = 4096;
const LINEAR = 0xffff9cc0c0000000n;
const FIRST = 0x100;
const COUNT = 300;

const isZero = (n: number): boolean => n % 40 === 7 || (n > 200 && n < 210);
/** Memory of users has no pointers of the kernel. */
const isUser = (n: number): boolean => n % 40 === 25;

/** A page with the head of an empty list in it; its text makes it unlike others. */
function pageOf(n: number, pretends = n): Uint8Array {
  const bytes = new Uint8Array(PAGE);
  if (isZero(n)) return bytes;
  const view = new DataView(bytes.buffer);
  for (let i = 0; i < 40; i++) view.setUint32(1024 + i * 4, n * 7919 + i * i, true);
  // Some cannot be compressed.
  let random = n + 1;
  for (let i = 2048; n % 50 < 3 && i < PAGE; i++) {
    random = (Math.imul(random, 1664525) + 1013904223) >>> 0;
    bytes[i] = random >>> 24;
  }
  if (isUser(n)) return bytes;
  const at = LINEAR + BigInt((FIRST + pretends) * PAGE);
  for (const place of [0x40, 0x80, 0x3f0]) {
    view.setBigUint64(place, at + BigInt(place), true);
    view.setBigUint64(place + 8, at + BigInt(place), true);
  }
  return bytes;
}

function cutImage(pages: ReadonlyMap<number, Uint8Array>, known: number, compressor = pageCompressors.zlib): DumpImage {
  const bytes = writeKdump({ pages, maxPfn: FIRST + COUNT, zerosFirst: true, compressor });
  const view = new DataView(bytes.buffer, bytes.byteOffset);
  const descriptors = (1 + view.getUint32(432, true) + view.getUint32(436, true)) * PAGE;
  bytes.fill(0, descriptors + known * 24, descriptors + pages.size * 24);
  return kdump.open(bytesSource('vmcore', bytes), nodeCodecs(), []);
}

function counts(image: DumpImage, pages: ReadonlyMap<number, Uint8Array>): { readonly right: number } {
  let right = 0;
  for (const [pfn, page] of pages) {
    const found = image.memory.chunk(pfn * PAGE);
    if (typeof found === 'string') continue;
    assert.deepEqual(found.bytes, page, `page frame ${pfn}`);
    right++;
  }
  return { right };
}

const PAGES = new Map(Array.from({ length: COUNT }, (_, n) => [FIRST + n, pageOf(n)] as const));

for (const name of ['zlib', 'lzo', 'snappy', 'zstd', 'none'] as const) {
  test(`descriptors that are lost: pages are placed by their data, ${name}`, () => {
    const { right } = counts(cutImage(PAGES, 0, pageCompressors[name]), PAGES);
    assert.ok(right > COUNT - 25, `${right} of ${COUNT}`);
  });
}

test('descriptors that end early: what follows goes on where they end', () => {
  const { right } = counts(cutImage(PAGES, 120), PAGES);
  assert.ok(right > COUNT - 20, `${right} of ${COUNT}`);
});

test('a copy of a page is not taken for the page', () => {
  const pages = new Map(PAGES);
  for (const n of [60, 61, 130]) pages.set(FIRST + n, pageOf(n, n - 30));
  const { right } = counts(cutImage(pages, 0), pages);
  assert.ok(right > COUNT - 25, `${right} of ${COUNT}`);
});

test('pages that nothing places are not given an address, but can be searched', () => {
  const pages = new Map([...PAGES].map(([pfn, page]) => [pfn, page.map((b, i) => (i < 1024 ? 0 : b))] as const));
  const image = cutImage(pages, 0);
  assert.equal(counts(image, pages).right, 0);
  assert.equal(image.memory.chunk(FIRST * PAGE), 'truncated');
  const [range] = image.memory.unplaced?.() ?? [];
  const kept = [...pages.values()].filter((p) => p.some((b) => b !== 0));
  assert.equal(range && (range.end - range.start) / PAGE, kept.length);
  const third = image.memory.chunk((range?.start ?? 0) + 2 * PAGE);
  assert.deepEqual(typeof third === 'object' && third.bytes, kept[2]);
  assert.equal(image.memory.chunk(range?.end ?? 0), 'not-in-dump');
});
