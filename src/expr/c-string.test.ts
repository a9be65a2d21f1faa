import assert from 'node:assert/strict';
import { test } from 'node:test';
import { charArrayText, quotedByte, quotedText } from './c-string.ts';

test('bytes in quotes as gdb writes them', () => {
  const bytes = Uint8Array.from([0x41, 10, 0x22, 0x5c, 0, 0x38, 0x1b, 0x7f]);
  assert.equal(quotedText(bytes, bytes.length), '"A\\n\\"\\\\\\0008\\033\\177"');
  assert.equal(quotedByte(0x27, "'"), "\\'");
  assert.equal(quotedByte(0xc8, "'"), '\\310');
  assert.equal(quotedText(Uint8Array.from([0xc3, 0xa9]), 2), '"\\303\\251"');
});

test('arrays lose the zero at their end, and are cut with a sign', () => {
  assert.equal(charArrayText(Uint8Array.from([0x61, 0, 0]), 256), '"a\\000"');
  assert.equal(charArrayText(Uint8Array.from([0]), 256), '""');
  assert.equal(charArrayText(new Uint8Array(300).fill(0x61), 4), '"aaaa"...');
});
