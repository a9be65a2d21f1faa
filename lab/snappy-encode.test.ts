import assert from 'node:assert/strict';
import { test } from 'node:test';
import { snappyEncode } from './snappy-encode.ts';

/** Straight from the format's description: a length, then literals and copies. */
function decode(packed: Uint8Array): Uint8Array {
  let at = 0;
  let size = 0;
  for (let shift = 0; ; shift += 7) {
    const byte = packed[at++] ?? 0;
    size |= (byte & 0x7f) << shift;
    if (byte < 0x80) break;
  }
  const out: number[] = [];
  while (at < packed.length) {
    const tag = packed[at++] ?? 0;
    if ((tag & 3) === 0) {
      const extra = Math.max(0, (tag >> 2) - 59);
      let length = extra > 0 ? 0 : tag >> 2;
      for (let i = 0; i < extra; i += 1) length |= (packed[at++] ?? 0) << (8 * i);
      for (let i = 0; i <= length; i += 1) out.push(packed[at++] ?? 0);
    } else {
      const short = (tag & 3) === 1;
      const length = short ? ((tag >> 2) & 7) + 4 : (tag >> 2) + 1;
      const distance = short
        ? ((tag >> 5) << 8) | (packed[at++] ?? 0)
        : (packed[at++] ?? 0) | ((packed[at++] ?? 0) << 8);
      for (let i = 0; i < length; i += 1) out.push(out[out.length - distance] ?? 0);
    }
  }
  assert.equal(out.length, size);
  return Uint8Array.from(out);
}

test('what is encoded decodes to the same bytes', () => {
  const text = Buffer.from('abcabcabcabc the page, the page, the other page'.repeat(90)).subarray(0, 4096);
  const mixed = Uint8Array.from({ length: 4096 }, (_, i) => (i % 700 < 300 ? (i * i * 31) >> 3 : i % 7));
  for (const page of [new Uint8Array(4096), text, mixed, Uint8Array.of(1, 2, 3)]) {
    const packed = snappyEncode(page);
    assert.deepEqual(Buffer.from(decode(packed)), Buffer.from(page));
  }
  assert.ok(snappyEncode(new Uint8Array(4096)).length < 300);
});
