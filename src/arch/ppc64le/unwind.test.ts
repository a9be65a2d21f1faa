import assert from 'node:assert/strict';
import { test } from 'node:test';
import { structType, u64Type } from '../../../test/build/c-types.ts';
import { TestKernel } from '../../../test/build/test-program.ts';
import type { RegisterValues } from '../../program/ports.ts';
import { type Stack, unwindTask } from '../../unwind/index.ts';
import { ppc64le } from '../ppc64le.ts';

const TEXT = TestKernel.BASE + 0x100000n;
const TASK = TestKernel.BASE + 0x200000n;
const STACK = TestKernel.BASE + 0x300000n;
const TOP = STACK + 0x4000n;
const SOFTIRQ = TestKernel.BASE + 0x404000n;
const EMERGENCY = TestKernel.BASE + 0x50c000n;
const FUNCTION = 0x100n;
const KERNEL_MSR = 0x8000000002009033n;
const USER_MSR = 0x800000000000d033n;
/** Words of `struct pt_regs`. */
const NIP = 32;
const MSR = 33;
const LINK = 36;

/** mflr r0; std r0,16(r1); stdu r1,-96(r1); nop; addi r1,r1,96; ld r0,16(r1); mtlr r0; blr; nop */
const FRAMED = [
  ...[0x7c0802a6, 0xf8010010, 0xf821ffa1, 0x60000000, 0x38210060],
  ...[0xe8010010, 0x7c0803a6, 0x4e800020, 0x60000000],
];
/** stdu r1,-64(r1); nop; addi r1,r1,64; blr: it calls nobody */
const LEAF = [0xf821ffc1, 0x60000000, 0x38210040, 0x4e800020];

/** Where kernels keep the marker in a frame, and how it is spelled. */
interface Layout {
  readonly marker: bigint;
  readonly value: bigint;
}
const OLD: Layout = { marker: 96n, value: 0x7265677368657265n };
const NEW: Layout = { marker: 32n, value: 0x53474552n };

class PowerKernel extends TestKernel {
  readonly layout: Layout;

  constructor(layout: Layout = NEW) {
    super();
    this.layout = layout;
    for (const [at, size] of [
      [TEXT, 0x4000],
      [TASK, 0x4000],
      [STACK, 0x4000],
      [SOFTIRQ, 0x4000],
    ] as const)
      this.fill(at, size);
    this.fill(EMERGENCY - 0x4000n, 0x4000);
    this.type(
      structType('task_struct', 128, {
        stack: [8, u64Type],
        thread: [32, structType('thread_struct', 8, { ksp: [0, u64Type] })],
      }),
    );
    this.type(structType('paca_struct', 64, { nmi_emergency_sp: [16, u64Type] }));
    this.word(TASK + 8n, STACK);
    this.word(this.symbol('softirq_ctx', TASK + 0x1000n, 8, 'B'), SOFTIRQ);
    this.word(this.symbol('paca_ptrs', TASK + 0x1100n, 8, 'D'), TASK + 0x1200n);
    this.word(TASK + 0x1200n, TASK + 0x1300n);
    this.word(TASK + 0x1310n, EMERGENCY);
    for (let i = 0; i < 9; i++) this.code(i, FRAMED);
  }

  at(i: number, offset = 0n): bigint {
    return TEXT + BigInt(i) * FUNCTION + offset;
  }

  code(i: number, words: readonly number[]): void {
    if (!this.symbols.some((s) => s.name === `f${i}`)) this.symbol(`f${i}`, this.at(i), Number(FUNCTION));
    for (let n = 0; n < words.length; n += 2)
      this.word(this.at(i, BigInt(n * 4)), BigInt(words[n] ?? 0) | (BigInt(words[n + 1] ?? 0) << 32n));
  }

  /** A frame that leads to `next`, whose function's caller saved `lr` there. */
  frame(at: bigint, next: bigint, lr: bigint): void {
    this.word(at, next);
    this.word(at + 16n, lr);
  }

  /** An exception's frame at `at`: what it interrupted. */
  exception(at: bigint, lr: bigint, nip: bigint, sp: bigint, msr = KERNEL_MSR, link = 0n): void {
    this.frame(at, sp, lr);
    this.word(at + this.layout.marker, this.layout.value);
    const regs = at + this.layout.marker + 16n;
    for (let i = 0; i < 32; i++) this.word(regs + BigInt(i * 8), BigInt(0x500 + i));
    this.word(regs + 8n, sp);
    this.word(regs + BigInt(NIP * 8), nip);
    this.word(regs + BigInt(MSR * 8), msr);
    this.word(regs + BigInt(LINK * 8), link);
  }

  running(nip: bigint, sp: bigint, link = 0n): Stack {
    const name = (register: string): number => ppc64le.registers.indexOf(register);
    const values: RegisterValues = [];
    values[name('r1')] = sp;
    values[name('nip')] = nip;
    values[name('msr')] = KERNEL_MSR;
    values[name('lr')] = link;
    return unwindTask(this.program(ppc64le), TASK, { cpu: 0, registers: values });
  }

  blocked(ksp: bigint): Stack {
    this.word(TASK + 32n, ksp);
    return unwindTask(this.program(ppc64le), TASK);
  }
}

function frames(stack: Stack): string[] {
  return stack.frames.map((f) => {
    const place = f.user ? 'user' : f.symbol ? `${f.symbol.name}+${f.offset}` : `0x${f.pc.toString(16)}`;
    return `${place}${f.stack ? ` ${f.stack}` : ''}${f.registers ? ' regs' : ''}`;
  });
}

for (const [name, layout] of Object.entries({ OLD, NEW })) {
  test(`${name}: from a softirq over what it interrupted down to user space`, () => {
    const k = new PowerKernel(layout);
    k.exception(TOP - 0x300n, k.at(6, 8n), 0x10040000n, 0x7fff0000n, USER_MSR);
    k.frame(TOP - 0x400n, TOP - 0x300n, k.at(5, 16n));
    k.exception(TOP - 0x800n, k.at(3, 8n), k.at(4, 12n), TOP - 0x480n);
    k.frame(TOP - 0x480n, TOP - 0x400n, 0n);
    k.frame(SOFTIRQ + 0x3f00n, TOP - 0x800n, k.at(2, 8n));
    k.frame(SOFTIRQ + 0x3e00n, SOFTIRQ + 0x3f00n, k.at(1, 8n));
    const stack = k.running(k.at(0, 12n), SOFTIRQ + 0x3d00n);
    k.frame(SOFTIRQ + 0x3d00n, SOFTIRQ + 0x3e00n, 0n);
    const again = k.running(k.at(0, 12n), SOFTIRQ + 0x3d00n);
    assert.deepEqual(frames(again), [
      'f0+12 softirq regs',
      'f1+8 softirq',
      'f2+8 softirq',
      'f3+8 task',
      'f4+12 task regs',
      'f5+16 task',
      'f6+8 task',
      'user regs',
    ]);
    assert.equal(again.complete, true);
    assert.equal(again.frames[4]?.lookupPc, k.at(4, 12n), 'an interrupted pc is exact');
    assert.equal(again.frames[7]?.registers?.[1], 0x7fff0000n);
    assert.equal(stack.complete, false, 'an empty frame leads nowhere');
  });
}

test('the return address of an interrupted function: before, in and behind its frame', () => {
  const k = new PowerKernel();
  k.code(7, LEAF);
  k.frame(TOP - 0x100n, 0n, 0n);
  k.frame(TOP - 0x200n, TOP - 0x100n, k.at(1, 8n));
  k.frame(TOP - 0x300n, TOP - 0x200n, k.at(5, 8n)); // left over from another call
  const second = (nip: bigint, sp: bigint, link: bigint): string | undefined => frames(k.running(nip, sp, link))[1];
  const caller = 'f1+8 task';
  assert.equal(second(k.at(0), TOP - 0x200n, k.at(1, 8n)), caller, 'at its first instruction');
  assert.equal(second(k.at(0, 8n), TOP - 0x200n, k.at(0, 4n)), caller, 'saved, but without a frame');
  assert.equal(second(k.at(0, 12n), TOP - 0x300n, k.at(0, 4n)), caller, 'with a frame');
  assert.equal(second(k.at(0, 20n), TOP - 0x200n, k.at(0, 4n)), caller, 'its frame is gone');
  assert.equal(second(k.at(0, 32n), TOP - 0x300n, k.at(0, 4n)), caller, 'behind its return');
  assert.equal(second(k.at(7, 4n), TOP - 0x300n, k.at(1, 8n)), caller, 'a leaf with a frame');
});

test('a jump to nowhere: the caller is in the link register', () => {
  const k = new PowerKernel();
  k.frame(TOP - 0x200n, 0n, 0n);
  const stack = k.running(0n, TOP - 0x200n, k.at(1, 8n));
  assert.deepEqual(frames(stack), ['0x0 task regs', 'f1+8 task']);
  assert.match(k.running(0n, TOP - 0x200n, 5n).stopped ?? '', /no code at 0x0 and no return address/);
});

for (const [name, layout] of Object.entries({ OLD, NEW })) {
  test(`${name}: a task that was switched out, and one that has not run`, () => {
    const k = new PowerKernel(layout);
    const ksp = TOP - 0x800n;
    k.exception(ksp, 0n, k.at(0, 8n), TOP - 0x400n, 0n); // the switch frame has the form of an exception's
    k.word(ksp, TOP - 0x400n);
    k.word(ksp + layout.marker, 0n);
    k.frame(TOP - 0x400n, TOP - 0x300n, k.at(0, 8n));
    k.frame(TOP - 0x300n, TOP - 0x200n, k.at(1, 8n));
    k.frame(TOP - 0x200n, 0n, k.at(2, 8n));
    const stack = k.blocked(ksp);
    assert.deepEqual(frames(stack), ['f0+8 task', 'f1+8 task', 'f2+8 task']);
    assert.equal(stack.complete, true);
    assert.equal(stack.frames[0]?.known[20], 0x514n, 'registers that _switch saved');
  });
}

test('a task that has not run begins at the first instruction of its function', () => {
  const k = new PowerKernel();
  const ksp = TOP - 0x800n;
  k.exception(TOP - 0x300n, 0n, 0x10040000n, 0x7fff0000n, USER_MSR);
  k.exception(ksp, 0n, k.at(3), 0n, 0n);
  k.word(ksp, TOP - 0x300n);
  k.word(ksp + 32n, 0n);
  const stack = k.blocked(ksp);
  assert.deepEqual(frames(stack), ['f3+0 task', 'user regs']);
  assert.equal(stack.complete, true);
});

test('an NMI stack by the paca; an exception whose first instruction ran on a stack of user space', () => {
  const k = new PowerKernel();
  k.exception(EMERGENCY - 0x300n, k.at(1, 8n), k.at(2), 0x7fff1000n);
  k.frame(EMERGENCY - 0x400n, EMERGENCY - 0x300n, 0n);
  const stack = k.running(k.at(0, 12n), EMERGENCY - 0x400n);
  assert.deepEqual(frames(stack), ['f0+12 NMI regs', 'f1+8 NMI', 'f2+0 regs']);
  assert.equal(stack.complete, true);
});

test('chains in a circle, off the stack, to no code', () => {
  const k = new PowerKernel();
  k.frame(TOP - 0x200n, TOP - 0x200n, k.at(1, 8n));
  assert.match(k.running(k.at(0, 12n), TOP - 0x200n).stopped ?? '', /does not lie above/);
  k.frame(TOP - 0x200n, TASK, 0n);
  assert.match(k.running(k.at(0, 12n), TOP - 0x200n).stopped ?? '', /is not on a stack of this task/);
  k.frame(TOP - 0x300n, TOP - 0x200n, 0n);
  k.frame(TOP - 0x200n, TOP - 0x100n, 0x6b6b6b6b6b6b6b6bn);
  assert.match(k.running(k.at(0, 12n), TOP - 0x300n).stopped ?? '', /returns to 0x6b.* which is not code/);
});

test('exception frames in a stack are told by their marker and their contents', () => {
  const k = new PowerKernel();
  k.exception(STACK + 0x1000n, 0n, k.at(1, 4n), STACK + 0x2000n);
  k.exception(STACK + 0x1800n, 0n, 0x1234n, STACK + 0x2000n); // no code
  k.exception(TOP - 0x300n, 0n, 0x10040000n, 0x7fff0000n, USER_MSR);
  const stack = { name: 'task', low: STACK, high: TOP };
  const found = ppc64le.unwind?.exceptionFrames?.(k.program(ppc64le), stack) ?? [];
  assert.deepEqual(
    found.map((f) => [f.at - STACK, f.user]),
    [
      [0x1030n, false],
      [0x4000n - 0x2d0n, true],
    ],
  );
});

test('whether a CPU takes interrupts: by MSR[EE], and by what the kernel notes', () => {
  const told = (msr: bigint, softe?: bigint): boolean | undefined => {
    const values: RegisterValues = [];
    values[ppc64le.registers.indexOf('msr')] = msr;
    values[ppc64le.registers.indexOf('softe')] = softe;
    return ppc64le.unwind?.interruptsOn?.(values);
  };
  assert.equal(told(0x8000000000001033n), false);
  assert.equal(told(KERNEL_MSR | 0x8000n), undefined, 'a note does not know the soft mask');
  assert.equal(told(KERNEL_MSR | 0x8000n, 0n), true);
  assert.equal(told(KERNEL_MSR | 0x8000n, 1n), false);
});

test('registers of a note in both byte orders; a hypervisor’s tells of no exception', () => {
  const name = (register: string): number => ppc64le.registers.indexOf(register);
  for (const little of [true, false]) {
    const desc = new Uint8Array(504);
    const view = new DataView(desc.buffer);
    for (let i = 0; i < 44; i++) view.setBigUint64(112 + i * 8, BigInt(0x1000 + i), little);
    const values = ppc64le.unwind?.prstatus(desc, little);
    assert.equal(values?.[name('r1')], 0x1001n);
    assert.equal(values?.[name('r31')], 0x101fn);
    assert.equal(values?.[name('nip')], 0x1020n);
    assert.equal(values?.[name('msr')], 0x1021n);
    assert.equal(values?.[name('ctr')], 0x1023n);
    assert.equal(values?.[name('lr')], 0x1024n);
    assert.equal(values?.[name('trap')], 0x1028n);
    assert.equal(values?.[name('dar')], 0x1029n);
    view.setBigUint64(112 + 40 * 8, 0n, little);
    assert.equal(ppc64le.unwind?.prstatus(desc, little)?.[name('dar')], undefined);
    assert.equal(ppc64le.unwind?.prstatus(desc.subarray(0, 400), little), undefined);
  }
});
