import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type ByteSource, bytesSource } from './byte-source.ts';
import { BadDataError } from './errors.ts';
import { steadyRead } from './steady-read.ts';

const bytes = Uint8Array.from({ length: 20_000 }, (_, i) => i * 7);

/** @param answer what the nth read gives: bytes at most, or nothing for an error */
function source(answer: (nth: number, offset: number, size: number) => number | undefined): ByteSource {
  const sound = bytesSource('disk', bytes);
  let nth = 0;
  return {
    ...sound,
    read(offset, into) {
      const most = answer(nth++, offset, into.length);
      if (most === undefined) throw new BadDataError('disk', offset, 'input/output error');
      return sound.read(offset, into.subarray(0, most));
    },
  };
}

function read(src: ByteSource, offset: number, size: number): Uint8Array {
  const into = new Uint8Array(size);
  return into.subarray(0, steadyRead(src, offset, into));
}

test('short reads go on, and end at the end of the file', () => {
  assert.deepEqual(
    read(
      source(() => 700),
      100,
      9000,
    ),
    bytes.subarray(100, 9100),
  );
  assert.deepEqual(
    read(
      source(() => 700),
      19_000,
      9000,
    ),
    bytes.subarray(19_000),
  );
  assert.deepEqual(
    read(
      source((nth) => (nth === 0 ? 0 : 700)),
      0,
      50,
    ),
    bytes.subarray(0, 50),
  );
});

test('a read that fails is tried again, once', () => {
  assert.deepEqual(
    read(
      source((nth, _, size) => (nth === 0 ? undefined : size)),
      0,
      9000,
    ),
    bytes.subarray(0, 9000),
  );
  assert.throws(
    () =>
      read(
        source(() => undefined),
        0,
        9000,
      ),
    BadDataError,
  );
});

test('what cannot be read costs nothing that stands before it', () => {
  const bad = source((_, offset, size) => (offset + size > 12_288 && offset < 12_400 ? undefined : size));
  assert.deepEqual(read(bad, 5000, 9000), bytes.subarray(5000, 12_288));
  assert.throws(() => read(bad, 12_300, 10), BadDataError);
});
