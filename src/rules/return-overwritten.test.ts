import assert from 'node:assert/strict';
import { test } from 'node:test';
import { KernelMemory } from '../../test/build/kernel-memory.ts';
import { madeCase } from '../../test/build/made-case.ts';
import type { Finding } from '../report/finding.ts';
import { returnOverwritten } from './return-overwritten.ts';

const LOG = ['general protection fault: 0000 [#1] SMP'];

const textWord = (text: string): bigint => new DataView(new TextEncoder().encode(text).buffer).getBigUint64(0, true);

function check(pc: bigint, above: readonly bigint[], rbx = 0n): Finding[] {
  const memory = new KernelMemory();
  const sp = memory.alloc(256);
  above.forEach((value, i) => {
    memory.u64(sp + BigInt(8 * i), value);
  });
  const frames = [{ symbol: null, pc, sp, registers: { rip: pc, rsp: sp, rbx } }];
  return [...returnOverwritten.check(madeCase({ memory, frames, log: LOG }))];
}

test('a return address that is part of a text which goes on above it', () => {
  const [finding] = check(textWord('1013.25;'), [textWord('HUMI=87;'), textWord('WIND=12.')]);
  assert.match(
    finding?.sentence.en ?? '',
    /part of a text that goes on above it on the stack, "1013\.25;HUMI=87;WIND=12\."/,
  );
  assert.ok(
    finding?.evidence.some((e) => e.command?.startsWith('rd ') && e.value === textWord('HUMI=87;').toString(16)),
  );
  assert.deepEqual(finding?.explains, ['call.bad', 'death.exception', 'pointer.bad']);
});

test('one that is a fill, with a register that was kept beside it', () => {
  const fill = 0x4141414141414141n;
  const [finding] = check(fill, [fill], fill);
  assert.match(finding?.sentence.en ?? '', /the byte 0x41 .*; the word above it on the stack is the same/);
});

test('a call of text from a stack that is whole, and a wild address, are none', () => {
  assert.deepEqual(check(textWord('1013.25;'), [0x10n, 0x20n], textWord('HUMI=87;')), []);
  assert.deepEqual(check(0x5a3c5a3c5a3c0099n, [1n, 2n]), []);
});
