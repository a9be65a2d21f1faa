import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FaultKernel, relative } from '../../test/build/fault-kernel.ts';
import { TestKernel } from '../../test/build/test-program.ts';
import { x86_64 } from '../arch/x86-64.ts';
import type { StackFrame } from '../unwind/stack.ts';
import { type HeldLock, heldLocks } from './held-locks.ts';

const SP = FaultKernel.STACK + 0x1000n;
const LOCK = TestKernel.BASE + 0x30_0000n;
const RET = [0xc3];
const NOP = [0x90];

interface Made {
  readonly kernel: FaultKernel;
  readonly lock: bigint;
  readonly unlock: bigint;
  readonly other: bigint;
}

function made(): Made {
  const kernel = new FaultKernel(x86_64);
  kernel.fill(LOCK, 0x100);
  const lock = kernel.code('_raw_spin_lock_irqsave', RET);
  const unlock = kernel.code('_raw_spin_unlock_irqrestore', RET);
  return { kernel, lock, unlock, other: kernel.code('waits_for_ever', RET) };
}

function call(from: bigint, to: bigint): number[] {
  return [0xe8, ...relative(from + 5n, to)];
}

/** movabs of an address into the first argument. */
function argument(value: bigint): number[] {
  return [0x48, 0xbf, ...Array.from({ length: 8 }, (_, i) => Number((value >> BigInt(8 * i)) & 0xffn))];
}

/** The locks that a function holds that was interrupted `stop` bytes into it. */
function held({ kernel }: Made, at: bigint, stop: number, registers: Record<string, bigint> = {}): readonly HeldLock[] {
  const prog = kernel.opened();
  const pc = at + BigInt(stop);
  const values = prog.arch.registers.map((name) => ({ rsp: SP, rip: pc, ...registers })[name]);
  const symbol = prog.symbolAt(pc);
  const frame: StackFrame = {
    ...{ pc, lookupPc: pc, sp: SP, trust: 'registers', registers: values, known: values, ...(symbol && { symbol }) },
  };
  return heldLocks(prog, { frames: [frame], complete: true }, { cpu: 0, task: undefined });
}

test('a lock that was taken before is held, until it is given back', () => {
  const m = made();
  const at = m.kernel.nextCode;
  // mov $LOCK,%rdi; call lock; nop; mov $LOCK,%rdi; call unlock; nop
  const head = [...argument(LOCK), ...call(at + 10n, m.lock), ...NOP, ...argument(LOCK), ...call(at + 26n, m.unlock)];
  m.kernel.code('works', [...head, ...NOP, ...RET]);
  const [found, ...more] = held(m, at, 15);
  assert.deepEqual(more, []);
  assert.deepEqual(found, {
    ...{ lock: LOCK, how: 'spin', function: 'works', call: at + 10n, takenBy: '_raw_spin_lock_irqsave', index: 0 },
    sure: true,
  });
  assert.deepEqual(held(m, at, 10), []);
  assert.deepEqual(held(m, at, 31), []);
});

test('a lock inside an object is found by the register that keeps the object', () => {
  const m = made();
  const at = m.kernel.nextCode;
  // push %rbx; mov %rdi,%rbx; lea 0x10(%rbx),%rdi; call lock; nop
  const head = [0x53, 0x48, 0x89, 0xfb, 0x48, 0x8d, 0x7b, 0x10];
  m.kernel.code('works', [...head, ...call(at + 8n, m.lock), ...NOP, 0x5b, ...RET]);
  assert.deepEqual(
    held(m, at, 13, { rbx: LOCK }).map((h) => h.lock),
    [LOCK + 0x10n],
  );
  assert.deepEqual(held(m, at, 13), []);
});

test('one of two ways takes the lock: it is not sure', () => {
  const m = made();
  const at = m.kernel.nextCode;
  // test %esi,%esi; je 1f; mov $LOCK,%rdi; call lock; 1: nop
  m.kernel.code('may', [0x85, 0xf6, 0x74, 0x0f, ...argument(LOCK), ...call(at + 14n, m.lock), ...NOP, ...RET]);
  assert.deepEqual(
    held(m, at, 19).map((h) => [h.lock, h.sure]),
    [[LOCK, false]],
  );
});

test('an unlock that is inlined gives it back; one of a lock that is not known may be of this one', () => {
  const m = made();
  const inlined = m.kernel.nextCode;
  // push %rbx; mov %rdi,%rbx; call lock; movb $0,(%rbx); nop
  const head = [0x53, 0x48, 0x89, 0xfb, ...call(inlined + 4n, m.lock)];
  m.kernel.code('inlined', [...head, 0xc6, 0x03, 0x00, ...NOP, 0x5b, ...RET]);
  assert.equal(held(m, inlined, 9, { rbx: LOCK }).length, 1);
  assert.deepEqual(held(m, inlined, 12, { rbx: LOCK }), []);
  const unknown = m.kernel.nextCode;
  // mov $LOCK,%rdi; call lock; mov (%rax),%rdi; call unlock; nop
  const start = [...argument(LOCK), ...call(unknown + 10n, m.lock), 0x48, 0x8b, 0x38];
  m.kernel.code('unknown', [...start, ...call(unknown + 18n, m.unlock), ...NOP, ...RET]);
  assert.deepEqual(held(m, unknown, 23), []);
});

test('code that is not there, or a loop without an end, holds nothing', () => {
  const m = made();
  const at = m.kernel.code('loops', [0xeb, 0xfe]);
  assert.deepEqual(held(m, at, 0), []);
  assert.deepEqual(held(m, TestKernel.BASE + 0x900_0000n, 0), []);
});
