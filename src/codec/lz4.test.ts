import assert from 'node:assert/strict';
import { test } from 'node:test';
import { seededRandom } from '../../test/build/byte-writer.ts';
import { encodeLz4 } from '../../test/build/lz4-writer.ts';
import { decodeLz4 } from './lz4.ts';

const ascii = (text: string): number[] => Array.from(text, (c) => c.charCodeAt(0));

function decode(block: readonly number[], room = 4096): string {
  const into = new Uint8Array(room);
  return String.fromCharCode(...into.subarray(0, decodeLz4(Uint8Array.from(block), into)));
}

test('sequences by hand, from the description of the format', () => {
  assert.equal(decode([0x30, ...ascii('abc')]), 'abc');
  assert.equal(
    decode([0x31, ...ascii('abc'), 3, 0, 0x10, ...ascii('x')]),
    'abcabcabx',
    'a match of 5 that overlaps itself',
  );
  assert.equal(decode([0xf0, 2, ...ascii('abcdefghijklmnopq')]), 'abcdefghijklmnopq', 'a length that goes on');
  assert.equal(
    decode([0x1f, ...ascii('a'), 1, 0, 1, 0x10, ...ascii('b')]),
    `${'a'.repeat(21)}b`,
    'a match that goes on',
  );
});

test('damage is an error, not a wrong answer', () => {
  const bad: readonly number[][] = [[0x30, 97], [0x11, 97, 2, 0, 0], [0x11, 97, 0, 0, 0], [0x11, 97, 1], [0xf0]];
  for (const block of bad) assert.throws(() => decode(block), RangeError, JSON.stringify(block));
  assert.throws(() => decode([0x30, ...ascii('abc')], 2), RangeError);
});

test('what the writer packs comes back', () => {
  for (let seed = 1; seed <= 50; seed++) {
    const random = seededRandom(seed);
    const bytes = new Uint8Array(random(3000));
    for (let i = 0; i < bytes.length; i++) bytes[i] = random(40) > 1 && i > 0 ? (bytes[i - 1] as number) : random(256);
    const into = new Uint8Array(bytes.length);
    assert.equal(decodeLz4(encodeLz4(bytes), into), bytes.length);
    assert.deepEqual(into, bytes);
  }
});
