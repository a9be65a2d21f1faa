import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FaultKernel } from '../../test/build/fault-kernel.ts';
import { madeCase } from '../../test/build/made-case.ts';
import { x86_64 } from '../arch/x86-64.ts';
import type { Finding } from '../report/finding.ts';
import { copyLength } from './copy-length.ts';

/** A death in a function that was given a length, called by fills_frame() of a module. */
function dies(name: string, length: bigint): Finding[] {
  const k = new FaultKernel(x86_64);
  const at = k.code(name, [0x48, 0x8b, 0x06, 0xc3]); // mov (%rsi),%rax
  const user = k.code('fills_frame', [0xe8, 0, 0, 0, 0, 0xc3], 'm');
  const prog = k.opened();
  const sp = FaultKernel.STACK + 0x800n;
  const values = prog.arch.registers.map((r) => ({ rdx: length, rip: at, rsp: sp })[r]);
  const of = madeCase({
    frames: [
      { symbol: name, pc: at, registers: {} },
      { symbol: 'fills_frame', module: 'm', pc: user + 5n },
    ],
    log: ['BUG: unable to handle page fault for address: ffffcd998009e000', '#PF: supervisor read access'],
  });
  const frame = {
    ...{ pc: at, lookupPc: at, sp, trust: 'registers' as const, known: values, registers: values },
    ...{ symbol: { name, address: at, size: 4, letter: 't' } },
  };
  return [...copyLength.check({ ...of, prog, unwound: { frames: [frame], complete: true } })];
}

test('a length below zero', () => {
  const [finding] = dies('memcpy_orig', 0xffffffffffffffecn);
  assert.equal(finding?.title.en, 'Length of -20 given to memcpy() by fills_frame [m]');
  assert.match(
    finding?.sentence.en ?? '',
    /asked memcpy\(\) to copy 18446744073709551596 bytes .*, which is -20 taken for a size/,
  );
  assert.deepEqual(finding?.subject, { function: 'fills_frame', module: 'm' });
  assert.match(dies('__pi_memset', 0xfffffffffffffff0n)[0]?.sentence.en ?? '', /memset\(\) to fill .* -16 taken/);
});

test('a length that may be, and other functions', () => {
  assert.deepEqual(dies('memcpy_orig', 0x100000n), []);
  assert.deepEqual(dies('memcpy_toio', 0xffffffffffffffecn), []);
});
