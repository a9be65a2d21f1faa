import assert from 'node:assert/strict';
import { test } from 'node:test';
import { judgeVariable } from './compare-locals.ts';
import type { PeerVariable } from './drgn-text.ts';
import { Outcome } from './outcome.ts';

const value = (...bytes: number[]) => ({ bytes: Uint8Array.from(bytes) });
const gone = { why: 'optimized out' };

function judged(ours: Parameters<typeof judgeVariable>[0], returned: typeof ours, theirs: Omit<PeerVariable, 'name'>) {
  const outcome = new Outcome('x', 'variables');
  judgeVariable(ours, returned, { name: 'v', ...theirs }, 'd f', outcome);
  return [[...outcome.classes.keys()][0] ?? 'equal', outcome.unexplained];
}

test('a variable of both sides', () => {
  assert.deepEqual(judged(value(1, 2), undefined, { bytes: '0102' }), ['equal', 0]);
  assert.deepEqual(judged(gone, undefined, { why: 'absent' }), ['equal', 0]);
  assert.deepEqual(judged(value(1), undefined, { bytes: '02' }), ['values differ', 1]);
  assert.deepEqual(judged(gone, value(2), { bytes: '02' }), ['drgn asks at the return address', 0]);
  assert.deepEqual(judged(value(1), gone, { why: 'absent' }), ['drgn asks at the return address', 0]);
  assert.deepEqual(judged(value(1), undefined, { why: 'absent' }), ['only we have a value', 0]);
  assert.deepEqual(judged(undefined, undefined, { bytes: '02' }), ['only drgn has a value; ours: not listed', 1]);
});
