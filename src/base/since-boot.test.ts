import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sinceBoot } from './since-boot.ts';

test('times are cut off as the kernel does it', () => {
  assert.equal(sinceBoot(9_664_545_792n), '9.664545 s after boot');
  assert.equal(sinceBoot(54_000_999_999), '54.000999 s after boot');
  assert.equal(sinceBoot(0), '0.000000 s after boot');
});
