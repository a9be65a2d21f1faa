import assert from 'node:assert/strict';
import { test } from 'node:test';
import { bytesSource } from './byte-source.ts';
import { Cursor, readBytes, readCursor } from './cursor.ts';
import { BadDataError } from './errors.ts';

const BYTES = Uint8Array.of(0x01, 0x02, 0x03, 0x04, 0x05, 0x06, 0x07, 0x08, 0xff, 0xfe, 0xfd, 0xfc);

test('a cursor reads fields in both byte orders', () => {
  const le = new Cursor(BYTES, true, 'f', 0, 'thing');
  assert.equal(le.u16(), 0x0201);
  assert.equal(le.u8(), 3);
  assert.equal(le.left, 9);
  const be = new Cursor(BYTES, false, 'f', 0, 'thing');
  assert.equal(be.u32(), 0x01020304);
  assert.equal(be.i32(), 0x05060708);
  assert.equal(be.i32(), -66052);
  assert.equal(new Cursor(BYTES, true, 'f', 0, 'thing').u64(), 0x0807060504030201n);
});

test('running over the end names file, offset, need and rest', () => {
  const cursor = new Cursor(BYTES, true, 'vmcore', 0x1000, 'note header');
  cursor.skip(10);
  assert.throws(
    () => cursor.u32(),
    (e) => e instanceof BadDataError && e.message === 'vmcore: offset 0x100a: note header: needs 4 bytes, 2 are left',
  );
});

test('a 64-bit size beyond 2^53 is refused with its value', () => {
  const cursor = new Cursor(Uint8Array.of(0, 0, 0, 0, 0, 0, 0x40, 0), true, 'vmcore', 0, 'header');
  assert.throws(() => cursor.size64('offset_vmcoreinfo'), /offset_vmcoreinfo 0x40000000000000 exceeds 2\^53/);
  assert.equal(new Cursor(Uint8Array.of(1, 0, 0, 0, 0, 0, 0x10, 0), true, 'f', 0, 'x').size64('n'), 2 ** 52 + 1);
  assert.equal(new Cursor(Uint8Array.of(0, 0x10, 0, 0, 0, 0, 0, 1), false, 'f', 0, 'x').size64('n'), 2 ** 52 + 1);
});

test('reads that a source cannot hold allocate nothing and say so', () => {
  const src = bytesSource('small', BYTES);
  assert.deepEqual(readBytes(src, 8, 4, 'tail'), Uint8Array.of(0xff, 0xfe, 0xfd, 0xfc));
  assert.throws(() => readBytes(src, 4, 2 ** 50, 'huge'), /small: offset 0x4: huge: needs 0x4000000000000 bytes/);
  assert.throws(() => readCursor(src, -1, 4, 'x'), BadDataError);
  assert.throws(() => readBytes(src, Number.NaN, 4, 'x'), BadDataError);
});
