import assert from 'node:assert/strict';
import { test } from 'node:test';
import { btfTypes } from '../../test/build/btf-types.ts';
import { BtfWriter } from '../../test/build/btf-writer.ts';
import type { CType } from '../types/c-type.ts';
import { membersAt } from './member-at.ts';

/** Markers without a size in front of a byte-wide bit-field, and an array without a length at the end. */
function device(): CType {
  const btf = new BtfWriter();
  const byte = btf.int('unsigned char', 1);
  const long = btf.int('unsigned long', 8);
  const none = btf.array(byte, long, 0);
  btf.struct(
    'device',
    16,
    [
      ['group_begin', none, 0, 0],
      ['flags', long, 0, 0],
      ['state', byte, 64, 8],
      ['half', byte, 72, 4],
      ['names', none, 128, 0],
    ],
    'struct',
    true,
  );
  const type = btfTypes(btf).find('struct device');
  assert.ok(type);
  return type;
}

test('what a place in a struct is called', () => {
  const paths = (offset: number, size: number): string[] => membersAt(device(), offset, size).map((m) => m.path);
  assert.deepEqual(paths(8, 1), ['state'], 'a bit-field of a whole byte, no element of a marker');
  assert.deepEqual(paths(9, 1), [], 'half a byte is no member');
  assert.deepEqual(paths(0, 8), ['flags']);
  assert.deepEqual(paths(19, 1), ['names[3]'], 'an array without a length at the end goes on');
});
