import assert from 'node:assert/strict';
import { test } from 'node:test';
import { UnsupportedError } from '../base/errors.ts';
import { nodeDisassembler } from '../node/disassembler.ts';
import type { Instruction, InstructionSetName } from '../program/instruction.ts';
import { capstoneDisassembler } from './capstone.ts';
import type { CapstoneExports } from './capstone-module.ts';

const disassembler = nodeDisassembler();
const AT = 0xffffffff81000000n;

function bytesOf(hex: string): Uint8Array {
  return Uint8Array.from(hex.match(/[0-9a-f]{2}/g) ?? [], (pair) => Number.parseInt(pair, 16));
}

function decode(set: InstructionSetName, hex: string): readonly Instruction[] {
  return disassembler.disassemble(bytesOf(hex), AT, set);
}

function textOf(set: InstructionSetName, hex: string): string[] {
  return decode(set, hex).map((i) => `${i.mnemonic} ${i.operandText}`.trim());
}

/** Code words as the architecture's manual shows them. */
function words(...values: number[]): string {
  const view = new DataView(new ArrayBuffer(values.length * 4));
  values.forEach((word, i) => {
    view.setUint32(i * 4, word, true);
  });
  return Array.from(new Uint8Array(view.buffer), (byte) => byte.toString(16).padStart(2, '0')).join('');
}

test('riscv64: the spelling of objdump, branches by their addresses', () => {
  for (const [hex, text] of [
    ['4111', 'addi sp,sp,-16'],
    ['22e0', 'sd s0,0(sp)'],
    ['0008', 'addi s0,sp,16'],
    ['6861', 'ld a0,192(a0)'],
    ['8280', 'ret'],
    ['2e85', 'mv a0,a1'],
    ['8147', 'li a5,0'],
    ['b7270100', 'lui a5,0x12'],
    ['edfb', 'bnez a5,0xffffffff80fffff2'],
    ['e31f05a4', 'bnez a0,0xffffffff80fffa5e'],
    ['63870eb6', 'beqz t4,0xffffffff80fff36e'],
    ['638d0732', 'beqz a5,0xffffffff8100033a'],
    ['d9bf', 'j 0xffffffff80ffffd6'],
    ['8297', 'jalr a5'],
    ['e7800010', 'jalr 256(ra)'],
    ['9397f702', 'slli a5,a5,0x2f'],
    ['13c5f7ff', 'not a0,a5'],
    ['3b05a040', 'negw a0,a0'],
  ] as const) {
    assert.deepEqual(textOf('riscv64', hex), [text]);
  }
});

test('riscv64: calls and addresses that two instructions form', () => {
  const [first, call, upper, low] = decode('riscv64', words(0x00001097, 0x100080e7, 0x00002517, 0x02053503));
  assert.equal(first?.mnemonic, 'auipc');
  assert.deepEqual([call?.flow, call?.target], ['call', AT + 0x1100n]);
  assert.equal(upper?.flow, 'next');
  assert.equal(low?.reference, AT + 8n + 0x2020n);
});

test('s390x: the spelling of objdump, calls, jumps and returns, the length of what is no instruction', () => {
  for (const [hex, text, flow] of [
    ['c00400000000', 'jgnop 0xffffffff81000000', 'next'],
    ['eb6ff0480024', 'stmg %r6,%r15,72(%r15)', 'next'],
    ['e3f0ff40ff71', 'lay %r15,-192(%r15)', 'next'],
    ['a784018a', 'je 0xffffffff81000314', 'jump'],
    ['c0e500000080', 'brasl %r14,0xffffffff81000100', 'call'],
    ['0de1', 'basr %r14,%r1', 'call'],
    ['ec28000c007c', 'cgije %r2,0,0xffffffff81000018', 'jump'],
    ['ec960016007e', 'cijne %r9,0,0xffffffff8100002c', 'jump'],
    ['ec3323bc3d55', 'risbgz %r3,%r3,35,60,61', 'next'],
    ['d203039c3000', 'mvc 924(4,%r0),0(%r3)', 'next'],
    ['c02000000020', 'larl %r2,0xffffffff81000040', 'next'],
    ['07fe', 'br %r14', 'return'],
    ['07f4', 'br %r4', 'jump'],
    ['0700', 'nopr', 'next'],
    ['0707', 'nopr %r7', 'next'],
    ['b9a20022', '(bad)', 'next'],
  ] as const) {
    const [insn, more] = decode('s390x', hex);
    assert.equal(`${insn?.mnemonic} ${insn?.operandText}`.trim(), text);
    assert.equal(insn?.flow, flow, text);
    assert.equal(more, undefined);
  }
  assert.equal(decode('s390x', 'c0e500000080')[0]?.target, AT + 0x100n);
  assert.equal(decode('s390x', 'c02000000020')[0]?.target, undefined);
});

test('x86-64: the spelling of objdump', () => {
  for (const [hex, text] of [
    ['4889f5', 'mov %rsi,%rbp'],
    ['49c70000000000', 'movq $0x0,(%r8)'],
    ['4883c4f8', 'add $0xfffffffffffffff8,%rsp'],
    ['65488b042528000000', 'mov %gs:0x28,%rax'],
    ['0fb600', 'movzbl (%rax),%eax'],
    ['f348ab', 'rep stos %rax,%es:(%rdi)'],
    ['f0480fb113', 'lock cmpxchg %rdx,(%rbx)'],
    ['0f1f440000', 'nopl 0x0(%rax,%rax,1)'],
    ['66662e0f1f840000000000', 'data16 cs nopw 0x0(%rax,%rax,1)'],
    ['6690', 'xchg %ax,%ax'],
    ['f3a6', 'repz cmpsb %es:(%rdi),%ds:(%rsi)'],
    ['3e0fae38', 'ds clflush (%rax)'],
    ['6e', 'outsb %ds:(%rsi),(%dx)'],
    ['48c1f003', 'shl $0x3,%rax'],
    ['0f01c8', 'monitor %rax,%ecx,%edx'],
    ['0f01fb', 'mwaitx %eax,%ecx,%ebx'],
    ['d1ef', 'shr $1,%edi'],
    ['c1ef01', 'shr $0x1,%edi'],
    ['d3e8', 'shr %cl,%eax'],
    ['d320', 'shll %cl,(%rax)'],
    ['ff142508000000', 'call *0x8'],
    ['ffd0', 'call *%rax'],
    ['ee', 'out %al,(%dx)'],
    ['0f0b', 'ud2'],
    ['0fb9cc', 'ud1 %esp,%ecx'],
    ['670fb94010', 'ud1 0x10(%eax),%eax'],
    ['0f01e8', 'serialize'],
    ['0f01ca', 'clac'],
  ] as const) {
    assert.deepEqual(textOf('x86-64', hex), [text], hex);
  }
});

test('arm64: the spelling of objdump', () => {
  for (const [word, text] of [
    [0xa9bf7bfd, 'stp x29, x30, [sp, #-16]!'],
    [0xf9406801, 'ldr x1, [x0, #208]'],
    [0xf8627801, 'ldr x1, [x0, x2, lsl #3]'],
    [0xf85c0002, 'ldur x2, [x0, #-64]'],
    [0x92800000, 'mov x0, #0xffffffffffffffff'],
    [0x12800000, 'mov w0, #0xffffffff'],
    [0xd2800020, 'mov x0, #0x1'],
    [0xd344fc41, 'lsr x1, x2, #4'],
    [0x9a9f27e0, 'cset x0, cc'],
    [0xd4210000, 'brk #0x800'],
    [0xd50343df, 'msr daifset, #0x3'],
  ] as const) {
    assert.deepEqual(textOf('arm64', words(word)), [text], text);
  }
});

test('operands, flow, targets and registers', () => {
  const [load, call, back] = decode('x86-64', '488b0510000000 e800010000 c3');
  assert.equal(load?.reference, AT + 0x17n);
  assert.deepEqual(load?.registersWritten, ['rax']);
  assert.deepEqual(load?.operands[0], {
    ...{ kind: 'memory', segment: undefined, base: 'rip', index: undefined, scale: 1, displacement: 0x10n },
    ...{ size: 8, access: 'read' },
  });
  assert.deepEqual([call?.flow, call?.target], ['call', AT + 0x10cn]);
  assert.deepEqual([back?.flow, back?.target, back?.size], ['return', undefined, 1]);
});

test('arm64: addresses formed by ADRP and what follows, until the register is written', () => {
  // adrp x0, +0x4000; add x1, x0, #0x10; ldr x2, [x0, #8]; bl .; ldr x2, [x0, #8]; cbz w0, +8
  const code = decode('arm64', words(0x90000020, 0x91004001, 0xf9400402, 0x94000000, 0xf9400402, 0x34000040));
  assert.deepEqual(
    code.map((i) => i.reference),
    [AT + 0x4000n, AT + 0x4010n, AT + 0x4008n, undefined, undefined, undefined],
  );
  assert.deepEqual(
    code.map((i) => i.target),
    [undefined, undefined, undefined, AT + 12n, undefined, AT + 0x1cn],
  );
});

test('sets without operand structures have text', () => {
  assert.deepEqual(textOf('s390x', '07fe'), ['br %r14']);
});

// Words and texts as binutils' disassembler shows them for a Power kernel.
test('ppc64: the spelling of objdump, in both byte orders', () => {
  for (const [word, text] of [
    [0xe86300c0, 'ld r3,192(r3)'],
    [0xf821ffd1, 'stdu r1,-48(r1)'],
    [0x3860ffa1, 'li r3,-95'],
    [0x48000101, 'bl 0xffffffff81000100'],
    [0x419e0010, 'beq cr7,0xffffffff81000010'],
    [0x40c2ffec, 'bne- 0xffffffff80ffffec'],
    [0x7c7d1b79, 'mr. r29,r3'],
    [0x7edfb0f8, 'not r31,r22'],
    [0x7929f842, 'srdi r9,r9,1'],
    [0x79290624, 'clrrdi r9,r9,7'],
    [0x57ff0038, 'clrrwi r31,r31,3'],
    [0x71298491, 'andi. r9,r9,33937'],
    [0x7c0004ac, 'hwsync'],
    [0x4e800421, 'bctrl'],
    [0x4e800020, 'blr'],
  ] as const) {
    const big = word.toString(16).padStart(8, '0');
    assert.deepEqual(textOf('ppc64', big), [text]);
    assert.deepEqual(textOf('ppc64le', words(word)), [text]);
  }
});

test('ppc64: where an instruction leads is told by its name', () => {
  const code = decode('ppc64le', words(0x48000101, 0x4e800421, 0x4e800020, 0x419e0010, 0x4e800420, 0x7c0004ac));
  assert.deepEqual(
    code.map((i) => [i.flow, i.target]),
    [
      ['call', AT + 0x100n],
      ['call', undefined],
      ['return', undefined],
      ['jump', AT + 0x1cn],
      ['jump', undefined],
      ['next', undefined],
    ],
  );
});

test('bytes that are no instructions, and one that is cut', () => {
  assert.deepEqual(textOf('x86-64', '06 90 e8 00'), ['(bad)', 'nop', '(bad)', '(bad)']);
  assert.deepEqual(textOf('arm64', 'ffffffff 1f2003d5 0000'), ['(bad)', 'nop', '(bad)']);
  assert.deepEqual(decode('x86-64', ''), []);
});

test('any bytes are covered, each once, over the bounds of the pieces', () => {
  for (const set of ['x86-64', 'arm64', 'riscv64', 's390x', 'ppc64', 'ppc64le'] as const) {
    const code = new Uint8Array(0x10000 + 4099);
    let state = 12345;
    for (let i = 0; i < code.length; i++) {
      state = (Math.imul(state, 1103515245) + 12345) >>> 0;
      code[i] = state >>> 24;
    }
    let next = AT;
    for (const { address, size, bytes } of disassembler.disassemble(code, AT, set)) {
      assert.equal(address, next);
      assert.deepEqual(bytes, code.slice(Number(address - AT), Number(address - AT) + size));
      next += BigInt(size);
    }
    assert.equal(next, AT + BigInt(code.length), set);
  }
});

test('code at the end of the address space wraps around', () => {
  const code = disassembler.disassemble(bytesOf('90 90'), 0xffff_ffff_ffff_ffffn, 'x86-64');
  assert.deepEqual(
    code.map((i) => i.address),
    [0xffff_ffff_ffff_ffffn, 0n],
  );
});

test('another build of the module is refused', () => {
  const memory = { buffer: new ArrayBuffer(0x20000) };
  const other = {
    ...{
      d: memory,
      e: () => {},
      j: () => 0,
      l: () => 0,
      o: () => 0x1000,
      p: () => 0,
      q: () => 0,
      y: () => 1,
      z: () => 0x2000,
    },
  };
  const load = (version: number) => () => ({ ...other, f: () => version }) as CapstoneExports;
  const ask = (version: number) => () =>
    capstoneDisassembler(load(version)).disassemble(Uint8Array.of(0x90), AT, 'x86-64');
  assert.throws(ask(0x400), (e: Error) => e instanceof UnsupportedError && /capstone 4\.0, not 5/.test(e.message));
  assert.throws(ask(0x500), /not the build that it was made for: x86-64: self-test read/);
});
