import assert from 'node:assert/strict';
import { test } from 'node:test';
import { seededRandom } from '../../test/build/byte-writer.ts';
import { encodeLzo } from '../../test/build/page-compressors.ts';
import { decodeLzo1x } from './lzo1x.ts';

const END = [0x11, 0, 0];
const ascii = (text: string): number[] => Array.from(text, (c) => c.charCodeAt(0));

function decode(block: readonly number[], room = 4096): string {
  const into = new Uint8Array(room);
  return String.fromCharCode(...into.subarray(0, decodeLzo1x(Uint8Array.from(block), into)));
}

/** Every kind of instruction by hand, from the description of the format. */
const vectors: readonly (readonly [name: string, block: readonly number[], text: string])[] = [
  ['only the end marker', END, ''],
  ['first byte 18 to 20: one to three literals', [19, ...ascii('ab'), ...END], 'ab'],
  ['first byte from 21: a literal run', [17 + 6, ...ascii('abcdef'), ...END], 'abcdef'],
  ['a run of 4 to 18 literals', [2, ...ascii('abcde'), ...END], 'abcde'],
  ['a long run of literals', [0, 2, ...ascii('abcdefghijklmnopqrst'), ...END], 'abcdefghijklmnopqrst'],
  ['match of 2, distance up to 1024, after 1 to 3 literals', [20, ...ascii('abc'), 8, 0, ...END], 'abcab'],
  ['match of 3 to 4, distance up to 2048', [20, ...ascii('abc'), 0x40 | (2 << 2), 0, ...END], 'abcabc'],
  ['match of 5 to 8 that overlaps itself', [18, ...ascii('a'), 0xe0, 0, ...END], 'aaaaaaaaa'],
  ['match with literals behind it', [20, ...ascii('abc'), 0x40 | (2 << 2) | 2, 0, ...ascii('xy'), ...END], 'abcabcxy'],
  [
    'match of any length, distance up to 16384',
    [20, ...ascii('abc'), 0x20, 5, 2 << 2, 0, ...END],
    `abc${'abc'.repeat(12)}ab`,
  ],
  ['the same with a short length', [20, ...ascii('abc'), 0x23, 2 << 2, 0, ...END], 'abcabcab'],
];
for (const [name, block, text] of vectors) test(`LZO: ${name}`, () => assert.equal(decode(block), text));

test('LZO: after a run of literals, a match of 3 at 2049 to 3072', () => {
  const literals = Array.from({ length: 2100 }, (_, i) => (i * 7 + (i >> 8)) & 0xff);
  const zeros = Math.floor((literals.length - 18 - 1) / 255);
  const run = [0, ...new Array<number>(zeros).fill(0), literals.length - 18 - zeros * 255, ...literals];
  const into = new Uint8Array(4096);
  const distance = 2099 - 2049;
  const n = decodeLzo1x(Uint8Array.from([...run, (distance & 3) << 2, distance >> 2, ...END]), into);
  assert.equal(n, 2103);
  assert.deepEqual([...into.subarray(2100, 2103)], literals.slice(1, 4));
});

test('LZO: blocks of the test writer, 4 KiB to 64 KiB, come back', () => {
  for (let seed = 1; seed < 60; seed++) {
    const random = seededRandom(seed);
    const page = new Uint8Array([4096, 16384, 65536][seed % 3] as number);
    for (let i = 0; i < page.length; i++) {
      page[i] =
        i > 300 && random(60) !== 0 ? (page[i - (seed > 40 ? 20_000 : 3) - random(3)] ?? 0) : random(1 + seed * 4);
    }
    const into = new Uint8Array(page.length);
    assert.equal(decodeLzo1x(encodeLzo(page), into), page.length);
    assert.deepEqual(into, page, `seed ${seed}`);
  }
});

test('LZO: damage is refused and never writes outside', () => {
  for (const [block, what] of [
    [[], /empty/],
    [[17 + 6, ...ascii('abc')], /first literals overrun/],
    [[2, ...ascii('ab')], /literals overrun/],
    [[0, 0, 0], /literals overrun/],
    [[20, ...ascii('abc'), 0x40], /ends inside a match/],
    [[20, ...ascii('abc'), 0x20, 0, 0], /ends inside a match|overruns/],
    [[20, ...ascii('abc'), 0x40 | (3 << 2), 0, ...END], /before the start/],
    [[20, ...ascii('abc')], /without its end marker/],
    [[18, 65, 0x12, 0, 0], /damaged end marker/],
    [[20, ...ascii('abc'), 0x40 | (2 << 2) | 3, 0, 1], /literals overrun/],
  ] as const) {
    assert.throws(() => decode(block), { name: 'RangeError', message: what }, String(block));
  }
  assert.throws(() => decode([18, 65, 0x20, 1, 0, 0, ...END], 20), /overruns the output/);
});

test('LZO: random damage ends in an error or a block of at most the right size', () => {
  const random = seededRandom(3);
  const page = Uint8Array.from({ length: 4096 }, (_, i) => (i >> 4) * (i & 3));
  const block = encodeLzo(page);
  let refused = 0;
  for (let round = 0; round < 3000; round++) {
    const copy = block.slice(0, random(3) === 0 ? random(block.length) : block.length);
    if (copy.length > 0) copy[random(copy.length)] = random(256);
    try {
      assert.ok(decodeLzo1x(copy, new Uint8Array(4096)) <= 4096);
    } catch (e) {
      assert.ok(e instanceof RangeError, String(e));
      refused++;
    }
  }
  assert.ok(refused > 500, `${refused} refused`);
});
