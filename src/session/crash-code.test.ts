import assert from 'node:assert/strict';
import { test } from 'node:test';
import { TestKernel } from '../../test/build/test-program.ts';
import { x86_64 } from '../arch/x86-64.ts';
import { nodeDisassembler } from '../node/disassembler.ts';
import type { Program } from '../program/program.ts';
import type { FrameData } from '../report/stack-data.ts';
import { crashCode } from './crash-code.ts';

const AT = TestKernel.BASE + 0x1000n;

/** push %rbp; mov %rsp,%rbp; ud2; pop %rbp; ret at `AT`. */
function program(inMemory: boolean): Program {
  const k = new TestKernel();
  if (inMemory) {
    k.fill(AT, 0x1000);
    k.word(AT, 0xc35d0b0fe5894855n);
  }
  k.symbol('dies', AT, 8);
  const prog = k.program(x86_64);
  prog.disassembler = nodeDisassembler();
  return prog;
}

function frame(pc: bigint, interrupted = true): FrameData {
  return {
    ...{ pc: `0x${pc.toString(16)}`, symbol: 'dies', offset: 4, size: 8, module: null, inlined: false },
    ...{
      file: null,
      line: null,
      column: null,
      trust: 'registers',
      stack: 'task',
      sp: '0x0000000000000000',
      interrupted,
    },
  };
}

const LOG = ['BUG: x', 'Code: 55 48 89 e5 <0f> 0b 5d c3 66', 'more'];
const lines = (code: ReturnType<typeof crashCode>) =>
  code?.instructions.map((i) => `${i.trap ? '>' : ' '} ${i.place}: ${i.bytes}: ${i.text.trim()}`);

test('code around the trapping instruction, from memory up to the end of the function', () => {
  const code = crashCode(program(true), frame(AT + 4n), LOG);
  assert.equal(code?.from, 'memory');
  assert.deepEqual(lines(code), [
    '  dies+0x0: 55: push   %rbp',
    '  dies+0x1: 48 89 e5: mov    %rsp,%rbp',
    '> dies+0x4: 0f 0b: ud2',
    '  dies+0x6: 5d: pop    %rbp',
    '  dies+0x7: c3: ret',
  ]);
});

test('an address inside of an instruction is decoded from there', () => {
  assert.deepEqual(lines(crashCode(program(true), frame(AT + 2n), []))?.[0], '> dies+0x2: 89 e5: mov    %esp,%ebp');
});

test('from the log where memory does not have it, without the instruction that the line cuts', () => {
  const code = crashCode(program(false), frame(AT + 4n), LOG);
  assert.equal(code?.from, 'log');
  assert.deepEqual(lines(code)?.slice(0, 3), [
    '  dies+0x0: 55: push   %rbp',
    '  dies+0x1: 48 89 e5: mov    %rsp,%rbp',
    '> dies+0x4: 0f 0b: ud2',
  ]);
  assert.equal(code?.instructions.length, 5);
});

test('no code: none anywhere, no interrupted frame, no disassembler', () => {
  assert.equal(crashCode(program(false), frame(AT + 4n), ['Code: Unable to access opcode bytes at 0x4.']), undefined);
  assert.equal(crashCode(program(true), frame(AT + 4n, false), LOG), undefined);
  assert.equal(crashCode(program(true), undefined, LOG), undefined);
  const bare = program(true);
  bare.disassembler = undefined;
  assert.equal(crashCode(bare, frame(AT + 4n), LOG), undefined);
});
