import assert from 'node:assert/strict';
import { test } from 'node:test';
import { seededRandom } from '../../test/build/byte-writer.ts';
import { encodeSnappy } from '../../test/build/page-compressors.ts';
import { decodeSnappy } from './snappy.ts';

const ascii = (text: string): number[] => Array.from(text, (c) => c.charCodeAt(0));

function decode(block: readonly number[], room = 4096): string {
  const into = new Uint8Array(room);
  return String.fromCharCode(...into.subarray(0, decodeSnappy(Uint8Array.from(block), into)));
}

/** Every kind of element by hand, from the description of the format. */
const vectors: readonly (readonly [name: string, block: readonly number[], text: string])[] = [
  ['empty', [0], ''],
  ['literals', [3, 2 << 2, ...ascii('abc')], 'abc'],
  ['literals with a length byte', [70, 60 << 2, 69, ...new Array<number>(70).fill(120)], 'x'.repeat(70)],
  ['literals with two length bytes', [0xac, 2, 61 << 2, 0x2b, 1, ...new Array<number>(300).fill(121)], 'y'.repeat(300)],
  ['copy with one offset byte', [7, 2 << 2, ...ascii('abc'), 1, 3], 'abcabca'],
  ['copy with two offset bytes', [6, 2 << 2, ...ascii('abc'), (2 << 2) | 2, 3, 0], 'abcabc'],
  ['copy with four offset bytes', [6, 2 << 2, ...ascii('abc'), (2 << 2) | 3, 2, 0, 0, 0], 'abcbcb'],
];
for (const [name, block, text] of vectors) test(`snappy: ${name}`, () => assert.equal(decode(block), text));

test('snappy: blocks of the test writer come back', () => {
  for (let seed = 1; seed < 60; seed++) {
    const random = seededRandom(seed);
    const page = new Uint8Array([4096, 16384, 65536][seed % 3] as number);
    for (let i = 0; i < page.length; i++) {
      page[i] = i > 300 && random(60) !== 0 ? (page[i - 3 - random(3)] as number) : random(1 + seed * 4);
    }
    const into = new Uint8Array(page.length);
    assert.equal(decodeSnappy(encodeSnappy(page), into), page.length);
    assert.deepEqual(into, page, `seed ${seed}`);
  }
});

test('snappy: damage is refused', () => {
  for (const [block, what] of [
    [[], /damaged length/],
    [[0xff, 0xff, 0xff, 0xff, 0xff, 1], /damaged length/],
    [[0x81, 0x20], /larger than its room/],
    [[3, 60 << 2], /inside a length/],
    [[3, 5 << 2, ...ascii('abcdef')], /literals overrun/],
    [[3, 2 << 2, ...ascii('ab')], /literals overrun/],
    [[7, 2 << 2, ...ascii('abc'), 1], /inside a copy/],
    [[7, 2 << 2, ...ascii('abc'), 1, 4], /before the start/],
    [[7, 2 << 2, ...ascii('abc'), 1, 0], /before the start/],
    [[6, 2 << 2, ...ascii('abc'), 1, 3], /copy overruns/],
    [[9, 2 << 2, ...ascii('abc'), 1, 3], /shorter than it says/],
  ] as const) {
    assert.throws(() => decode(block), { name: 'RangeError', message: what }, String(block));
  }
});

test('snappy: random damage ends in an error or a block of at most the right size', () => {
  const random = seededRandom(4);
  const block = encodeSnappy(Uint8Array.from({ length: 4096 }, (_, i) => (i >> 4) * (i & 3)));
  let refused = 0;
  for (let round = 0; round < 3000; round++) {
    const copy = block.slice(0, random(3) === 0 ? random(block.length) : block.length);
    if (copy.length > 0) copy[random(copy.length)] = random(256);
    try {
      assert.ok(decodeSnappy(copy, new Uint8Array(4096)) <= 4096);
    } catch (e) {
      assert.ok(e instanceof RangeError, String(e));
      refused++;
    }
  }
  assert.ok(refused > 500, `${refused} refused`);
});
