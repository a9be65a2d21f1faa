import assert from 'node:assert/strict';
import { test } from 'node:test';
import { problemsOf } from './problems.ts';

test('each problem once, and no more than can be read', () => {
  const one = { what: 'log', why: 'address 0x1 is not mapped' };
  assert.deepEqual(problemsOf(undefined, []), {});
  assert.deepEqual(problemsOf([one, one], [one]), { problems: [one] });
  const many = Array.from({ length: 8000 }, (_, cpu) => ({ what: `CPU ${cpu}`, why: 'not mapped' }));
  const { problems } = problemsOf(many, many);
  assert.equal(problems?.length, 51);
  assert.deepEqual(problems?.at(-1), { what: 'further gaps', why: '7950 more are not listed' });
});
