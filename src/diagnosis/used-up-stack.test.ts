import assert from 'node:assert/strict';
import { test } from 'node:test';
import { madeCase } from '../../test/build/made-case.ts';
import { TestKernel } from '../../test/build/test-program.ts';
import { x86_64 } from '../arch/x86-64.ts';
import type { TaskRecord } from '../kernel/task.ts';
import type { StackRange } from '../program/ports.ts';
import { usedUpStack } from './used-up-stack.ts';

const TASK: StackRange = { name: 'task', low: 0xffffc90000100000n, high: 0xffffc90000104000n };
const IRQ: StackRange = { name: 'irq', low: 0xffffc90000008000n, high: 0xffffc9000000c000n };

function under(sp: bigint): string {
  const unwind = x86_64.unwind && { ...x86_64.unwind, taskStack: () => TASK, cpuStacks: () => [IRQ] };
  assert.ok(unwind);
  const prog = new TestKernel().program({ ...x86_64, unwind });
  const crashed = { address: 0xffff888000001000n, cpu: 2 } as TaskRecord;
  const found = usedUpStack({ ...madeCase({}), prog, crashed }, sp);
  return found ? `${found.range.name} ${found.cpu ?? '-'}` : 'none';
}

test('the stack that was used up is the one under whose end the stack pointer is', () => {
  assert.equal(under(TASK.low - 8n), 'task -');
  assert.equal(under(IRQ.low - 0x1a0n), 'irq 2');
  assert.equal(under(IRQ.low), 'none', 'on the stack');
  assert.equal(under(IRQ.high), 'none', 'above it, and far below the other');
  assert.equal(under(0xffffc90000000000n - 0x100000n), 'none');
});
