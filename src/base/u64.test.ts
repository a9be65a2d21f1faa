import assert from 'node:assert/strict';
import { test } from 'node:test';
import { addrAdd, addrDistance, hi32, joinExact, lo32, signExtend } from './u64.ts';

test('addresses wrap at 64 bits', () => {
  assert.equal(addrAdd(0xffffffffffffffffn, 1), 0n);
  assert.equal(addrAdd(0n, -8), 0xfffffffffffffff8n);
  assert.equal(addrAdd(0xffff888000000000n, 0x1234n), 0xffff888000001234n);
});

test('halves, distances and sign extension', () => {
  assert.equal(lo32(0xffffffff80000001n), 0x80000001);
  assert.equal(hi32(0xffffffff80000001n), 0xffffffff);
  assert.equal(joinExact(0x80000001, 0x1fffff), 2 ** 53 - 2 ** 31 + 1);
  assert.equal(joinExact(0, 0x200000), undefined);
  assert.equal(addrDistance(0xffff888000000010n, 0xffff888000000000n), 16);
  assert.equal(addrDistance(0xffff888000000000n, 0n), undefined);
  assert.equal(signExtend(0x0000800000000000n, 48), 0xffff800000000000n);
  assert.equal(signExtend(0x00007fffffffffffn, 48), 0x00007fffffffffffn);
});
