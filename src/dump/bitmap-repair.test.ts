import assert from 'node:assert/strict';
import { test } from 'node:test';
import { writeKdump } from '../../test/build/kdump-writer.ts';
import { bytesSource } from '../base/byte-source.ts';
import { nodeCodecs } from '../node/codecs.ts';
import { kdump } from './kdump.ts';

const PAGE = 4096;
const LINEAR = 0xffff9cc0c0000000n;
const FIRST = 0x200;
const COUNT = 900;

/** A page that is used at its place in the linear map, and unlike all others. */
function pageOf(pfn: number, anchor: boolean): Uint8Array {
  const bytes = new Uint8Array(PAGE);
  const view = new DataView(bytes.buffer);
  for (let i = 0; i < 40; i++) view.setUint32(1024 + i * 4, pfn * 7919 + i * i, true);
  if (!anchor) return bytes;
  const at = LINEAR + BigInt(pfn * PAGE) + 0x40n;
  view.setBigUint64(0x40, at, true);
  view.setBigUint64(0x48, at, true);
  return bytes;
}

type Pages = Map<number, Uint8Array | 'excluded'>;

function pagesWith(isExcluded: (n: number) => boolean): Pages {
  const one = (n: number): Uint8Array | 'excluded' => (isExcluded(n) ? 'excluded' : pageOf(FIRST + n, n % 5 !== 0));
  return new Map(Array.from({ length: COUNT }, (_, n) => [FIRST + n, one(n)]));
}

const WHOLE = pagesWith(() => false);
/** Rows of nine pages, and of every tenth nothing. */
const FILTERED = pagesWith((n) => n % 10 === 3);

/** @param damage is given the two bitmaps */
function damaged(pages: Pages, damage: (first: Uint8Array, second: Uint8Array) => void) {
  const bytes = writeKdump({ pages, maxPfn: FIRST + COUNT + 100, zerosFirst: true });
  const view = new DataView(bytes.buffer, bytes.byteOffset);
  const from = (1 + view.getUint32(432, true)) * PAGE;
  const half = (view.getUint32(436, true) * PAGE) / 2;
  damage(bytes.subarray(from, from + half), bytes.subarray(from + half, from + 2 * half));
  const image = kdump.open(bytesSource('vmcore', bytes), nodeCodecs(), []);
  let right = 0;
  let written = 0;
  for (const [pfn, page] of pages) {
    if (page === 'excluded') continue;
    written++;
    const found = image.memory.chunk(pfn * PAGE);
    if (typeof found === 'string') continue;
    assert.deepEqual(found.bytes, page, `page frame ${pfn}`);
    right++;
  }
  return { image, lost: written - right };
}

test('sound bitmaps are not spoken of', () => {
  for (const pages of [WHOLE, FILTERED]) {
    const { image, lost } = damaged(pages, () => {});
    assert.deepEqual([lost, image.problems], [0, []]);
  }
});

test('bits of the second bitmap that the first has not are no pages', () => {
  const { image, lost } = damaged(WHOLE, (_, second) => second.fill(0xff, 0x100 >> 3, (0x100 >> 3) + 3));
  assert.equal(lost, 0);
  assert.match(image.problems.join('\n'), /page bitmap: counts 924 pages, and there are 900 descriptors/);
  assert.equal(image.memory.chunk(0x101 * PAGE), 'not-in-dump');
});

test('a word that is lost comes from the first bitmap where both are the same', () => {
  const { lost } = damaged(WHOLE, (_, second) => {
    second.fill(0, (FIRST + 200) >> 3, ((FIRST + 200) >> 3) + 8);
    second[(FIRST + 600) >> 3]! ^= 4;
  });
  assert.equal(lost, 0);
});

test('of a filtered dump the pages between those that tell their place are lost, and no others', () => {
  const { lost } = damaged(FILTERED, (_, second) => {
    second.fill(0, (FIRST + 304) >> 3, ((FIRST + 304) >> 3) + 4);
    second[(FIRST + 604) >> 3]! |= 0xff;
  });
  assert.ok(lost < 60, `${lost} lost`);
});

test('pages that were written are memory, whatever the first bitmap says', () => {
  const { image, lost } = damaged(FILTERED, (first) => first.fill(0, (FIRST + 400) >> 3, ((FIRST + 400) >> 3) + 8));
  assert.equal(lost, 0);
  assert.match(image.problems.join('\n'), /page bitmap: \d+ pages that were written are not in it/);
  const at = (FIRST + 421) * PAGE;
  assert.ok(image.memory.ranges().some((r) => at >= r.start && at < r.end));
});

test('where no page tells its place, a count that is wrong is told and nothing is taken away', () => {
  const pages: Pages = new Map([...WHOLE.keys()].map((pfn) => [pfn, pageOf(pfn, false)]));
  const bytes = writeKdump({ pages, maxPfn: FIRST + COUNT, zerosFirst: true });
  const view = new DataView(bytes.buffer, bytes.byteOffset);
  const second = (1 + view.getUint32(432, true)) * PAGE + (view.getUint32(436, true) * PAGE) / 2;
  bytes[second + ((FIRST + 800) >> 3)]! ^= 1;
  const image = kdump.open(bytesSource('vmcore', bytes), nodeCodecs(), []);
  assert.match(image.problems.join('\n'), /counts 899 pages, and there are 900 descriptors/);
  const found = image.memory.chunk((FIRST + 100) * PAGE);
  assert.deepEqual(typeof found === 'object' && found.bytes, pages.get(FIRST + 100));
});
