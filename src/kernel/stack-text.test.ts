import assert from 'node:assert/strict';
import { test } from 'node:test';
import { structType, u64Type } from '../../test/build/c-types.ts';
import { TestKernel } from '../../test/build/test-program.ts';
import { x86_64 } from '../arch/x86-64.ts';
import { stackOverflowSigns, stackText } from './stack-text.ts';

const TEXT = TestKernel.BASE + 0x100000n;
const TASK = TestKernel.BASE + 0x200000n;
const LOW = TestKernel.BASE + 0x300000n;

function kernel(): TestKernel {
  const k = new TestKernel();
  k.fill(LOW, 0x4000);
  k.fill(TASK, 64);
  k.symbol('f', TEXT, 0x100);
  k.symbol('data', TEXT + 0x1000n, 0x100, 'D');
  k.type(structType('task_struct', 64, { stack: [8, u64Type] }));
  k.word(TASK + 8n, LOW);
  k.word(LOW, 0x57ac6e9dn);
  return k;
}

test('text on a stack: code addresses from a place on, data and numbers left out', () => {
  const k = kernel();
  k.word(LOW + 0x100n, TEXT + 1n); // below the place
  k.word(LOW + 0x208n, TEXT + 16n);
  k.word(LOW + 0x210n, TEXT + 0x1010n);
  k.word(LOW + 0x218n, 0x1234n);
  k.word(LOW + 0x3ff8n, TEXT);
  const stack = { name: 'task', low: LOW, high: LOW + 0x4000n };
  const found = stackText(k.program(x86_64), stack, LOW + 0x200n);
  assert.deepEqual(
    found.map((t) => [t.at - LOW, t.pc - TEXT, t.symbol.name]),
    [
      [0x208n, 16n, 'f'],
      [0x3ff8n, 0n, 'f'],
    ],
  );
});

test('signs of an overflow: the magic number at the end of the stack is gone', () => {
  const k = kernel();
  assert.deepEqual(stackOverflowSigns(k.program(x86_64), TASK, [0, 1]), []);
  k.word(LOW, 0x1234n);
  assert.deepEqual(stackOverflowSigns(k.program(x86_64), TASK, [0, 1]), ['1234 != STACK_END_MAGIC']);
  k.word(TASK + 8n, 0n);
  assert.deepEqual(stackOverflowSigns(k.program(x86_64), TASK, [0, 1]), []); // it has exited
});
