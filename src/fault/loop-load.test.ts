import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FaultKernel } from '../../test/build/fault-kernel.ts';
import { TestKernel } from '../../test/build/test-program.ts';
import { x86_64 } from '../arch/x86-64.ts';
import type { StackFrame } from '../unwind/stack.ts';
import { frameOnStack } from './frame-on-stack.ts';
import { functionCode } from './function-code.ts';
import { type LoopLoad, loopLoad } from './loop-load.ts';

const DATA = TestKernel.BASE + 0x30_0000n;
const BAD = 0x7272727272727272n;
// 0: mov 8(%rdi),%rdx; 4: mov %rdx,%rax; 7: mov 0x10(%rdx),%rdx; 11: test %rdx,%rdx; 14: jne 4; 16: ret
const WALK = [0x48, 0x8b, 0x57, 0x08, 0x48, 0x89, 0xd0, 0x48, 0x8b, 0x52, 0x10, 0x48, 0x85, 0xd2, 0x75, 0xf4, 0xc3];

/** Words of memory by their distance from DATA; the walk begins at the object there. */
function walks(words: readonly (readonly [number, bigint])[], bad = BAD): LoopLoad | undefined {
  const k = new FaultKernel(x86_64);
  k.fill(DATA, 0x1000);
  for (const [at, value] of words) k.word(DATA + BigInt(at), value);
  const pc = k.code('leftmost', WALK) + 7n;
  const prog = k.opened();
  const known: Record<string, bigint> = { rip: pc, rsp: FaultKernel.STACK + 0x800n, rdi: DATA, rdx: bad, rax: bad };
  const values = prog.arch.registers.map((name) => known[name]);
  const code = functionCode(prog, pc);
  const at: StackFrame = {
    ...{ pc, lookupPc: pc, sp: FaultKernel.STACK + 0x800n, trust: 'registers', registers: values, known: values },
  };
  const frame = code && frameOnStack({ prog, cpu: 0, task: undefined }, code, at);
  return frame && loopLoad(frame, 'rdx', bad);
}

test('a walk along links is followed to the object that has the bad one', () => {
  const links: readonly (readonly [number, bigint])[] = [
    [0x8, DATA + 0x100n],
    [0x110, DATA + 0x200n],
    [0x210, BAD],
  ];
  assert.deepEqual(walks(links), { address: DATA + 0x210n, steps: 2 });
  assert.deepEqual(walks([[0x8, BAD]]), { address: DATA + 0x8n, steps: 0 });
});

test('memory that does not lead to the value, ends, or runs into itself tells nothing', () => {
  assert.equal(walks([[0x8, DATA + 0x100n]]), undefined); // a NULL link ends it
  const circle: readonly (readonly [number, bigint])[] = [
    [0x8, DATA + 0x100n],
    [0x110, DATA + 0x100n],
  ];
  assert.equal(walks(circle), undefined);
  assert.equal(walks([[0x8, DATA + 0x900_0000n]]), undefined);
});
