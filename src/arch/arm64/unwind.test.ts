import assert from 'node:assert/strict';
import { test } from 'node:test';
import { structType, u64Type } from '../../../test/build/c-types.ts';
import { TestKernel } from '../../../test/build/test-program.ts';
import type { RegisterValues } from '../../program/ports.ts';
import { type Stack, unwindTask } from '../../unwind/index.ts';
import { arm64 } from '../arm64.ts';

const TEXT = TestKernel.BASE + 0x100000n;
const TASK = TestKernel.BASE + 0x200000n;
const STACK = TestKernel.BASE + 0x300000n;
const TOP = STACK + 0x4000n;
const IRQ = TestKernel.BASE + 0x408000n;
const FUNCTION = 0x100n;
const SIZE_PLAIN = 0x150;
const EL1H = 0x5n;
const EL0 = 0n;

class ArmKernel extends TestKernel {
  readonly meta: boolean;

  /** @param meta whether exception frames carry a type: v6.13 and later */
  constructor(functions: number, meta: boolean) {
    super();
    this.meta = meta;
    this.fill(TEXT, 0x4000);
    this.fill(STACK, 0x4000);
    this.fill(IRQ, 0x4000);
    const context = structType('cpu_context', 24, { fp: [0, u64Type], sp: [8, u64Type], pc: [16, u64Type] });
    this.type(
      structType('task_struct', 128, {
        stack: [8, u64Type],
        mm: [16, u64Type],
        thread: [32, structType('thread_struct', 24, { cpu_context: [0, context] })],
      }),
    );
    const record = { fp: [0, u64Type], lr: [8, u64Type] } as const;
    const frame = meta
      ? structType('frame_record_meta', 24, {
          record: [0, structType('frame_record', 16, record)],
          type: [16, u64Type],
        })
      : structType('stackframe', 16, record);
    this.type(structType('pt_regs', SIZE_PLAIN, { stackframe: [0x130, frame] }));
    for (let i = 0; i < functions; i++) this.symbol(`f${i}`, this.at(i), Number(FUNCTION));
    this.symbol('__per_cpu_offset', TASK + 0x1000n, 8, 'D');
    this.symbol('irq_stack_ptr', TASK + 0x1010n, 8, 'D');
    this.word(TASK + 0x1000n, 0n);
    this.word(TASK + 0x1010n, IRQ);
    this.word(TASK + 8n, STACK);
  }

  at(i: number, offset = 0n): bigint {
    return TEXT + BigInt(i) * FUNCTION + offset;
  }

  /** A frame record at `at`. */
  record(at: bigint, fp: bigint, lr: bigint): void {
    this.word(at, fp);
    this.word(at + 8n, lr);
  }

  /** `struct pt_regs` at `at` with its frame record; returns the record's address. */
  exception(at: bigint, pc: bigint, fp: bigint, sp: bigint, pstate = EL1H): bigint {
    for (let i = 0; i < 31; i++) this.word(at + BigInt(i * 8), BigInt(0x500 + i));
    this.word(at + 29n * 8n, fp);
    this.word(at + 31n * 8n, sp);
    this.word(at + 32n * 8n, pc);
    this.word(at + 33n * 8n, pstate);
    const fromUser = pstate === EL0;
    const record = at + 0x130n;
    if (fromUser || this.meta) this.record(record, 0n, 0n);
    else this.record(record, fp, pc);
    if (this.meta) this.word(record + 16n, fromUser ? 1n : 2n);
    return record;
  }

  running(pc: bigint, fp: bigint, sp: bigint): Stack {
    const values: RegisterValues = [];
    values[29] = fp;
    values[31] = sp;
    values[32] = pc;
    values[33] = EL1H;
    return unwindTask(this.program(arm64), TASK, { cpu: 0, registers: values });
  }

  blocked(fp: bigint, pc: bigint): Stack {
    this.word(TASK + 32n, fp);
    this.word(TASK + 40n, fp);
    this.word(TASK + 48n, pc);
    return unwindTask(this.program(arm64), TASK);
  }
}

function frames(stack: Stack): string[] {
  return stack.frames.map((f) => {
    const place = f.user ? 'user' : f.symbol ? `${f.symbol.name}+${f.offset}` : `0x${f.pc.toString(16)}`;
    return `${place}${f.stack ? ` ${f.stack}` : ''}${f.registers ? ' regs' : ''}`;
  });
}

for (const meta of [false, true]) {
  const generation = meta ? 'records with a type' : 'records that repeat the registers';

  test(`${generation}: an exception in an interrupt, down to user space`, () => {
    const k = new ArmKernel(9, meta);
    k.word(TASK + 16n, 1n); // it has an mm
    const bottom = k.exception(TOP - BigInt(SIZE_PLAIN), 0x401000n, 0x7f00n, 0x7fff0000n, EL0);
    k.record(TOP - 0x1c0n, bottom, k.at(6, 4n));
    const inner = k.exception(TOP - 0x400n, k.at(4), TOP - 0x1c0n, TOP - 0x2a0n);
    k.record(IRQ + 0x3f00n, inner, k.at(3, 8n));
    const trap = k.exception(IRQ + 0x3c00n, k.at(2, 0x10n), IRQ + 0x3f00n, IRQ + 0x3d80n);
    k.record(IRQ + 0x3b00n, trap, k.at(1, 8n));
    const stack = k.running(k.at(0, 4n), IRQ + 0x3b00n, IRQ + 0x3af0n);
    assert.deepEqual(frames(stack), [
      'f0+4 irq regs',
      'f1+8 irq',
      'f2+16 irq regs',
      'f3+8 task',
      'f4+0 task regs',
      'f6+4 task',
      'user regs',
    ]);
    assert.equal(stack.complete, true);
    assert.equal(stack.frames[4]?.lookupPc, k.at(4), 'an interrupted pc is exact');
    assert.equal(stack.frames[3]?.lookupPc, k.at(3, 7n));
    assert.equal(stack.frames[6]?.registers?.[31], 0x7fff0000n);
  });

  test(`${generation}: a kernel thread ends without user space`, () => {
    const k = new ArmKernel(4, meta);
    const bottom = TOP - BigInt(SIZE_PLAIN) + 0x130n;
    k.record(bottom, 0n, 0n);
    if (meta) k.word(bottom + 16n, 1n);
    k.record(TOP - 0x180n, bottom, k.at(2, 8n));
    k.record(TOP - 0x1c0n, TOP - 0x180n, k.at(1, 8n));
    const stack = k.blocked(TOP - 0x1c0n, k.at(0, 4n));
    assert.deepEqual(frames(stack), ['f0+4 task', 'f1+8 task', 'f2+8 task']);
    assert.equal(stack.complete, true);
  });
}

test('before there were final records the chain ends with zero', () => {
  const k = new ArmKernel(4, false);
  k.record(TOP - 0x180n, 0n, k.at(2, 8n));
  const stack = k.blocked(TOP - 0x180n, k.at(0, 4n));
  assert.deepEqual(frames(stack), ['f0+4 task', 'f2+8 task']);
  assert.equal(stack.complete, true);
});

test('return addresses lose their authentication code', () => {
  const k = new ArmKernel(4, false);
  k.vmcoreinfo = 'OSRELEASE=test\nNUMBER(KERNELPACMASK)=0xff7f000000000000\n';
  k.record(TOP - 0x180n, 0n, k.at(2, 8n) & 0x00a5ffffffffffffn);
  assert.deepEqual(frames(k.blocked(TOP - 0x180n, k.at(0, 4n))), ['f0+4 task', 'f2+8 task']);
});

test('records in a circle, off the stack, to no code, and an empty one', () => {
  const circle = new ArmKernel(4, false);
  circle.record(TOP - 0x180n, TOP - 0x180n, circle.at(1, 8n));
  const round = circle.blocked(TOP - 0x180n, circle.at(0, 4n));
  assert.ok(round.frames.length <= 2);
  assert.match(round.stopped ?? '', /does not lie above/);

  const off = new ArmKernel(4, false);
  off.record(TOP - 0x180n, TASK, off.at(1, 8n));
  assert.match(off.blocked(TOP - 0x180n, off.at(0, 4n)).stopped ?? '', /is not on a stack of this task/);

  const wild = new ArmKernel(4, false);
  wild.record(TOP - 0x180n, TOP - 0x100n, 0x6b6b6b6b6b6b6b6bn);
  assert.match(wild.blocked(TOP - 0x180n, wild.at(0, 4n)).stopped ?? '', /returns to 0x6b.* which is not code/);

  const empty = new ArmKernel(4, false);
  empty.record(TOP - 0x800n, 0n, 0n);
  assert.match(empty.blocked(TOP - 0x800n, empty.at(0, 4n)).stopped ?? '', /is empty/);

  const odd = new ArmKernel(4, false);
  assert.match(odd.blocked(TOP - 0x17fn, odd.at(0, 4n)).stopped ?? '', /is not on a stack/);
});

test('an interrupt stack is known by its looks where no variable leads to it', () => {
  const k = new ArmKernel(4, false);
  k.symbols.splice(
    k.symbols.findIndex((s) => s.name === 'irq_stack_ptr'),
    1,
  );
  k.record(IRQ + 0x3f00n, TOP - 0x180n, k.at(1, 8n));
  k.record(TOP - 0x180n, 0n, k.at(2, 8n));
  assert.deepEqual(frames(k.running(k.at(0, 4n), IRQ + 0x3f00n, IRQ + 0x3ef0n)), [
    'f0+4 irq regs',
    'f1+8 task',
    'f2+8 task',
  ]);
  k.word(IRQ, 0x57ac6e9dn); // another task's stack
  assert.match(k.running(k.at(0, 4n), IRQ + 0x3f00n, IRQ + 0x3ef0n).stopped ?? '', /is not on a stack of this task/);
});
