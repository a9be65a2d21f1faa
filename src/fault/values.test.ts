import assert from 'node:assert/strict';
import { test } from 'node:test';
import { branchLink, FaultKernel, words } from '../../test/build/fault-kernel.ts';
import { TestKernel } from '../../test/build/test-program.ts';
import { arm64 } from '../arch/arm64.ts';
import { ppc64le } from '../arch/ppc64le.ts';
import { x86_64 } from '../arch/x86-64.ts';
import { nodeDisassembler } from '../node/disassembler.ts';
import type { Architecture } from '../program/ports.ts';
import { arm64Machine } from './arm64.ts';
import { FunctionCode } from './function-code.ts';
import { originsOf } from './origins.ts';
import { pointerState } from './phrases.ts';

const state = (arch: Architecture, value: bigint, mapped = false) =>
  pointerState(new TestKernel().program(arch), value, mapped).en;

test('what is no address depends on the CPU: a value is one where page tables could lead from it', () => {
  const linear = 0xffff50aa4437dcb8n; // of the lower half of the kernel's 48 bits on arm64
  assert.equal(state(arm64, linear), `is 0x${linear.toString(16)}, which is not mapped`);
  assert.equal(state(x86_64, linear), `is 0x${linear.toString(16)}, no address at all`);
  assert.match(state(arm64, 0xdead000000000100n), /no address at all$/);
  assert.match(state(arm64, 0x0001_0000_0000_0000n), /no address at all$/);
  assert.match(state(x86_64, 0x0000_7fff_ffff_f000n), /which is no address of the kernel$/);
  assert.match(state(arm64, 0xffff_d514_8f8cn), /which is no address of the kernel$/);
  assert.match(state(x86_64, 0x8000n), /which is not mapped$/);
  assert.equal(state(ppc64le, 0xc000000001234000n, true), 'is 0xc000000001234000');
  assert.match(state(ppc64le, 0xc000000001234000n), /which is not mapped$/);
});

test('a constant that is made of pieces is that constant', () => {
  const kernel = new TestKernel();
  const symbol = { name: 'f', address: TestKernel.BASE + 0x1000n, size: 20, letter: 't' };
  // mov x1, #256; movk x1, #0xdead, lsl #48; mov w2, w1; cmp x0, x1; ret
  const code = Uint32Array.of(0xd2802001, 0xf2fbd5a1, 0x2a0103e2, 0xeb01001f, 0xd65f03c0);
  const instructions = nodeDisassembler().disassemble(new Uint8Array(code.buffer), symbol.address, 'arm64');
  const origins = originsOf(new FunctionCode(kernel.program(arm64), symbol, arm64Machine, instructions));
  const told = (register: string) => {
    const { origin, addend } = origins.of(register, 3);
    return `${origin.kind} ${addend.toString(16)}`;
  };
  assert.equal(told('x1'), 'constant dead000000000100');
  assert.equal(told('x2'), 'constant 100');
  assert.equal(told('x0'), 'entry 0');
});

test('how a return address is stripped of its signature is no condition of an assertion behind it', () => {
  const kernel = new FaultKernel(arm64);
  // ldr x1, [x0, #24]; cbz x1, trap; ret; udf; udf; trap: tbnz x30, #55, 8 on; nop; brk
  const at = kernel.code('checks', words(0xf9400c01, 0xb4000081, 0xd65f03c0, 0, 0, 0xb7b8005e, 0xd503201f, 0xd4210000));
  const registers = { pc: at + 0x1cn, sp: FaultKernel.STACK + 0x1000n, x0: FaultKernel.STACK, x1: 0n, x30: at };
  assert.equal(kernel.explain(registers)?.expression, '*(argument 1 + 0x18) == 0');
});

test('a jump both of whose ways lead to the trap decides nothing', () => {
  const kernel = new FaultKernel(arm64);
  // ldr x1, [x0, #24]; cbz x1, trap; ret; udf; udf; trap: cbz x2, 8 on; mov x3, #1; brk
  const at = kernel.code('checks', words(0xf9400c01, 0xb4000081, 0xd65f03c0, 0, 0, 0xb4000042, 0xd2800023, 0xd4210000));
  const registers = { pc: at + 0x1cn, sp: FaultKernel.STACK + 0x1000n, x0: FaultKernel.STACK, x1: 0n, x2: 0n, x30: at };
  assert.equal(kernel.explain(registers)?.expression, '*(argument 1 + 0x18) == 0');
});

test('a pointer that a loop moves on came from where the loop began, but had another value', () => {
  const kernel = new FaultKernel(arm64);
  // str x2, [x0], #8; cmp x0, x1; b.ne fills; ret
  const fills = kernel.code('fills', words(0xf8008402, 0xeb01001f, 0x54ffffc1, 0xd65f03c0));
  const asks = kernel.nextCode;
  // stp x29, x30, [sp, #-16]!; mov x29, sp; mov x0, x19; bl fills; ldp x29, x30, [sp], #16; ret
  kernel.code('asks', words(0xa9bf7bfd, 0x910003fd, 0xaa1303e0, branchLink(asks + 12n, fills), 0xa8c17bfd, 0xd65f03c0));
  const array = 0xffff800008000000n;
  const told = (x0: bigint) => {
    const registers = { pc: fills, sp: FaultKernel.STACK + 0x1000n, x0, x19: array, x30: asks + 16n };
    const steps = kernel.explain(registers)?.strands.flatMap((s) => s.steps) ?? [];
    return steps.map((s) => `${s.what.en.replace(/^The instruction .*: /, '')} ${s.value?.toString(16) ?? '-'}`);
  };
  const [first, moved, argument] = told(array + 0x40n);
  assert.equal(first, '%x0 is 0xffff800008000040, which is not mapped ffff800008000040');
  assert.equal(moved, '%x0 was moved on in a loop, which began with argument 1 ffff800008000040');
  assert.equal(argument, 'argument 1 is parameter 1 of fills() ffff800008000000');
  assert.ok(!told(array).some((step) => step.includes('moved on')), 'the first round');
});

test('a constant that was added to an index is a distance from the array', () => {
  const kernel = new FaultKernel(arm64);
  const at = kernel.code('slot', words(0x91002821, 0xf8617800, 0xd65f03c0)); // add x1, x1, #10; ldr x0, [x0, x1, lsl #3]; ret
  const registers = { pc: at + 4n, sp: FaultKernel.STACK + 0x1000n, x0: FaultKernel.STACK, x1: 0x100000009n, x30: at };
  const chain = kernel.explain(registers);
  assert.equal(chain?.expression, '(argument 1 + 0x50)[argument 2]');
  assert.match(chain?.summary.en ?? '', /: argument 2 is 4294967295 \(0xffffffff\)$/);
});

test('a call through a pointer of which the CPU keeps no top byte goes to what the pointer is', () => {
  const kernel = new FaultKernel(arm64);
  const asks = kernel.nextCode;
  // stp x29, x30, [sp, #-16]!; ldr x1, [x19, #8]; blr x1; ldp x29, x30, [sp], #16; ret
  kernel.code('asks', words(0xa9bf7bfd, 0xf9400661, 0xd63f0020, 0xa8c17bfd, 0xd65f03c0));
  kernel.word(FaultKernel.STACK + 8n, 0x6320612074616874n);
  const registers = { sp: FaultKernel.STACK + 0x1000n, x19: FaultKernel.STACK, x30: asks + 12n };
  const chain = kernel.explain({ ...registers, pc: 0x0020612074616874n });
  assert.equal(chain?.target, 0x6320612074616874n);
  assert.match(chain?.summary.en ?? '', /is 0x6320612074616874, no address at all$/);
  assert.equal(kernel.explain({ ...registers, pc: 0x0020612074616878n })?.target, 0x0020612074616878n);
});

test('a constant is not what was chosen where the value that is left is another', () => {
  const kernel = new FaultKernel(arm64);
  const reads = kernel.code('reads', words(0xf9400000, 0xd65f03c0)); // ldr x0, [x0]; ret
  const asks = kernel.nextCode;
  // stp; ldr x2, [x19]; tst x2, #4; and x0, x2, #~0xff; csel x0, x0, xzr, ne; bl reads; ldp; ret
  kernel.code(
    'asks',
    words(
      ...[0xa9bf7bfd, 0xf9400262, 0xf27e005f, 0x9278dc40, 0x9a9f1000, branchLink(asks + 20n, reads)],
      ...[0xa8c17bfd, 0xd65f03c0],
    ),
  );
  kernel.word(FaultKernel.STACK, 0n); // it was another when it was tested
  const x0 = 0xffff800008000500n;
  const registers = { pc: reads, sp: FaultKernel.STACK + 0x1000n, x0, x19: FaultKernel.STACK, x30: asks + 24n };
  const steps = kernel.explain(registers)?.strands.flatMap((s) => s.steps) ?? [];
  assert.ok(steps.length > 2);
  assert.ok(!steps.some((s) => s.expression === '0'), steps.map((s) => s.expression).join('; '));
});

test('the lower halves of two registers that are compared are two values', () => {
  const kernel = new FaultKernel(arm64);
  // ldr w2, [x0, #8]; cmp w2, w1; b.hi trap; ret; trap: brk
  const at = kernel.code('checks', words(0xb9400802, 0x6b01005f, 0x54000048, 0xd65f03c0, 0xd4210000));
  kernel.word(FaultKernel.STACK + 8n, 12n);
  const registers = { sp: FaultKernel.STACK + 0x1000n, x0: FaultKernel.STACK, x1: 9n, x2: 12n, x30: at };
  const chain = kernel.explain({ ...registers, pc: at + 16n });
  assert.equal(chain?.expression, '*(argument 1 + 0x8) > argument 2');
});
