import assert from 'node:assert/strict';
import { test } from 'node:test';
import { arrayType, structType, u64Type } from '../../../test/build/c-types.ts';
import { TestKernel } from '../../../test/build/test-program.ts';
import type { RegisterValues } from '../../program/ports.ts';
import { type Stack, unwindTask } from '../../unwind/index.ts';
import { riscv64 } from '../riscv64.ts';

const TEXT = TestKernel.BASE + 0x100000n;
const TASK = TestKernel.BASE + 0x200000n;
const STACK = TestKernel.BASE + 0x300000n;
const TOP = STACK + 0x4000n;
const IRQ = TestKernel.BASE + 0x408000n;
const OVERFLOW = TestKernel.BASE + 0x500000n;
const FUNCTION = 0x100n;
const PT_REGS = 0x120n;
const FROM_KERNEL = 0x200000120n;
const FROM_USER = 0x200004020n;
const REGISTERS = { ra: 1, sp: 2, fp: 8, pc: 64 } as const;

/** addi sp,sp,-16; sd s0,0(sp); sd ra,8(sp); addi s0,sp,16; ld ra,8(sp); ld s0,0(sp); ld a0,192(a0); addi sp,sp,16; ret */
const WITH_FRAME = [0x1141, 0xe022, 0xe406, 0x0800, 0x60a2, 0x6402, 0x6168, 0x0141, 0x8082];

class RiscvKernel extends TestKernel {
  constructor() {
    super();
    for (const [at, size] of [
      [TEXT, 0x6000],
      [STACK, 0x4000],
      [IRQ, 0x4000],
      [TASK, 0x2000],
      [OVERFLOW, 0x1000],
    ] as const)
      this.fill(at, size);
    const thread = structType('thread_struct', 112, {
      ...{ ra: [0, u64Type], sp: [8, u64Type], s: [16, arrayType(u64Type, 12)] },
    });
    this.type(structType('task_struct', 256, { stack: [8, u64Type], mm: [16, u64Type], thread: [32, thread] }));
    for (let i = 0; i < 9; i++) {
      this.symbol(`f${i}`, this.at(i), Number(FUNCTION));
      this.code(this.at(i), WITH_FRAME.slice(0, 4));
    }
    this.symbol('handle_exception', TEXT + 0x2000n, Number(FUNCTION));
    this.symbol('ret_from_fork', TEXT + 0x2100n, Number(FUNCTION));
    this.symbol('__per_cpu_offset', TASK + 0x1000n, 8, 'D');
    this.symbol('irq_stack_ptr', TASK + 0x1010n, 8, 'D');
    this.symbol('overflow_stack', OVERFLOW, 4096, 'D');
    this.word(TASK + 0x1010n, IRQ);
    this.word(TASK + 8n, STACK);
  }

  at(i: number, offset = 0n): bigint {
    return TEXT + BigInt(i) * FUNCTION + offset;
  }

  code(at: bigint, halves: readonly number[]): void {
    for (let i = 0; i < halves.length; i += 4) {
      const word = [0, 1, 2, 3].reduce((sum, k) => sum | (BigInt(halves[i + k] ?? 0) << BigInt(16 * k)), 0n);
      this.word(at + BigInt(i * 2), word);
    }
  }

  /** A function's frame below `fp`. */
  frame(fp: bigint, callerFp: bigint, returns: bigint): void {
    this.word(fp - 16n, callerFp);
    this.word(fp - 8n, returns);
  }

  /** `struct pt_regs` at `at`: pc, x1 to x31, status, badaddr, cause, orig_a0. */
  exception(at: bigint, pc: bigint, ra: bigint, sp: bigint, fp: bigint, status = FROM_KERNEL): void {
    for (let i = 1n; i < 36n; i++) this.word(at + i * 8n, 0n);
    this.word(at, pc);
    this.word(at + 8n, ra);
    this.word(at + 16n, sp);
    this.word(at + 32n, TASK);
    this.word(at + 64n, fp);
    this.word(at + 256n, status);
    this.word(at + 272n, 13n);
  }

  running(pc: bigint, fp: bigint, sp: bigint, ra = 0n): Stack {
    const values: RegisterValues = [];
    values[REGISTERS.ra] = ra;
    values[REGISTERS.sp] = sp;
    values[REGISTERS.fp] = fp;
    values[REGISTERS.pc] = pc;
    return unwindTask(this.program(riscv64), TASK, { cpu: 0, registers: values });
  }
}

const EXCEPTION = TEXT + 0x2010n;

function frames(stack: Stack): string[] {
  return stack.frames.map((f) => {
    const place = f.user ? 'user' : f.symbol ? `${f.symbol.name}+${f.offset}` : `0x${f.pc.toString(16)}`;
    return `${place}${f.stack ? ` ${f.stack}` : ''}${f.registers ? ' regs' : ''}`;
  });
}

test('an exception on the interrupt stack, down to user space', () => {
  const k = new RiscvKernel();
  k.word(TASK + 16n, 1n); // it has an mm
  const user = TOP - PT_REGS;
  k.exception(user, 0x10400n, 0n, 0x7fff0000n, 0x7fff1000n, FROM_USER);
  k.frame(user, 0x7fff1000n, EXCEPTION); // f3 handles a system call
  k.frame(user - 0x40n, user, k.at(3, 0x10n)); // f4, which is interrupted
  k.exception(user - 0x200n, k.at(4, 0x20n), 0n, user - 0x80n, user - 0x40n);
  k.frame(user - 0x200n, user - 0x40n, EXCEPTION); // f5 goes to the interrupt stack
  k.frame(IRQ + 0x4000n, user - 0x200n, k.at(5, 0x10n)); // f6
  k.exception(IRQ + 0x3e00n, k.at(6, 0x30n), 0n, IRQ + 0x3fc0n, IRQ + 0x4000n);
  k.frame(IRQ + 0x3e00n, IRQ + 0x4000n, EXCEPTION); // f7 handles a fault
  const stack = k.running(k.at(7, 0x40n), IRQ + 0x3e00n, IRQ + 0x3d00n);
  assert.deepEqual(frames(stack), [
    'f7+64 irq regs',
    'handle_exception+16 irq',
    'f6+48 irq regs',
    'f5+16',
    'handle_exception+16 task',
    'f4+32 task regs',
    'f3+16 task',
    'handle_exception+16 task',
    'user regs',
  ]);
  assert.equal(stack.stopped, undefined);
});

test('a blocked kernel thread, down to its first function', () => {
  const k = new RiscvKernel();
  k.word(TASK + 32n, k.at(1, 0x20n));
  k.word(TASK + 40n, TOP - 0x200n);
  k.word(TASK + 48n, TOP - 0x1c0n); // s0
  k.frame(TOP - 0x1c0n, TOP - 0x180n, k.at(2, 0x20n));
  k.frame(TOP - 0x180n, 0n, TEXT + 0x210en);
  const stack = unwindTask(k.program(riscv64), TASK);
  assert.deepEqual(frames(stack), ['f1+32 task', 'f2+32 task', 'ret_from_fork+14 task']);
  assert.equal(stack.stopped, undefined);
});

test('a function is hit before it has a frame, with one, behind it, and by a call through NULL', () => {
  const at = (halves: number, whole = true): string[] => {
    const k = new RiscvKernel();
    k.code(k.at(1), WITH_FRAME);
    const fp = TOP - 0x180n;
    k.frame(fp, 0n, TEXT + 0x210en); // f2, which called f1
    const own = fp - 0x40n;
    k.frame(own, fp, k.at(2, 0x20n));
    const pc = whole ? k.at(1, BigInt(halves * 2)) : 0n;
    const inside = whole && halves >= 4 && halves < 6;
    k.exception(TOP - 0x400n, pc, k.at(2, 0x20n), inside ? own - 0x10n : own, inside ? own : fp);
    k.frame(TOP - 0x400n, fp, EXCEPTION);
    return frames(k.running(k.at(5, 0x20n), TOP - 0x400n, TOP - 0x480n)).slice(2);
  };
  const rest = ['f2+32 task', 'ret_from_fork+14 task'];
  for (const halves of [0, 2, 4, 5, 6, 7, 8]) {
    assert.deepEqual(at(halves), [`f1+${halves * 2} task regs`, ...rest], `${halves} instructions in`);
  }
  assert.deepEqual(at(0, false), ['0x0 task regs', ...rest]);
});

test('a function that calls none saves the frame pointer alone', () => {
  const k = new RiscvKernel();
  k.code(k.at(1), [0x1141, 0xe422, 0x0800]); // addi sp,sp,-16; sd s0,8(sp); addi s0,sp,16
  const fp = TOP - 0x180n;
  k.frame(fp, 0n, TEXT + 0x210en);
  k.word(fp - 0x40n - 8n, fp); // f1's: the caller's frame pointer where others have the return address
  const stack = k.running(k.at(1, 0x20n), fp - 0x40n, fp - 0x50n, k.at(2, 0x20n));
  assert.deepEqual(frames(stack), ['f1+32 task regs', 'f2+32 task', 'ret_from_fork+14 task']);
});

test('an overflow leaves the stack; the function that it hit has not saved its return address yet', () => {
  const k = new RiscvKernel();
  k.symbol('handle_bad_stack', TEXT + 0x2200n, Number(FUNCTION));
  // addi sp,sp,-384; sd s0,368(sp); addi s0,sp,384; sd s1,360(sp); sd s2,352(sp); sd s3,344(sp); sd ra,376(sp)
  k.code(k.at(1), [0x7109, 0xfaa2, 0x0300, 0xf6a6, 0xf2ca, 0xeece, 0xfe86]);
  const fp = TOP - 0x180n;
  k.frame(fp, 0n, TEXT + 0x210en);
  const own = fp - 0x40n;
  k.word(own - 16n, fp);
  k.word(own - 8n, 0n);
  k.exception(OVERFLOW + 0xe00n, k.at(1, 10n), k.at(2, 0x20n), own - 0x180n, own);
  k.frame(OVERFLOW + 0xe00n, own, k.at(2, 0x20n));
  k.frame(OVERFLOW + 0xd00n, OVERFLOW + 0xe00n, TEXT + 0x2220n);
  assert.deepEqual(frames(k.running(k.at(5, 0x20n), OVERFLOW + 0xd00n, OVERFLOW + 0xc00n)), [
    'f5+32 overflow regs',
    'handle_bad_stack+32 overflow',
    'f1+10 task regs',
    'f2+32 task',
    'ret_from_fork+14 task',
  ]);
});

test('chains that break say where', () => {
  const k = new RiscvKernel();
  k.frame(TOP - 0x180n, TOP - 0x100n, 0x1234n);
  assert.match(
    k.running(k.at(1, 0x20n), TOP - 0x180n, TOP - 0x1a0n).stopped ?? '',
    /returns to 0x0*1234, which is not code/,
  );
  assert.match(
    k.running(k.at(1, 0x20n), 0x5000n, TOP - 0x1a0n).stopped ?? '',
    /frame pointer 0x0*5000 is not on a stack/,
  );
  k.frame(TOP - 0x180n, TOP - 0x180n, k.at(2, 0x20n)); // a circle
  assert.ok(k.running(k.at(1, 0x20n), TOP - 0x180n, TOP - 0x1a0n).frames.length < 1000);
});

test('exception frames are told by their contents', () => {
  const k = new RiscvKernel();
  const stack = { name: 'task', low: STACK, high: TOP };
  k.exception(STACK + 0x1000n, k.at(1, 4n), 0n, STACK + 0x1200n, STACK + 0x1300n);
  k.exception(STACK + 0x1800n, k.at(1, 4n), 0n, STACK + 0x1a00n, 0n, 0x120n); // 32-bit user programs: not of this kernel
  k.exception(STACK + 0x2000n, 0x10400n, 0n, 0x7fff0000n, 0n, FROM_USER); // of user space, but not at the end
  k.exception(TOP - PT_REGS, 0x10400n, 0n, 0x7fff0000n, 0n, FROM_USER);
  const found = riscv64.unwind?.exceptionFrames?.(k.program(riscv64), stack) ?? [];
  assert.deepEqual(
    found.map((f) => [f.at - STACK, f.user]),
    [
      [0x1000n, false],
      [0x4000n - PT_REGS, true],
    ],
  );
});

test('registers of a CPU note; whether interrupts were on', () => {
  const desc = new Uint8Array(376);
  const view = new DataView(desc.buffer);
  for (let i = 0; i < 32; i++) view.setBigUint64(112 + i * 8, 0x1000n + BigInt(i), true);
  const values = riscv64.unwind?.prstatus(desc, true) ?? [];
  const named = (name: string) => values[riscv64.registers.indexOf(name)];
  assert.deepEqual(['pc', 'ra', 'sp', 'tp', 's0', 'a0', 's2', 't6'].map(named), [
    ...[0x1000n, 0x1001n, 0x1002n, 0x1004n, 0x1008n, 0x100an, 0x1012n, 0x101fn],
  ]);
  assert.equal(riscv64.unwind?.prstatus(desc.subarray(0, 360), true), undefined);
  const status = riscv64.registers.indexOf('status');
  const on = (value: bigint) => riscv64.unwind?.interruptsOn?.(Object.assign([], { [status]: value }));
  assert.deepEqual([on(0x120n), on(0x100n), riscv64.unwind?.interruptsOn?.([])], [true, false, undefined]);
});
