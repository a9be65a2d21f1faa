import assert from 'node:assert/strict';
import { test } from 'node:test';
import { structType, u64Type } from '../../../test/build/c-types.ts';
import { TestKernel } from '../../../test/build/test-program.ts';
import { arm64 } from '../arm64.ts';

const TEXT = TestKernel.BASE + 0x100000n;
const LOW = TestKernel.BASE + 0x300000n;
const STACK = { name: 'task', low: LOW, high: LOW + 0x4000n };
const SIZE = 336n;

/** x29, sp, pc, pstate and the frame record, by their words in `struct pt_regs`. */
function frame(kernel: TestKernel, at: bigint, state: bigint, pc: bigint, sp: bigint, record: [bigint, bigint]): void {
  kernel.word(at + 29n * 8n, LOW + 0x3000n);
  kernel.word(at + 31n * 8n, sp);
  kernel.word(at + 32n * 8n, pc);
  kernel.word(at + 33n * 8n, state);
  kernel.word(at + 288n, record[0]);
  kernel.word(at + 296n, record[1]);
}

test('a frame of the kernel holds a record of what it interrupted, one of user space ends the stack', () => {
  const kernel = new TestKernel();
  kernel.fill(LOW, 0x4000);
  kernel.symbol('f', TEXT, 0x100);
  kernel.type(structType('pt_regs', Number(SIZE), { stackframe: [288, u64Type] }));
  frame(kernel, LOW + 0x1000n, 0x60400005n, TEXT + 4n, LOW + 0x2000n, [LOW + 0x3000n, TEXT + 4n]);
  frame(kernel, LOW + 0x1800n, 0x60400005n, TEXT + 4n, LOW + 0x2000n, [0n, 7n]); // no record
  frame(kernel, LOW + 0x2000n, 0x60000000n, 0x400100n, 0xffff0000n, [0n, 0n]); // of user space, but not at the end
  frame(kernel, STACK.high - SIZE, 0x60000000n, 0x400100n, 0xffff0000n, [0n, 0n]);
  const found = arm64.unwind?.exceptionFrames?.(kernel.program(arm64), STACK) ?? [];
  assert.deepEqual(
    found.map((f) => [f.at - LOW, f.user]),
    [
      [0x1000n, false],
      [0x4000n - SIZE, true],
    ],
  );
});
