import assert from 'node:assert/strict';
import { test } from 'node:test';
import { TestKernel } from '../../../test/build/test-program.ts';
import { x86_64 } from '../x86-64.ts';

const TEXT = TestKernel.BASE + 0x100000n;
const LOW = TestKernel.BASE + 0x300000n;
const STACK = { name: 'task', low: LOW, high: LOW + 0x4000n };

/** Writes `r15 .. ss`; the places are those of the kernel's header, counted by hand. */
function frame(kernel: TestKernel, at: bigint, words: Readonly<Record<number, bigint>>): void {
  for (let i = 0; i < 21; i++) kernel.word(at + BigInt(i * 8), words[i] ?? 0n);
}

test('exception frames are told by selectors, flags and addresses that fit together', () => {
  const kernel = new TestKernel();
  kernel.fill(LOW, 0x4000);
  kernel.symbol('f', TEXT, 0x100);
  const inKernel = { 0: 15n, 10: 0xabcn, 15: 14n, 16: TEXT + 5n, 17: 0x10n, 18: 0x246n, 19: LOW + 0x2000n, 20: 0x18n };
  const user = { 10: 1n, 16: 0x44acb9n, 17: 0x33n, 18: 0x206n, 19: 0x7fff75fac888n, 20: 0x2bn };
  frame(kernel, LOW + 0x1008n, inKernel);
  frame(kernel, LOW + 0x1200n, { ...inKernel, 16: 0xffffffff00000000n }); // no code there
  frame(kernel, LOW + 0x1400n, { ...inKernel, 18: 0x244n }); // bit 1 of the flags is always set
  frame(kernel, LOW + 0x1600n, { ...user, 20: 0x10n });
  frame(kernel, STACK.high - 168n, user);
  const found = x86_64.unwind?.exceptionFrames?.(kernel.program(x86_64), STACK) ?? [];
  assert.deepEqual(
    found.map((f) => [f.at - LOW, f.user]),
    [
      [0x1008n, false],
      [0x3f58n, true],
    ],
  );
  const names = x86_64.registers;
  const value = (name: string): bigint | undefined => found[0]?.registers[names.indexOf(name)];
  assert.deepEqual(['r15', 'rax', 'orig_rax', 'rip', 'rsp'].map(value), [15n, 0xabcn, 14n, TEXT + 5n, LOW + 0x2000n]);
});
