import assert from 'node:assert/strict';
import { test } from 'node:test';
import { charactersOf, unitLines } from './unit-lines.ts';

const at = 0xffffffff81000000n;

test('words, two a line, with their characters', () => {
  const values = ['0x65762078756e694c', '0x2e36206e6f697372', '0x000000000000632d'];
  const characters = 'Linux version 6.-c......';
  assert.deepEqual(
    [...unitLines(at, values, { unit: 8, style: 'hex', characters })],
    [
      'ffffffff81000000:  65762078756e694c 2e36206e6f697372   Linux version 6.',
      'ffffffff81000010:  000000000000632d                    -c......',
    ],
  );
});

test('decimal units carry a sign when they are words', () => {
  const line = (unit: number, value: string, style: 'signed' | 'unsigned') =>
    [...unitLines(0n, [value], { unit, style })][0];
  assert.equal(line(8, '0xffffffffffffffff', 'signed'), '               0:               -1 ');
  assert.equal(line(8, '0xffffffffffffffff', 'unsigned'), '               0:  18446744073709551615 ');
  assert.equal(line(4, '0xffffffff', 'signed'), '               0:            -1 ');
  assert.equal(line(2, '0xffff', 'signed'), '               0:  65535 ');
  assert.equal(line(1, '0x07', 'unsigned'), '               0:    7 ');
});

test('a name takes the place of a value', () => {
  const names = { '0x0000000000000010': 'start' };
  const values = ['0x0000000000000010', '0x0000000000000011'];
  assert.deepEqual(
    [...unitLines(0n, values, { unit: 8, style: 'hex', names })],
    ['               0:  start            0000000000000011 '],
  );
});

test('what is not printable is a dot', () => {
  assert.equal(charactersOf(Uint8Array.of(0x1f, 0x20, 0x7e, 0x7f, 0xff)), '. ~..');
});
