import assert from 'node:assert/strict';
import { test } from 'node:test';
import { writeElfCore } from '../../test/build/elf-core-writer.ts';
import { imageOf } from '../../test/build/sample-dump.ts';
import { BadDataError } from '../base/errors.ts';

/** A descriptor as a driver makes it: 44 bytes of name, then the data. */
function descriptor(name: string, data: readonly number[]): Uint8Array {
  const bytes = new Uint8Array(44 + data.length);
  bytes.set(new TextEncoder().encode(name));
  bytes.set(data, 44);
  return bytes;
}

test('device dumps: name, place and data of each', () => {
  const file = writeElfCore({
    segments: [{ phys: 0, data: new Uint8Array(16) }],
    notes: [
      { name: 'LINUX', type: 0x700, desc: descriptor('cxgb4_0000:02:00.4', [1, 2, 3, 4, 5, 6, 7, 8]) },
      { name: 'LINUX', type: 0x700, desc: new Uint8Array(20) },
      { name: 'LINUX', type: 0x200, desc: descriptor('other', [1]) },
      { name: 'LINUX', type: 0x700, desc: descriptor('second', [9, 10, 11, 12]) },
    ],
  });
  const dumps = imageOf(file).deviceDumps ?? [];
  assert.deepEqual(
    dumps.map(({ name, size }) => [name, size]),
    [
      ['cxgb4_0000:02:00.4', 8],
      ['second', 4],
    ],
  );
  const [first] = dumps;
  assert.ok(first);
  assert.deepEqual([...first.read(2, 3)], [3, 4, 5]);
  assert.equal(file[first.offset], 1);
  assert.throws(() => first.read(4, 5), BadDataError);
});

test('device dumps: none in a dump without such notes', () => {
  const file = writeElfCore({ segments: [{ phys: 0, data: new Uint8Array(16) }], notes: [] });
  assert.equal(imageOf(file).deviceDumps, undefined);
});
