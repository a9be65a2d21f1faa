import assert from 'node:assert/strict';
import { test } from 'node:test';
import { seededRandom } from '../../test/build/byte-writer.ts';
import { bytesSource } from '../base/byte-source.ts';
import { PageBitmap } from './page-bitmap.ts';

/** Bits of about three and a half parts, dense and sparse in turn, at an odd place of a file. */
const BITS = 262_144 * 3 + 100_003;
const file = new Uint8Array(777 + Math.ceil(BITS / 8));
const ranks = new Uint32Array(BITS + 1);
{
  const random = seededRandom(11);
  file.fill(0xff, 0, 777);
  for (let i = 0; i < BITS; i++) {
    const zone = (i >> 12) % 4;
    const set = zone === 0 || (zone === 1 && random(2) === 0) || (zone === 2 && random(500) === 0);
    if (set) file[777 + (i >> 3)] = (file[777 + (i >> 3)] as number) | (1 << (i & 7));
    ranks[i + 1] = (ranks[i] as number) + (set ? 1 : 0);
  }
}
const has = (pfn: number): boolean => ranks[pfn + 1] !== ranks[pfn];

test('bits and ranks equal those counted one by one, asked in any order', () => {
  const bitmap = new PageBitmap(bytesSource('b', file), 777, BITS);
  const random = seededRandom(12);
  assert.equal(bitmap.bits, BITS);
  for (let i = 0; i < 20_000; i++) {
    const pfn = i < 200 ? BITS - 1 - i * 512 : random(BITS);
    assert.equal(bitmap.rank(pfn), ranks[pfn], `rank ${pfn}`);
    assert.equal(bitmap.has(pfn), has(pfn), `bit ${pfn}`);
  }
  assert.equal(bitmap.rank(BITS), ranks[BITS]);
  assert.equal(bitmap.rank(BITS + 1000), ranks[BITS]);
  assert.equal(bitmap.has(BITS), false);
});

test('ranges are the runs of set bits', () => {
  const ranges = new PageBitmap(bytesSource('b', file), 777, 200_000).ranges(4096);
  const expected: { start: number; end: number }[] = [];
  for (let pfn = 0; pfn < 200_000; pfn++) {
    if (!has(pfn)) continue;
    const last = expected.at(-1);
    if (last?.end === pfn * 4096) last.end += 4096;
    else expected.push({ start: pfn * 4096, end: (pfn + 1) * 4096 });
  }
  assert.deepEqual(ranges, expected);
});

test('a bitmap that is cut off ends where the file does', () => {
  const bitmap = new PageBitmap(bytesSource('b', file.slice(0, 777 + 1000)), 777, BITS);
  assert.equal(bitmap.bits, 8000);
  assert.equal(bitmap.rank(BITS), ranks[8000]);
  assert.equal(new PageBitmap(bytesSource('b', file), file.length + 10, 100).bits, 0);
});

test('alternating bits do not make more ranges than memory can bear', () => {
  const bytes = new Uint8Array(100_000).fill(0x55);
  const ranges = new PageBitmap(bytesSource('b', bytes), 0, 800_000).ranges(4096);
  assert.equal(ranges.length, 65_536);
  assert.deepEqual(ranges.at(-1), { start: 131_070 * 4096, end: 799_999 * 4096 });
});

test('ranks are right when a later part was looked at before', () => {
  for (const order of [
    [2, 3],
    [3, 1, 2],
    [1, 0, 3],
  ]) {
    const bitmap = new PageBitmap(bytesSource('b', file), 777, BITS);
    for (const part of order) bitmap.has(part * 262_144 + 5);
    for (const pfn of [BITS, 262_144 * 2 + 9, 262_144 + 9]) assert.equal(bitmap.rank(pfn), ranks[pfn], `${order}`);
  }
});
