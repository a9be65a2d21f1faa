import assert from 'node:assert/strict';
import { test } from 'node:test';
import { structType } from '../../test/build/c-types.ts';
import { hasMemberOf } from './has-member-of.ts';
import { arrayOf, functionType, intType, pointerTo } from './simple-type.ts';

const long = intType('long', 8, true);
const list = structType('list_head', 16, { next: [0, long] });

test('members of a type, pointers and arrays of it, and inside what is embedded', () => {
  const has = (type: Parameters<typeof structType>[2]) => hasMemberOf(structType('outer', 64, type), 'list_head');
  assert.equal(has({ list: [0, list] }), true);
  assert.equal(has({ list: [0, pointerTo(list, 8)] }), true);
  assert.equal(has({ lists: [0, arrayOf(list, 2)] }), true);
  assert.equal(has({ inner: [0, structType('inner', 16, { list: [0, list] })] }), true);
  assert.equal(has({ inner: [0, arrayOf(structType('inner', 16, { list: [0, list] }), 2)] }), true);
  assert.equal(has({ inner: [0, pointerTo(structType('inner', 16, { list: [0, list] }), 8)] }), false);
  assert.equal(has({ call: [0, pointerTo(functionType(list), 8)] }), false);
  assert.equal(has({ list_head: [0, long] }), false);
});
