import assert from 'node:assert/strict';
import { test } from 'node:test';
import { AnalysisError } from './errors.ts';
import { Lazy, perOwner } from './lazy.ts';

test('a lazy value is made once, and so is its failure', () => {
  let made = 0;
  const lazy = new Lazy(() => ++made);
  assert.equal(lazy.get(), 1);
  assert.equal(lazy.get(), 1);
  let tries = 0;
  const broken = new Lazy(() => {
    tries++;
    throw new Error('no');
  });
  assert.throws(() => broken.get(), /no/);
  assert.throws(() => broken.get(), /no/);
  assert.equal(tries, 1);
});

test('a value that leads to itself is an error, and is made all the same when the maker survives it', () => {
  const lazy: Lazy<number> = new Lazy(() => {
    assert.throws(() => lazy.get(), { constructor: AnalysisError, code: 'cycle' });
    return 7;
  });
  assert.equal(lazy.get(), 7);
  assert.equal(lazy.get(), 7);
});

test('owners do not share values', () => {
  const of = perOwner((owner: { n: number }) => [owner.n]);
  const a = { n: 1 };
  const b = { n: 2 };
  assert.equal(of(a), of(a));
  assert.notEqual(of(a), of(b));
  assert.deepEqual(of(b), [2]);
});
