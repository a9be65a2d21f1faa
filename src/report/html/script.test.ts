import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import { SCRIPT, SCRIPT_SHA256 } from './script.ts';

test('the security policy lets the script of the page run, and it alone', () => {
  assert.equal(SCRIPT_SHA256, createHash('sha256').update(SCRIPT).digest('base64'));
  assert.doesNotMatch(SCRIPT, /<\/script|<!--/i);
});
