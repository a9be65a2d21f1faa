import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FaultKernel, relative } from '../../test/build/fault-kernel.ts';
import { x86_64 } from '../arch/x86-64.ts';
import type { StackFrame } from '../unwind/stack.ts';
import { callPath } from './call-path.ts';
import { explainArgument } from './explain-argument.ts';

const OBJECT = 0xffff888000abc000n;
const SP = FaultKernel.STACK + 0x800n;

/** starts() calls polls(), which adds to its argument and jumps to queues(), where the kernel died. */
function died() {
  const k = new FaultKernel(x86_64);
  const queues = k.code('queues', [0x48, 0x8b, 0x07, 0xc3]); // mov (%rdi),%rax; ret
  const polls = k.code('polls', [0x48, 0x83, 0xc7, 0x20, 0xe9, ...relative(k.nextCode + 9n, queues)], 'm'); // add $0x20,%rdi; jmp
  const starts = k.code('starts', [0x53, 0x48, 0x89, 0xdf, 0xe8, ...relative(k.nextCode + 9n, polls), 0x5b, 0xc3], 'm'); // push; mov %rbx,%rdi; call
  k.word(SP, starts + 9n);
  const prog = k.opened();
  const known: Record<string, bigint> = { rip: queues, rsp: SP, rdi: OBJECT + 0x20n, rbx: OBJECT };
  const values = prog.arch.registers.map((name) => known[name]);
  const symbol = prog.symbolAt(queues);
  const frame: StackFrame = {
    ...{ pc: queues, lookupPc: queues, sp: SP, trust: 'registers', registers: values, known: values },
    ...(symbol && { symbol }),
  };
  return { prog, place: { stack: { frames: [frame], complete: true }, index: 0, cpu: 0 } };
}

test('the way to a function leads through one that jumped on and is on no stack', () => {
  const { prog, place } = died();
  const path = [...callPath(prog, place)];
  assert.deepEqual(
    path.slice(0, 2).map((c) => [c.function, c.module, c.jumped]),
    [
      ['polls', 'm', true],
      ['starts', 'm', false],
    ],
  );
  assert.deepEqual([...callPath(prog, { ...place, index: 4 })], []);
});

test('an argument is followed through the callers, also that of a caller', () => {
  const { prog, place } = died();
  const own = explainArgument(prog, place, 0);
  assert.equal(own?.steps[0]?.value, OBJECT + 0x20n);
  assert.ok(own?.steps.some((s) => s.function === 'starts' && s.value === OBJECT));
  const above = explainArgument(prog, place, 0, 1);
  assert.equal(above?.steps[0]?.function, 'polls');
  assert.equal(above?.steps[0]?.value, OBJECT);
  assert.equal(explainArgument(prog, { ...place, index: 4 }, 0), undefined);
});
