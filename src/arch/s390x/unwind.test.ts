import assert from 'node:assert/strict';
import { test } from 'node:test';
import { structType, u64Type } from '../../../test/build/c-types.ts';
import { TestKernel } from '../../../test/build/test-program.ts';
import type { RegisterValues } from '../../program/ports.ts';
import { type Stack, unwindTask } from '../../unwind/index.ts';
import { s390x } from '../s390x.ts';

const TEXT = TestKernel.BASE + 0x100000n;
const TASK = TestKernel.BASE + 0x200000n;
const STACK = TestKernel.BASE + 0x300000n;
const TOP = STACK + 0x4000n;
const ASYNC = TestKernel.BASE + 0x408000n;
const LOWCORE = TestKernel.BASE + 0x500000n;
const FUNCTION = 0x100n;
const FRAME = 160n;
const REGS = 184n;
const KERNEL_PSW = 0x0704d00180000000n;
const USER_PSW = 0x0705200180000000n;
/** lay %r15,-160(%r15); stg %r14,152(%r15) */
const PROLOGUE = [0xe3, 0xf0, 0xff, 0x60, 0xff, 0x71, 0xe3, 0xe0, 0xf0, 0x98, 0x00, 0x24];

class S390Kernel extends TestKernel {
  constructor(functions: number) {
    super();
    this.fill(TEXT, 0x4000);
    this.fill(STACK, 0x4000);
    this.fill(ASYNC, 0x4000);
    this.type(
      structType('task_struct', 128, {
        stack: [8, u64Type],
        thread: [32, structType('thread_struct', 16, { ksp: [8, u64Type] })],
      }),
    );
    this.type(structType('stack_frame', 160, { gprs: [72, u64Type], back_chain: [152, u64Type] }));
    this.type(structType('pt_regs', Number(REGS), { psw: [8, u64Type], orig_gpr2: [152, u64Type] }));
    this.type(structType('lowcore', 0x400, { async_stack: [0x350, u64Type], nodat_stack: [0x358, u64Type] }));
    for (let i = 0; i < functions; i++) {
      this.symbol(`f${i}`, this.at(i), Number(FUNCTION));
      this.code(this.at(i), PROLOGUE);
    }
    this.symbol('lowcore_ptr', TASK + 0x1000n, 8, 'D');
    this.word(TASK + 0x1000n, LOWCORE);
    this.word(LOWCORE + 0x350n, ASYNC + 0x4000n - FRAME - REGS); // where the first frame begins
    this.word(TASK + 8n, STACK);
  }

  override word(at: bigint, value: bigint): void {
    const bytes = Array.from({ length: 8 }, (_, i) => Number((value >> BigInt(56 - 8 * i)) & 0xffn));
    this.code(at, bytes);
  }

  code(at: bigint, bytes: readonly number[]): void {
    this.memory.write(Number(at - TestKernel.BASE), Uint8Array.from(bytes));
  }

  at(i: number, offset = 0n): bigint {
    return TEXT + BigInt(i) * FUNCTION + offset;
  }

  /** A frame at `sp`, whose caller's is at `back`; `saved`: where the function that it called returns to. */
  frame(sp: bigint, back: bigint, saved = 0n): void {
    this.word(sp + 152n, back);
    this.word(sp + 72n + 8n * 8n, saved);
  }

  /** What an exception saves behind a frame at `sp` that ends the chain. */
  exception(sp: bigint, mask: bigint, pc: bigint, r14: bigint, r15: bigint): void {
    const at = sp + FRAME;
    this.word(sp + 152n, 0n);
    this.word(at + 8n, mask);
    this.word(at + 16n, pc);
    for (let i = 0; i < 16; i++) this.word(at + 24n + BigInt(8 * i), 0x500n + BigInt(i));
    this.word(at + 24n + 14n * 8n, r14);
    this.word(at + 24n + 15n * 8n, r15);
  }

  running(pc: bigint, sp: bigint, r14 = 0n): Stack {
    const values: RegisterValues = [];
    values[14] = r14;
    values[15] = sp;
    values[64] = KERNEL_PSW;
    values[65] = pc;
    return unwindTask(this.program(s390x), TASK, { cpu: 0, registers: values });
  }
}

function frames(stack: Stack): string[] {
  return stack.frames.map((f) => {
    const place = f.user ? 'user' : f.symbol ? `${f.symbol.name}+${f.offset}` : `0x${f.pc.toString(16)}`;
    return `${place}${f.stack ? ` ${f.stack}` : ''}${f.registers ? ' regs' : ''}`;
  });
}

const ENTRY = TOP - REGS - FRAME - 16n;

test('from the interrupt stack through an exception down to user space', () => {
  const k = new S390Kernel(8);
  k.frame(ASYNC + 0x3000n, ASYNC + 0x3100n);
  k.frame(ASYNC + 0x3100n, TOP - 0x900n, k.at(1, 8n));
  k.frame(TOP - 0x900n, TOP - 0x800n, k.at(2, 8n));
  k.frame(TOP - 0x800n, 0n, k.at(3, 8n));
  k.exception(TOP - 0x800n, KERNEL_PSW, k.at(4, 0x20n), 0n, TOP - 0x500n);
  k.frame(TOP - 0x500n, ENTRY, 0x1234n);
  k.frame(ENTRY, 0n, k.at(5, 8n));
  k.exception(ENTRY, USER_PSW, 0x1001000n, 0n, 0x3ffd0c79d20n);
  const stack = k.running(k.at(0, 0x20n), ASYNC + 0x3000n);
  assert.deepEqual(frames(stack), [
    'f0+32 irq regs',
    'f1+8 irq',
    'f2+8 task',
    'f3+8 task',
    'f4+32 task regs',
    'f5+8 task',
    'user regs',
  ]);
  assert.equal(stack.complete, true);
  assert.equal(stack.frames[4]?.registers?.[0], 0x500n);
  assert.equal(stack.frames[6]?.pc, 0x1001000n);
});

test('a function that was interrupted before it had a frame returns to r14', () => {
  const k = new S390Kernel(4);
  k.frame(TOP - 0x500n, ENTRY);
  k.frame(ENTRY, 0n, k.at(2, 8n));
  k.exception(ENTRY, USER_PSW, 0x1001000n, 0n, 0x7000n);
  assert.deepEqual(frames(k.running(k.at(0), TOP - 0x500n, k.at(1, 8n))).slice(0, 3), [
    'f0+0 task regs',
    'f1+8 task',
    'f2+8 task',
  ]);
  // behind the prologue r14 may be anything
  assert.deepEqual(frames(k.running(k.at(0, 12n), TOP - 0x500n, k.at(1, 8n))).slice(0, 2), [
    'f0+12 task regs',
    'f2+8 task',
  ]);
});

test('a function that was interrupted before it stored its back chain, as where a stack overflows', () => {
  const k = new S390Kernel(4);
  const low = STACK - 0x40n; // the caller's frame begins below the stack, what it saved lies on it
  k.frame(low, ENTRY, k.at(1, 8n));
  k.frame(ENTRY, 0n, k.at(2, 8n));
  k.exception(ENTRY, USER_PSW, 0x1001000n, 0n, 0x7000n);
  assert.deepEqual(frames(k.running(k.at(0, 6n), low - 160n)).slice(0, 3), ['f0+6 regs', 'f1+8', 'f2+8 task']);
});

test('a task that waits begins where __switch_to saved; a kernel thread ends without registers', () => {
  const k = new S390Kernel(4);
  k.word(TASK + 40n, TOP - 0x500n);
  k.frame(TOP - 0x500n, TOP - 0x300n, k.at(0, 8n));
  k.word(TOP - 0x500n + 72n, 0x66n); // r6
  k.frame(TOP - 0x300n, ENTRY, k.at(1, 8n));
  k.frame(ENTRY, 0n, k.at(2, 8n));
  const stack = unwindTask(k.program(s390x), TASK);
  assert.deepEqual(frames(stack), ['f0+8 task', 'f1+8 task', 'f2+8 task']);
  assert.equal(stack.complete, true);
  assert.equal(stack.frames[0]?.known[6], 0x66n);
});

test('a handler that was jumped to, with registers behind its frame', () => {
  const k = new S390Kernel(4);
  k.frame(ASYNC + 0x3000n, ASYNC + 0x3100n);
  k.exception(ASYNC + 0x3100n, KERNEL_PSW, k.at(1, 12n), 0n, TOP - 0x500n);
  k.word(ASYNC + 0x3100n + 72n + 64n, 0x200n); // what r14 held
  k.frame(TOP - 0x500n, ENTRY);
  k.frame(ENTRY, 0n, k.at(2, 8n));
  assert.deepEqual(frames(k.running(k.at(0, 12n), ASYNC + 0x3000n)).slice(0, 3), [
    'f0+12 irq regs',
    'f1+12 task regs',
    'f2+8 task',
  ]);
});

test('broken chains stop with a reason', () => {
  const k = new S390Kernel(4);
  k.frame(TOP - 0x500n, TOP - 0x300n);
  k.frame(TOP - 0x300n, ENTRY, 0x1234n);
  assert.match(k.running(k.at(0, 12n), TOP - 0x500n).stopped ?? '', /returns to 0x1234, which is not code/);
  k.frame(TOP - 0x500n, TASK);
  assert.match(k.running(k.at(0, 12n), TOP - 0x500n).stopped ?? '', /is not on a stack of this task/);
  k.frame(TOP - 0x500n, TOP - 0x700n);
  k.frame(TOP - 0x700n, TOP - 0x500n, k.at(1, 8n));
  assert.match(k.running(k.at(0, 12n), TOP - 0x500n).stopped ?? '', /does not lie above/);
});

test('exception frames lie behind the end of a chain', () => {
  const k = new S390Kernel(4);
  k.exception(STACK + 0x1000n, KERNEL_PSW, k.at(1), 0n, STACK + 0x2000n);
  k.exception(STACK + 0x1400n, KERNEL_PSW, k.at(1), 0n, STACK + 0x2000n);
  k.word(STACK + 0x1400n + 152n, STACK + 0x1800n); // a chain that goes on
  k.exception(STACK + 0x1800n, KERNEL_PSW, 0x77n << 40n, 0n, STACK + 0x2000n); // no code
  k.exception(STACK + 0x1c00n, KERNEL_PSW, k.at(1), 0n, STACK + 0x1000n); // a frame below it
  k.exception(STACK + 0x2400n, USER_PSW, 0x1000n, 0n, 0x7000n); // not at the end
  k.exception(ENTRY, USER_PSW, 0x1000n, 0n, 0x7000n);
  const range = { name: 'task', low: STACK, high: TOP };
  const found = s390x.unwind?.exceptionFrames?.(k.program(s390x), range) ?? [];
  assert.deepEqual(
    found.map((f) => [f.at - STACK, f.user]),
    [
      [0x1000n + FRAME, false],
      [ENTRY + FRAME - STACK, true],
    ],
  );
});

test('registers of a note', () => {
  const desc = new Uint8Array(0x150);
  const view = new DataView(desc.buffer);
  view.setBigUint64(112, USER_PSW);
  view.setBigUint64(120, 0x1000n);
  for (let i = 0; i < 16; i++) view.setBigUint64(128 + 8 * i, BigInt(0x100 + i));
  const values = s390x.unwind?.prstatus(desc, false) ?? [];
  assert.equal(values[0], 0x100n);
  assert.equal(values[15], 0x10fn);
  assert.equal(values[s390x.registers.indexOf('pswa')], 0x1000n);
  assert.equal(s390x.unwind?.isUser(new S390Kernel(0).program(s390x), values), true);
  assert.equal(s390x.unwind?.interruptsOn?.(values), true);
  assert.equal(s390x.unwind?.prstatus(desc.subarray(0, 200), false), undefined);
});
