import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { FrameData, TaskStack } from './stack-data.ts';
import { stackLines } from './stack-lines.ts';

function frame(over: Partial<FrameData>): FrameData {
  return {
    pc: '0xffffffff82a10e3d',
    symbol: '__schedule',
    offset: 0x34d,
    size: 0x7e0,
    module: null,
    inlined: false,
    file: null,
    line: null,
    column: null,
    trust: 'orc',
    stack: 'task',
    sp: '0xffffd49280013c70',
    interrupted: false,
    ...over,
  };
}

function stack(...frames: FrameData[]): TaskStack {
  return { pid: 1, comm: 'init', task: '0xffff8f13c11f8000', cpu: 0, frames };
}

function hexOf(n: number): string {
  return `0x${n.toString(16).padStart(16, '0')}`;
}

const x86 = Object.fromEntries(
  [
    'rip',
    'rsp',
    'rflags',
    'rax',
    'rbx',
    'rcx',
    'rdx',
    'rsi',
    'rdi',
    'rbp',
    'r8',
    'r9',
    'r10',
    'r11',
    'r12',
    'r13',
    'r14',
  ].map((name, i) => [name, hexOf(i + 1)]),
);

test('a sleeping task in the layout of crash', () => {
  assert.deepEqual(stackLines(stack(frame({}), frame({ symbol: 'cm_init', module: 'crashme' }))), [
    'PID: 1        TASK: ffff8f13c11f8000  CPU: 0    COMMAND: "init"',
    ' #0 [ffffd49280013c70] __schedule at ffffffff82a10e3d',
    ' #1 [ffffd49280013c70] cm_init at ffffffff82a10e3d [crashme]',
  ]);
});

test('offsets, lines, a limit and the reason for the end', () => {
  const frames = [frame({ file: 'kernel/sched/core.c', line: 5257 }), frame({}), frame({})];
  assert.deepEqual(
    stackLines({ ...stack(...frames), stopped: 'garbage' }, { bare: true, offsets: 'of-size', lines: true, limit: 1 }),
    [
      ' #0 [ffffd49280013c70] __schedule+0x34d/0x7e0 at ffffffff82a10e3d',
      '    kernel/sched/core.c: 5257',
      '    ... 2 more frames',
      '    (the trace stops here: garbage)',
    ],
  );
});

test('x86-64: an exception frame is shown by its registers and not numbered', () => {
  const registers = { ...x86, r15: hexOf(0x20), orig_rax: '0xffffffffffffffff', cs: hexOf(0x10), ss: hexOf(0x18) };
  const shown = stackLines(
    stack(
      frame({ symbol: 'asm_exc_page_fault' }),
      frame({ symbol: 'poke', offset: 5, module: 'crashme', interrupted: true, registers }),
      frame({ symbol: 'cm_init' }),
      frame({ symbol: null, stack: 'user', registers: { ...registers, cs: hexOf(0x33) } }),
    ),
    { bare: true },
  );
  assert.deepEqual(shown.slice(0, 5), [
    ' #0 [ffffd49280013c70] asm_exc_page_fault at ffffffff82a10e3d',
    '    [exception RIP: poke+5]',
    '    RIP: 0000000000000001  RSP: 0000000000000002  RFLAGS: 00000003',
    '    RAX: 0000000000000004  RBX: 0000000000000005  RCX: 0000000000000006',
    '    RDX: 0000000000000007  RSI: 0000000000000008  RDI: 0000000000000009',
  ]);
  assert.equal(shown[5], '    RBP: 000000000000000a   R8: 000000000000000b   R9: 000000000000000c');
  assert.equal(shown[8], '    ORIG_RAX: ffffffffffffffff  CS: 0010  SS: 0018');
  assert.equal(shown[9], ' #1 [ffffd49280013c70] cm_init at ffffffff82a10e3d');
  assert.equal(shown[10], '    RIP: 0000000000000001  RSP: 0000000000000002  RFLAGS: 00000003');
  assert.equal(shown.length, 17);
});

test('arm64: registers stand before their numbered frame, stacks are parted by a line', () => {
  const registers: Record<string, string> = { sp: hexOf(3), pc: '0xffff000008268b5c', pstate: hexOf(0xa0400005) };
  for (let i = 0; i <= 30; i++) registers[`x${i}`] = hexOf(i);
  const shown = stackLines(
    stack(
      frame({ symbol: 'el1_irq', stack: 'irq' }),
      frame({
        symbol: 'clear_page',
        offset: 16,
        pc: '0xffff000008268b5c',
        interrupted: true,
        registerSymbols: { pc: 'clear_page+16' },
        registers,
      }),
      frame({ symbol: null, stack: 'user', registers }),
    ),
    { bare: true },
  );
  assert.deepEqual(shown.slice(0, 6), [
    ' #0 [ffffd49280013c70] el1_irq at ffffffff82a10e3d',
    '--- <IRQ stack> ---',
    '     PC: ffff000008268b5c  [clear_page+16]',
    '     LR: 000000000000001e',
    '     SP: 0000000000000003  PSTATE: a0400005',
    '    X29: 000000000000001d  X28: 000000000000001c  X27: 000000000000001b',
  ]);
  assert.equal(shown[11], '    X11: 000000000000000b  X10: 000000000000000a   X9: 0000000000000009');
  assert.equal(shown[14], '     X2: 0000000000000002   X1: 0000000000000001   X0: 0000000000000000');
  assert.equal(shown[15], ' #1 [ffffd49280013c70] clear_page at ffff000008268b5c');
  assert.equal(shown[16], '     PC: ffff000008268b5c   LR: 000000000000001e   SP: 0000000000000003');
});

test('lines with the text around them, and the mark of what a file of another build tells', () => {
  const source = {
    where: 'a.c',
    lines: [
      { number: 6, text: 'int x;' },
      { number: 7, text: 'use(x);' },
    ],
  };
  const doubt = 'its build-id is another';
  const shown = stackLines(
    stack(
      frame({ symbol: 'inner', inlined: true, file: 'a.c', line: 7, source }),
      frame({
        symbol: 'outer',
        file: 'a.c',
        line: 9,
        doubt,
        locals: [
          { name: 'n', function: 'outer', parameter: true, type: 'int', value: '1', doubt },
          { name: 'gone', function: 'outer', parameter: false, type: 'int', value: null, why: 'optimized out' },
        ],
      }),
    ),
    { bare: true, lines: true },
  );
  assert.deepEqual(shown.slice(1), [
    '    a.c: 7 (inlined inner)',
    '        6  int x;',
    '      > 7  use(x);',
    '    a.c: 9 (from a file of another build)',
    '        n = 1 (from a file of another build)',
    '        gone = <optimized out>',
  ]);
});
