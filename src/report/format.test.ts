import assert from 'node:assert/strict';
import { test } from 'node:test';
import { formatSize } from './format-size.ts';
import { formatDate, formatDuration, formatLogTime } from './format-time.ts';
import { center } from './pad.ts';
import { hexString, nullable, object, optional, string } from './schema.ts';
import { schemaProblems } from './schema-check.ts';

test('sizes', () => {
  assert.equal(formatSize(536346624), '511.5 MB');
  assert.equal(formatSize(8 * 2 ** 30), '8 GB');
  assert.equal(formatSize(1536), '1.5 KB');
  assert.equal(formatSize(12), '12 bytes');
});

test('times', () => {
  assert.equal(formatDate(1795355550.9), 'Sun Nov 22 13:52:30 UTC 2026');
  assert.equal(formatDate(86400), 'Fri Jan  2 00:00:00 UTC 1970');
  assert.equal(formatDate(1e300), '(unknown)');
  assert.equal(formatDuration(18.9), '00:00:18');
  assert.equal(formatDuration(86400 * 3 + 3661), '3 days, 01:01:01');
  assert.equal(formatLogTime(18803582999n), '   18.803582');
  assert.equal(formatLogTime(123456000000000n), '123456.000000');
});

test('centred text leans to the left', () => {
  assert.equal(center('MODULE', 16), '     MODULE     ');
  assert.equal(center('TEXT_BASE', 16), '   TEXT_BASE    ');
});

test('the schema check finds what is missing, too much or of the wrong type', () => {
  const schema = object('', { a: hexString(''), b: nullable(string('')), c: optional(string('')) });
  assert.deepEqual(schemaProblems(schema, { a: '0x0000000000000001', b: null }), []);
  assert.deepEqual(schemaProblems(schema, { a: '0x1', b: 2, d: 1 }), [
    '$.a: "0x1" does not match ^0x[0-9a-f]{16}$',
    '$.b: integer where string or null is expected',
    '$.d: not in the schema',
  ]);
  assert.deepEqual(schemaProblems(schema, { b: '' }), ['$.a: missing']);
});
