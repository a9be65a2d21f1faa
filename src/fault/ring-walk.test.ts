import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FaultKernel } from '../../test/build/fault-kernel.ts';
import { TestKernel } from '../../test/build/test-program.ts';
import { x86_64 } from '../arch/x86-64.ts';
import type { StackFrame } from '../unwind/stack.ts';
import { frameOnStack } from './frame-on-stack.ts';
import { functionCode } from './function-code.ts';
import { type RingWalk, ringWalk } from './ring-walk.ts';

const DATA = TestKernel.BASE + 0x30_0000n;
const HEAD = DATA + 0x800n;
// 0: mov (%rdi),%rax; 3: cmp %rdi,%rax; 6: je 13; 8: mov (%rax),%rax; 11: jmp 3; 13: ret
const WALK = [0x48, 0x8b, 0x07, 0x48, 0x39, 0xf8, 0x74, 0x05, 0x48, 0x8b, 0x00, 0xeb, 0xf6, 0xc3];

/** The walk stands before the load at 8, at the entry `DATA`; the head of its list is `HEAD`. */
function walks(links: readonly (readonly [bigint, bigint])[]): RingWalk | undefined {
  const k = new FaultKernel(x86_64);
  k.fill(DATA, 0x1000);
  for (const [at, to] of links) k.word(at, to);
  const pc = k.code('counts_all', WALK) + 8n;
  const prog = k.opened();
  const known: Record<string, bigint> = { rip: pc, rsp: FaultKernel.STACK + 0x800n, rdi: HEAD, rax: DATA };
  const values = prog.arch.registers.map((name) => known[name]);
  const at: StackFrame = {
    ...{ pc, lookupPc: pc, sp: FaultKernel.STACK + 0x800n, trust: 'registers', registers: values, known: values },
  };
  const code = functionCode(prog, pc);
  const frame = code && frameOnStack({ prog, cpu: 0, task: undefined }, code, at);
  return frame && ringWalk(frame);
}

test('a list that has become a ring without its head', () => {
  const found = walks([
    [HEAD, DATA],
    [DATA, DATA + 0x100n],
    [DATA + 0x100n, DATA + 0x200n],
    [DATA + 0x200n, DATA + 0x100n],
  ]);
  assert.deepEqual(found, { links: [DATA + 0x100n, DATA + 0x200n], length: 2, end: HEAD });
});

test('a list that leads to its head, to NULL, or out of memory is none', () => {
  assert.equal(walks([[DATA, HEAD]]), undefined);
  assert.equal(walks([[DATA, DATA + 0x100n]]), undefined);
  assert.equal(walks([[DATA, DATA + 0x900_0000n]]), undefined);
});
