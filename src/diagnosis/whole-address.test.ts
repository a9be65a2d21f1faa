import assert from 'node:assert/strict';
import { test } from 'node:test';
import { TestKernel } from '../../test/build/test-program.ts';
import { arm64 } from '../arch/arm64.ts';
import { x86_64 } from '../arch/x86-64.ts';
import type { FaultChain } from '../fault/chain.ts';
import { isCutShort, wholeAddress } from './whole-address.ts';

const arm = new TestKernel().program(arm64);
const text = { en: 'x', zh: 'x' };
const access = (target: bigint): FaultChain => ({
  ...{ kind: 'access', function: 'f', expression: 'a->b', target, summary: text, pointers: [] },
  strands: [{ steps: [], stopped: text }],
});

test('an address of which the kernel prints no top byte is the one that the instruction computed', () => {
  const stated = { address: 0x003c3c3c3c3c3c44n, line: 'x', access: 'write' as const };
  assert.equal(isCutShort(arm, stated.address), true);
  assert.deepEqual(wholeAddress(arm, stated, access(0x3c3c3c3c3c3c3c44n)), { ...stated, address: 0x3c3c3c3c3c3c3c44n });
  assert.equal(wholeAddress(arm, stated, access(0x3c3c3c3c3c3c3c48n)), stated, 'another place');
  assert.equal(wholeAddress(arm, stated, undefined), stated);
});

test('addresses that are whole', () => {
  assert.equal(isCutShort(arm, 0xffff000012345678n), false);
  assert.equal(isCutShort(arm, 0x0000ffff12345678n), false, 'of user space');
  assert.equal(isCutShort(arm, 0xdead000000000100n), false, 'bit 55 is set');
  assert.equal(arm.arch.printedAddress?.(0xdead000000000100n), 0xdead000000000100n);
  assert.equal(isCutShort(new TestKernel().program(x86_64), 0x003c3c3c3c3c3c44n), false);
});
