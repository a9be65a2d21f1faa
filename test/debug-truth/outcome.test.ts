import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Outcome, report } from './outcome.ts';

test('what is explained and what is wrong is told apart, with examples', () => {
  const outcome = new Outcome('lines', 'addresses');
  outcome.same();
  outcome.differs('rounded', 'the peer rounds', 'one\ntwo');
  outcome.differs('odd', undefined, 'three');
  assert.deepEqual([outcome.checked, outcome.equal, outcome.explained, outcome.unexplained], [3, 1, 1, 1]);
  const text = report([outcome], 2);
  assert.match(text, /^lines +3 +1 +1 +1 {2}addresses$/m);
  assert.match(text, /^lines: 1 rounded\n {2}the peer rounds\n {4}one\n {4}two$/m);
  assert.match(text, /^lines: 1 WRONG odd\n {4}three$/m);
});
