import assert from 'node:assert/strict';
import { test } from 'node:test';
import { arrayType, structType, u32Type, u64Type } from '../../test/build/c-types.ts';
import { memberAt } from './member-at.ts';

const inner = structType('inner', 16, { first: [0, u64Type], second: [8, u64Type] });
const outer = structType('outer', 80, {
  small: [0, u32Type],
  in: [8, inner],
  many: [24, arrayType(inner, 3)],
});

test('members, members of members and elements', () => {
  assert.equal(memberAt(outer, 0), 'small');
  assert.equal(memberAt(outer, 16), 'in.second');
  assert.equal(memberAt(outer, 24 + 32), 'many[2].first');
});

test('between members, inside of one, and beyond the end', () => {
  assert.equal(memberAt(outer, 4), undefined);
  assert.equal(memberAt(outer, 2), undefined);
  assert.equal(memberAt(outer, 20), undefined);
  assert.equal(memberAt(outer, 80), undefined);
  assert.equal(memberAt(u64Type, 0), undefined);
});
