import assert from 'node:assert/strict';
import { test } from 'node:test';
import { TestKernel } from '../../test/build/test-program.ts';
import { x86_64 } from '../arch/x86-64.ts';
import { systemCalls } from './syscall.ts';

const TEXT = TestKernel.BASE + 0x100000n;
const TABLE = TestKernel.BASE + 0x200000n;

test('system calls: as many as there are functions in a row', () => {
  const kernel = new TestKernel();
  kernel.fill(TABLE, 64);
  for (const [i, name] of ['__x64_sys_read', '__x64_sys_write'].entries()) {
    kernel.symbol(name, TEXT + BigInt(i * 64), 64);
    kernel.word(TABLE + BigInt(i * 8), TEXT + BigInt(i * 64));
  }
  kernel.word(TABLE + 16n, TEXT + 5n); // no function begins there
  kernel.symbol('sys_call_table', TABLE, 64, 'D');
  const calls = systemCalls(kernel.program(x86_64));
  assert.deepEqual(
    calls.map((c) => [c.number, c.symbol?.name]),
    [
      [0, '__x64_sys_read'],
      [1, '__x64_sys_write'],
    ],
  );
  assert.throws(() => systemCalls(new TestKernel().program(x86_64)), { code: 'not-found' });
});
