import assert from 'node:assert/strict';
import { test } from 'node:test';
import { asciiBytes, cString, decodeAscii, indexOfBytes, printable, printableLine } from './text.ts';

test('strings end at NUL or at their limit', () => {
  const bytes = asciiBytes('abc\0def');
  assert.equal(cString(bytes), 'abc');
  assert.equal(cString(bytes, 4), 'def');
  assert.equal(cString(bytes, 0, 2), 'ab');
  assert.equal(cString(Uint8Array.of(0xc3, 0xa4, 0)), 'ä');
  assert.equal(cString(Uint8Array.of(0xff, 0x41, 0)), '\ufffdA');
});

test('byte search finds overlapping starts and respects the start', () => {
  const hay = asciiBytes('aaab aab');
  assert.equal(indexOfBytes(hay, asciiBytes('aab')), 1);
  assert.equal(indexOfBytes(hay, asciiBytes('aab'), 2), 5);
  assert.equal(indexOfBytes(hay, asciiBytes('aabc')), -1);
});

test('what could steer a terminal is made visible', () => {
  assert.equal(printable('a\x1b[31mb\x07\r\x9b\x7f'), 'a\\x1b[31mb\\x07\\x0d\\x9b\\x7f');
  assert.equal(printable('tab\tline\nok ä 中'), 'tab\tline\nok ä 中');
  assert.equal(printable('evil\u202etxt.exe'), 'evil\\u202etxt.exe');
  assert.equal(printableLine('two\nlines\t.'), 'two\\nlines\\t.');
});

test('characters of any number of bytes, short and long', () => {
  const bytes = Uint8Array.from({ length: 10_000 }, (_, i) => i & 0xff);
  for (const [from, to] of [
    [0, 0],
    [5, 6],
    [0, 12],
    [0, 13],
    [3, 300],
    [1, 4097],
    [1, 4098],
    [0, 10_000],
    [9, 4],
  ] as const) {
    const expected = [...bytes.slice(from, Math.max(from, to))].map((b) => String.fromCharCode(b)).join('');
    assert.equal(decodeAscii(bytes, from, to), expected, `${from} to ${to}`);
  }
});
