import assert from 'node:assert/strict';
import { test } from 'node:test';
import { structType, u64Type } from '../../../test/build/c-types.ts';
import { TestKernel } from '../../../test/build/test-program.ts';
import type { RegisterValues, UnwindRow } from '../../program/ports.ts';
import { type Stack, unwindTask } from '../../unwind/index.ts';
import { x86_64 } from '../x86-64.ts';

const TEXT = TestKernel.BASE + 0x100000n;
const TASK = TestKernel.BASE + 0x200000n;
const STACK = TestKernel.BASE + 0x300000n;
const TOP = STACK + 0x4000n;
const IRQ_TOP = TestKernel.BASE + 0x404000n;
const FUNCTION = 0x100n;

/** A kernel with functions f0, f1 ... of 256 bytes, one task, and an interrupt stack on CPU 0. */
class X86Kernel extends TestKernel {
  constructor(functions: number) {
    super();
    this.fill(TEXT, 0x4000);
    this.fill(STACK, 0x4000);
    this.fill(IRQ_TOP - 0x4000n, 0x4000);
    this.type(
      structType('task_struct', 64, {
        stack: [8, u64Type],
        thread: [32, structType('thread_struct', 8, { sp: [0, u64Type] })],
      }),
    );
    this.type(structType('inactive_task_frame', 24, { bx: [0, u64Type], bp: [8, u64Type], ret_addr: [16, u64Type] }));
    this.type(structType('irq_stack', 0x4000, {}));
    for (let i = 0; i < functions; i++) this.symbol(`f${i}`, this.at(i), Number(FUNCTION));
    this.symbol('__per_cpu_offset', TASK + 0x1000n, 8, 'D');
    this.symbol('hardirq_stack_ptr', TASK + 0x1010n, 8, 'D');
    this.word(TASK + 0x1000n, 0n);
    this.word(TASK + 0x1010n, IRQ_TOP - 8n);
    this.word(TASK + 8n, STACK);
  }

  /** An address inside function `i`. */
  at(i: number, offset = 0n): bigint {
    return TEXT + BigInt(i) * FUNCTION + offset;
  }

  row(i: number, part: Partial<UnwindRow>): void {
    const row: UnwindRow = {
      ...{ spBase: 'sp', spOffset: 8, bpBase: 'undefined', bpOffset: 0, kind: 'call', signal: false },
      ...part,
    };
    this.rows.push({ from: this.at(i), to: this.at(i + 1), row });
  }

  /** `struct pt_regs` at `at`, in its order in memory. */
  registers(at: bigint, rip: bigint, rsp: bigint, rbp: bigint, cs = 0x10n): void {
    for (let i = 0; i < 21; i++) this.word(at + BigInt(i * 8), BigInt(0x1000 + i));
    this.word(at + 4n * 8n, rbp);
    this.word(at + 16n * 8n, rip);
    this.word(at + 17n * 8n, cs);
    this.word(at + 19n * 8n, rsp);
  }

  running(rip: bigint, rsp: bigint, rbp = 0n): Stack {
    const values: RegisterValues = [];
    values[x86_64.registers.indexOf('rip')] = rip;
    values[x86_64.registers.indexOf('rsp')] = rsp;
    values[x86_64.registers.indexOf('rbp')] = rbp;
    values[x86_64.registers.indexOf('cs')] = 0x10n;
    return unwindTask(this.program(x86_64), TASK, { cpu: 0, registers: values });
  }
}

/** Each frame as `symbol+offset trust stack`. */
function frames(stack: Stack): string[] {
  return stack.frames.map((f) => {
    const place = f.user ? 'user' : f.symbol ? `${f.symbol.name}+${f.offset}` : `0x${f.pc.toString(16)}`;
    return `${place} ${f.trust}${f.stack ? ` ${f.stack}` : ''}${f.registers ? ' regs' : ''}`;
  });
}

test('a blocked task: calls, then user space', () => {
  const k = new X86Kernel(4);
  const sp = TOP - 0x200n;
  k.word(TASK + 32n, sp);
  k.word(sp + 8n, 0x77n);
  k.word(sp + 16n, k.at(0, 5n));
  k.row(0, { spOffset: 24 });
  k.word(sp + 24n + 16n, k.at(1, 9n));
  k.row(1, { spOffset: 16 });
  k.word(sp + 48n + 8n, k.at(2, 0x20n));
  k.row(2, { kind: 'regs', spOffset: 8, signal: true });
  k.registers(sp + 72n, 0x401000n, 0x7ffe0000n, 0x55n, 0x33n);
  const stack = unwindTask(k.program(x86_64), TASK);
  assert.deepEqual(frames(stack), ['f0+5 registers task', 'f1+9 orc task', 'f2+32 orc task', 'user orc regs']);
  assert.equal(stack.complete, true);
  assert.deepEqual(
    stack.frames.map((f) => f.sp),
    [sp + 16n, sp + 40n, sp + 56n, 0x7ffe0000n],
  );
  assert.equal(stack.frames[1]?.lookupPc, k.at(1, 8n), 'a return address is looked up by the byte before it');
  assert.equal(stack.frames[3]?.registers?.[x86_64.registers.indexOf('r15')], 0x1000n);
});

test('an exception in an interrupt on the interrupt stack, above an interrupted function', () => {
  const k = new X86Kernel(6);
  k.row(0, { spOffset: 8 });
  k.row(1, { kind: 'regs', spOffset: 0, signal: true });
  k.row(2, { spOffset: 24, bpBase: 'prev-sp', bpOffset: -16 });
  k.row(3, { spBase: 'bp', spOffset: 16, kind: 'regs', signal: true });
  k.row(4, { kind: 'end-of-stack' });
  const sp = IRQ_TOP - 0x400n;
  k.word(sp, k.at(1, 3n));
  k.registers(sp + 8n, k.at(2), sp + 0x200n, 0n); // interrupted at the first byte of f2
  k.word(sp + 0x208n, TOP - 0x300n); // its caller's frame pointer, then its return address
  k.word(sp + 0x210n, k.at(3, 4n));
  k.registers(TOP - 0x2f0n, k.at(4, 7n), TOP - 0x100n, 0n);
  const stack = k.running(k.at(0, 1n), sp);
  assert.deepEqual(frames(stack), [
    'f0+1 registers irq regs',
    'f1+3 orc irq',
    'f2+0 orc irq regs',
    'f3+4 orc irq',
    'f4+7 orc task regs',
  ]);
  assert.equal(stack.complete, true);
});

test('a call through NULL and through a poisoned pointer', () => {
  for (const bad of [0n, 0x6b6b6b6b6b6b6b6bn]) {
    const k = new X86Kernel(3);
    k.row(1, { kind: 'end-of-stack' });
    k.word(TOP - 0x100n, k.at(1, 6n));
    const stack = k.running(bad, TOP - 0x100n);
    assert.deepEqual(frames(stack), [`0x${bad.toString(16)} registers task regs`, 'f1+6 registers task']);
    assert.equal(stack.complete, true);
    k.word(TOP - 0x100n, 0x1234n);
    assert.match(k.running(bad, TOP - 0x100n).stopped ?? '', /no code at 0x.*no return address/);
  }
});

test('generated code, which has neither rows nor symbols, is crossed by its frame pointer', () => {
  const k = new X86Kernel(3);
  const generated = 0xffffffffc0123000n;
  k.row(0, { spOffset: 8 });
  k.row(1, { kind: 'end-of-stack' });
  k.word(TOP - 0x100n, generated + 5n);
  k.word(TOP - 0x80n, TOP - 0x40n);
  k.word(TOP - 0x78n, k.at(1, 6n));
  k.alsoMapped = { start: generated, end: generated + 0x1000n };
  const stack = k.running(k.at(0, 5n), TOP - 0x100n, TOP - 0x80n);
  assert.deepEqual(frames(stack), [
    'f0+5 registers task regs',
    `0x${(generated + 5n).toString(16)} orc task`,
    'f1+6 frame-pointer task',
  ]);
  k.alsoMapped = undefined;
  assert.equal(k.running(k.at(0, 5n), TOP - 0x100n, TOP - 0x80n).frames.length, 1, 'nothing is mapped there');
});

test('functions of a kernel with rows that have none are not crossed by a frame pointer', () => {
  const k = new X86Kernel(3);
  k.row(1, { kind: 'end-of-stack' });
  k.word(TOP - 0x80n, TOP - 0x40n);
  k.word(TOP - 0x78n, k.at(1, 6n));
  const stack = k.running(k.at(0, 5n), TOP - 0x100n, TOP - 0x80n);
  assert.deepEqual(frames(stack), ['f0+5 registers task regs']);
  assert.match(stack.stopped ?? '', /cannot find the caller/);
});

test('a kernel of frame pointers marks its exception frames by an odd one', () => {
  const k = new X86Kernel(4);
  k.word(TOP - 0x280n, TOP - 0x200n + 1n);
  k.word(TOP - 0x278n, k.at(1, 6n));
  k.registers(TOP - 0x200n, k.at(2, 1n), TOP - 0x100n, TOP - 0x80n);
  k.word(TOP - 0x80n, 0n);
  k.word(TOP - 0x78n, k.at(3, 2n));
  const stack = k.running(k.at(0, 5n), TOP - 0x300n, TOP - 0x280n);
  assert.deepEqual(frames(stack).slice(0, 4), [
    'f0+5 registers task regs',
    'f1+6 frame-pointer task',
    'f2+1 frame-pointer task regs',
    'f3+2 frame-pointer task',
  ]);
});

test('where a row says nothing, only a return address that leads to the end is believed', () => {
  const k = new X86Kernel(4);
  k.row(0, { kind: 'undefined', spBase: 'undefined' });
  k.row(1, { spOffset: 16 });
  k.row(2, { kind: 'end-of-stack' });
  const call = (at: bigint) => k.memory.write(Number(at - 5n - TestKernel.BASE), Uint8Array.of(0xe8, 1, 2, 3, 4));
  call(k.at(1, 0x20n));
  call(k.at(2, 0x40n));
  k.word(TOP - 0x100n, k.at(1, 0x20n)); // stale: what follows leads nowhere
  k.word(TOP - 0xf0n, 0x99n);
  k.word(TOP - 0x80n, k.at(2, 0x30n)); // no call before it
  k.word(TOP - 0x60n, k.at(1, 0x20n));
  k.word(TOP - 0x50n, k.at(2, 0x40n));
  const stack = k.running(k.at(0, 5n), TOP - 0x140n);
  assert.deepEqual(frames(stack), ['f0+5 registers task regs', 'f1+32 scan task', 'f2+64 orc task']);
  assert.equal(stack.frames[1]?.sp, TOP - 0x60n);
  k.word(TOP - 0x50n, 0x99n);
  k.word(TOP - 0x60n, 0n);
  const lost = k.running(k.at(0, 5n), TOP - 0x140n);
  assert.equal(lost.frames.length, 1);
  assert.match(lost.stopped ?? '', /cannot find the caller of f0\+0x5/);
  assert.equal(lost.complete, false);
});

test('rows that do not climb, and frame pointers that run in a circle, end the walk', () => {
  const k = new X86Kernel(3);
  k.row(0, { spOffset: 0 }); // the return address lies below
  k.row(1, { spOffset: 0 });
  k.word(TOP - 0x108n, k.at(1, 1n));
  k.word(TOP - 0x110n, k.at(0, 1n));
  const stack = k.running(k.at(0, 5n), TOP - 0x100n);
  assert.ok(stack.frames.length <= 2, `${stack.frames.length} frames`);
  assert.match(stack.stopped ?? '', /does not lie above/);
  const circle = new X86Kernel(3);
  circle.word(TOP - 0x80n, TOP - 0x80n);
  circle.word(TOP - 0x78n, circle.at(1, 6n));
  const round = circle.running(circle.at(0, 5n), TOP - 0x100n, TOP - 0x80n);
  assert.ok(round.frames.length <= 3, `${round.frames.length} frames`);
  assert.equal(round.complete, false);
  assert.ok(round.stopped);
});

test('return addresses that a probe or the graph tracer replaced', () => {
  const llist = structType('llist_head', 8, { first: [0, u64Type] });
  const cases: readonly [trampoline: string, prepare: (k: X86Kernel, slot: bigint, original: bigint) => void][] = [
    [
      'arch_rethook_trampoline',
      (k, slot, original) => {
        k.type(structType('rethook_node', 48, { node: [16, llist], ret_addr: [32, u64Type], frame: [40, u64Type] }));
        const other = TASK + 0x2000n;
        const hook = TASK + 0x2100n;
        k.word(TASK + 48n, other + 16n);
        k.word(other + 16n, hook + 16n);
        k.word(other + 32n, k.at(0, 1n));
        k.word(hook + 32n, original);
        k.word(hook + 40n, slot);
      },
    ],
    [
      'return_to_handler',
      (k, slot, original) => {
        k.type(structType('ftrace_ret_stack', 32, { ret: [0, u64Type], func: [8, u64Type], retp: [24, u64Type] }));
        k.word(TASK + 56n, TASK + 0x3000n);
        k.word(TASK + 0x3028n, original);
        k.word(TASK + 0x3028n + 24n, slot);
      },
    ],
  ];
  for (const [trampoline, prepare] of cases) {
    const k = new X86Kernel(3);
    k.type(
      structType('task_struct', 64, {
        stack: [8, u64Type],
        rethooks: [48, llist],
        ret_stack: [56, u64Type],
      }),
    );
    const hooked = k.symbol(trampoline, k.at(3), Number(FUNCTION));
    k.row(0, { spOffset: 24 });
    k.row(1, { kind: 'end-of-stack' });
    k.word(TOP - 0x100n + 16n, hooked);
    assert.match(k.running(k.at(0, 5n), TOP - 0x100n).stopped ?? '', /cannot find the caller/, 'the original is lost');
    prepare(k, TOP - 0x100n + 16n, k.at(1, 7n));
    assert.deepEqual(frames(k.running(k.at(0, 5n), TOP - 0x100n)), ['f0+5 registers task regs', 'f1+7 orc task']);
  }
});

test('random stacks and rows: every walk ends, frames climb, nothing but the report says so', () => {
  let seed = 12345;
  const random = (n: number) => {
    seed = (seed * 1103515245 + 12345) & 0x7fffffff;
    return Math.floor((seed / 0x80000000) * n);
  };
  const kinds: readonly UnwindRow['kind'][] = ['call', 'call', 'call', 'regs', 'regs-partial', 'undefined'];
  const bases: readonly UnwindRow['spBase'][] = ['sp', 'sp', 'bp', 'sp-indirect', 'bp-indirect', 'r10', 'undefined'];
  let most = 0;
  for (let round = 0; round < 60; round++) {
    const k = new X86Kernel(8);
    for (let i = 0; i < 7; i++) {
      const spOffset = random(12) * 8 - 16;
      k.row(i, {
        kind: kinds[random(6)] ?? 'call',
        spBase: bases[random(7)] ?? 'sp',
        spOffset,
        bpBase: 'prev-sp',
        bpOffset: -16,
      });
    }
    for (let at = TOP - 0x400n; at < TOP; at += 8n) {
      const choice = random(4);
      k.word(
        at,
        choice < 2 ? k.at(random(8), BigInt(random(256))) : choice === 2 ? TOP - BigInt(random(128) * 8) : 0x10n,
      );
    }
    const stack = k.running(k.at(random(8), 1n), TOP - 0x400n, TOP - 0x300n);
    most = Math.max(most, stack.frames.length);
    assert.ok(stack.frames.length <= 129, `${stack.frames.length} frames on 128 words`);
    assert.ok(stack.complete || stack.stopped, 'it says why it ended');
  }
  assert.ok(most > 3, 'some of them went on for a while');
});

test('a task without a stack, or whose stack is not in the dump', () => {
  const k = new X86Kernel(2);
  k.word(TASK + 8n, 0n);
  assert.deepEqual(unwindTask(k.program(x86_64), TASK), {
    frames: [],
    stopped: 'the task has exited, its stack is freed',
    complete: false,
  });
  const gone = new X86Kernel(2);
  gone.word(TASK + 8n, TestKernel.BASE + 0x900000n);
  gone.word(TASK + 32n, TestKernel.BASE + 0x903000n);
  assert.match(unwindTask(gone.program(x86_64), TASK).stopped ?? '', /is not mapped/);
  assert.match(
    unwindTask(k.program(x86_64), TASK, { cpu: 3 }).stopped ?? '',
    /CPU 3, whose registers are not in the dump/,
  );
});

test('registers of a note', () => {
  const desc = new Uint8Array(336);
  const view = new DataView(desc.buffer);
  for (let i = 0; i < 27; i++) view.setBigUint64(112 + i * 8, BigInt(100 + i), true);
  const values = x86_64.unwind?.prstatus(desc, true);
  const by = (name: string) => values?.[x86_64.registers.indexOf(name)];
  assert.deepEqual(['r15', 'rbp', 'rax', 'rdi', 'orig_rax', 'rip', 'cs', 'rsp', 'ss', 'fs_base', 'gs_base'].map(by), [
    100n,
    104n,
    110n,
    114n,
    115n,
    116n,
    117n,
    119n,
    120n,
    121n,
    122n,
  ]);
  assert.equal(x86_64.unwind?.prstatus(desc.subarray(0, 300), true), undefined);
});
