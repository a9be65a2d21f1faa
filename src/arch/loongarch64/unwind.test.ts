import assert from 'node:assert/strict';
import { test } from 'node:test';
import { structType, u64Type } from '../../../test/build/c-types.ts';
import { TestKernel } from '../../../test/build/test-program.ts';
import type { RegisterValues } from '../../program/ports.ts';
import { type Stack, unwindTask } from '../../unwind/index.ts';
import { loongarch64 } from '../loongarch64.ts';

const TEXT = TestKernel.BASE + 0x100000n;
const TASK = TestKernel.BASE + 0x200000n;
const STACK = TestKernel.BASE + 0x300000n;
const TOP = STACK + 0x4000n;
const IRQ = TestKernel.BASE + 0x408000n;
const FUNCTION = 0x100n;
const PT_REGS = 0x140n;
/** PLV0 with paging; what an exception saved of user space and of the kernel. */
const MODE = 0xb0n;
const FROM_USER = 7n;
const FROM_KERNEL = 4n;

/** addi.d sp,sp,-64; st.d ra,sp,56; st.d fp,sp,48; st.d s0,sp,40 */
const PROLOGUE = [0x02ff0063, 0x29c0e061, 0x29c0c076, 0x29c0a077];
/** ld.d ra,sp,56; ld.d fp,sp,48; ld.d s0,sp,40; addi.d sp,sp,64; ret */
const EPILOGUE = [0x28c0e061, 0x28c0c076, 0x28c0a077, 0x02c10063, 0x4c000020];

class LoongKernel extends TestKernel {
  constructor() {
    super();
    for (const [at, size] of [
      [TEXT, 0x6000],
      [STACK, 0x4000],
      [IRQ, 0x4000],
      [TASK, 0x2000],
    ] as const)
      this.fill(at, size);
    const saved = ['reg01', 'reg03', ...Array.from({ length: 10 }, (_, i) => `reg${22 + i}`)];
    const members = Object.fromEntries(saved.map((name, i) => [name, [i * 8, u64Type] as const]));
    const thread = structType('thread_struct', 96, members);
    this.type(structType('task_struct', 256, { stack: [8, u64Type], mm: [16, u64Type], thread: [32, thread] }));
    for (let i = 0; i < 9; i++) {
      this.symbol(`f${i}`, this.at(i), Number(FUNCTION));
      this.code(this.at(i), PROLOGUE);
    }
    this.symbol('handle_syscall', TEXT + 0x2000n, Number(FUNCTION));
    this.symbol('ret_from_kernel_thread_asm', TEXT + 0x2100n, Number(FUNCTION));
    this.symbol('__per_cpu_offset', TASK + 0x1000n, 8, 'D');
    this.symbol('irq_stack', TASK + 0x1010n, 8, 'D');
    this.word(TASK + 0x1010n, IRQ);
    this.word(TASK + 8n, STACK);
  }

  at(i: number, offset = 0n): bigint {
    return TEXT + BigInt(i) * FUNCTION + offset;
  }

  code(at: bigint, words: readonly number[]): void {
    for (let i = 0; i < words.length; i += 2) {
      this.word(at + BigInt(i * 4), BigInt(words[i] ?? 0) | (BigInt(words[i + 1] ?? 0) << 32n));
    }
  }

  /** The frame of a function with the prologue, whose stack pointer is `sp`. */
  frame(sp: bigint, returns: bigint, fp = 0n, s0 = 0n): void {
    this.word(sp + 56n, returns);
    this.word(sp + 48n, fp);
    this.word(sp + 40n, s0);
  }

  /** `struct pt_regs` at `at`: r0 to r31, orig_a0, era, badvaddr, crmd, prmd, euen, ecfg, estat. */
  exception(at: bigint, pc: bigint, sp: bigint, ra: bigint, prmd: bigint): void {
    for (let i = 0n; i < 40n; i++) this.word(at + i * 8n, 0n);
    this.word(at + 8n, ra);
    this.word(at + 24n, sp);
    this.word(at + 33n * 8n, pc);
    this.word(at + 35n * 8n, MODE);
    this.word(at + 36n * 8n, prmd);
  }

  running(pc: bigint, sp: bigint, more: Readonly<Record<number, bigint>> = {}): Stack {
    const values: RegisterValues = [];
    values[3] = sp;
    values[64] = pc;
    for (const [register, value] of Object.entries(more)) values[Number(register)] = value;
    return unwindTask(this.program(loongarch64), TASK, { cpu: 0, registers: values });
  }
}

function frames(stack: Stack): string[] {
  return stack.frames.map((f) => {
    const place = f.user ? 'user' : f.symbol ? `${f.symbol.name}+${f.offset}` : `0x${f.pc.toString(16)}`;
    return `${place}${f.registers ? ' regs' : ''}`;
  });
}

const START = TEXT + 0x2110n;

test('a system call, down to user space; room of a size that the code does not tell', () => {
  const k = new LoongKernel();
  k.word(TASK + 16n, 1n); // it has an mm
  const user = TOP - PT_REGS;
  k.exception(user, 0x12001abe8n, 0x7ffffbfdbb60n, 0n, FROM_USER);
  // f2: addi.d fp,sp,64 and sub.d sp,sp,a0
  k.code(k.at(2), [...PROLOGUE, 0x02c10076, 0x00119063]);
  const own = user - 64n;
  k.frame(own, TEXT + 0x2020n, 0x1200e0058n);
  const room = own - 0x370n; // of which only the frame pointer tells the end
  k.frame(room - 64n, k.at(2, 0x20n), user);
  const stack = k.running(k.at(1, 0x20n), room - 64n);
  assert.deepEqual(frames(stack), ['f1+32 regs', 'f2+32', 'handle_syscall+32', 'user regs']);
  assert.equal(stack.stopped, undefined);
});

test('room of a size that the code does not tell, in a part of the function that stands behind its return', () => {
  const k = new LoongKernel();
  k.word(TASK + 16n, 1n);
  const user = TOP - PT_REGS;
  k.exception(user, 0x12001abe8n, 0x7ffffbfdbb60n, 0n, FROM_USER);
  // f2: addi.d fp,sp,64; sub.d sp,sp,a0; addi.d sp,fp,-64 and the way out; then code that jumps back
  k.code(k.at(2), [...PROLOGUE, 0x02c10076, 0x00119063, 0x02ff02c3, ...EPILOGUE]);
  const own = user - 64n;
  k.frame(own, TEXT + 0x2020n, 0x1200e0058n);
  const room = own - 0x370n;
  k.frame(room - 64n, k.at(2, 0x38n), user);
  // stale words where the frame would end without that room
  k.frame(room, k.at(3, 0x20n));
  const stack = k.running(k.at(1, 0x20n), room - 64n);
  assert.deepEqual(frames(stack), ['f1+32 regs', 'f2+56', 'handle_syscall+32', 'user regs']);
});

test('a blocked kernel thread, down to its first function', () => {
  const k = new LoongKernel();
  k.word(TASK + 32n, k.at(1, 0x20n));
  k.word(TASK + 40n, TOP - 0x200n);
  k.frame(TOP - 0x200n, k.at(2, 0x20n));
  k.frame(TOP - 0x1c0n, START);
  const stack = unwindTask(k.program(loongarch64), TASK);
  assert.deepEqual(frames(stack), ['f1+32', 'f2+32', 'ret_from_kernel_thread_asm+16']);
  assert.equal(stack.stopped, undefined);
});

test('a function is hit anywhere in its code, and one that another part of it jumps to', () => {
  const k = new LoongKernel();
  // the fast path returns early: beqz a0, to the slow one behind it
  k.code(k.at(1), [0x40001880, ...PROLOGUE, 0x4c000020, 0x03400000, 0x03400000]);
  k.code(k.at(3), [...PROLOGUE, ...EPILOGUE, 0x03400000]);
  const sp = TOP - 0x1c0n;
  k.frame(sp, START); // of f2, the caller
  const hit = (pc: bigint, whole: boolean): string[] => {
    const own = whole ? sp - 64n : sp;
    if (whole) k.frame(own, k.at(2, 0x20n));
    return frames(k.running(pc, own, { 1: k.at(2, 0x20n) }));
  };
  const rest = ['f2+32', 'ret_from_kernel_thread_asm+16'];
  for (const [words, whole] of [
    [0, false],
    [1, true], // the stack pointer has moved, nothing is saved
    [2, true],
    [6, true],
    [8, false], // before the return
    [9, true], // behind it: as behind the prologue
  ] as const) {
    const pc = k.at(3, BigInt(words * 4));
    assert.deepEqual(hit(pc, whole), [`f3+${words * 4} regs`, ...rest], `${words} instructions in`);
  }
  assert.deepEqual(hit(k.at(1, 28n), false), ['f1+28 regs', ...rest]);
});

test('an interrupt on a stack of its own, and a handler that lies where no symbol is', () => {
  const k = new LoongKernel();
  const regs = TOP - 0x400n;
  const interrupted = TOP - 0x200n;
  k.frame(interrupted, START); // f4
  k.exception(regs, k.at(4, 0x20n), interrupted, 0n, FROM_KERNEL);
  // f5 goes to the interrupt stack: move s0,sp; move sp,s2; bl
  k.code(k.at(5), [...PROLOGUE, 0x00150077, 0x00150323, 0x54000000]);
  k.frame(regs - 64n, TASK + 0x1800n); // a copy of the handler
  const irq = IRQ + 0x3ff0n;
  k.frame(irq - 64n, k.at(5, 0x1cn), 0n, 0x55n);
  const stack = k.running(k.at(6, 0x20n), irq - 64n, { 23: 0n });
  assert.deepEqual(frames(stack).slice(0, 2), ['f6+32 regs', 'f5+28']);
  assert.match(stack.stopped ?? '', /is not on a stack/); // s0 was lost
  k.frame(irq - 64n, k.at(5, 0x1cn), 0n, regs - 64n);
  const whole = k.running(k.at(6, 0x20n), irq - 64n);
  assert.deepEqual(frames(whole), ['f6+32 regs', 'f5+28', 'f4+32 regs', 'ret_from_kernel_thread_asm+16']);
});

test('a call through NULL, a chain that breaks', () => {
  const k = new LoongKernel();
  const sp = TOP - 0x1c0n;
  k.frame(sp, START);
  assert.deepEqual(frames(k.running(0n, sp, { 1: k.at(2, 0x20n) })), [
    '0x0 regs',
    'f2+32',
    'ret_from_kernel_thread_asm+16',
  ]);
  k.frame(sp, 0x1234n);
  assert.match(k.running(k.at(2, 0x20n), sp).stopped ?? '', /returns to 0x0*1234, which is not code/);
});

test('registers of a CPU note; exception frames are told by their contents', () => {
  const desc = new Uint8Array(480);
  const view = new DataView(desc.buffer);
  for (let i = 0; i < 45; i++) view.setBigUint64(112 + i * 8, 0x1000n + BigInt(i), true);
  const values = loongarch64.unwind?.prstatus(desc, true) ?? [];
  const named = (name: string) => values[loongarch64.registers.indexOf(name)];
  assert.deepEqual(['ra', 'tp', 'sp', 'a0', 't8', 'u0', 'fp', 's0', 's8', 'pc'].map(named), [
    ...[0x1001n, 0x1002n, 0x1003n, 0x1004n, 0x1014n, 0x1015n, 0x1016n, 0x1017n, 0x101fn, 0x1021n],
  ]);
  const k = new LoongKernel();
  k.exception(STACK + 0x1000n, k.at(1, 4n), STACK + 0x1200n, 0n, FROM_KERNEL);
  k.exception(STACK + 0x2000n, 0x12001abe8n, 0x7fff0000n, 0n, FROM_USER); // of user space, but not at the end
  k.exception(TOP - PT_REGS, 0x12001abe8n, 0x7fff0000n, 0n, FROM_USER);
  const stack = { name: 'task', low: STACK, high: TOP };
  const found = loongarch64.unwind?.exceptionFrames?.(k.program(loongarch64), stack) ?? [];
  assert.deepEqual(
    found.map((f) => [f.at - STACK, f.user]),
    [
      [0x1000n, false],
      [0x4000n - PT_REGS, true],
    ],
  );
});
