import assert from 'node:assert/strict';
import { test } from 'node:test';
import { nodeDisassembler } from '../node/disassembler.ts';
import { disassembleCodeLine, parseCodeLine } from './code-line.ts';

const disassembler = nodeDisassembler();

test('bytes with the trapping one in angle brackets', () => {
  const line = parseCodeLine('[    4.5] Code: c3 55 48 89 e5 <0f> 0b 5d c3');
  assert.deepEqual(line, { code: Uint8Array.of(0xc3, 0x55, 0x48, 0x89, 0xe5, 0x0f, 0x0b, 0x5d, 0xc3), trap: 5 });
  assert.ok(line);
  const { instructions, trap, skipped } = disassembleCodeLine(disassembler, 'x86-64', line, 0x1005n);
  assert.deepEqual(
    instructions.map((i) => `${i.address.toString(16)} ${i.mnemonic} ${i.operandText}`.trim()),
    ['1000 ret', '1001 push %rbp', '1002 mov %rsp,%rbp', '1005 ud2', '1007 pop %rbp', '1008 ret'],
  );
  assert.deepEqual([trap, skipped], [3, 0]);
});

test('a line that begins inside an instruction starts at the first that leads to the trapping one', () => {
  const line = parseCodeLine('Code: 06 48 89 e5 <0f> 0b'); // 06 is no instruction
  assert.ok(line);
  const { instructions, trap, skipped } = disassembleCodeLine(disassembler, 'x86-64', line, 0x2000n);
  assert.deepEqual([instructions[0]?.mnemonic, instructions[0]?.address, trap, skipped], ['mov', 0x1ffdn, 1, 1]);
});

test('words with the trapping one in parentheses', () => {
  const line = parseCodeLine('Code: aa0003f3 d503201f (f9406801) d65f03c0 ');
  assert.ok(line);
  const { instructions, trap } = disassembleCodeLine(disassembler, 'arm64', line, 0x8008n);
  assert.deepEqual(
    instructions.map((i) => `${i.mnemonic} ${i.operandText}`.trim()),
    ['mov x19, x0', 'nop', 'ldr x1, [x0, #208]', 'ret'],
  );
  assert.equal(trap, 2);
});

test('what is no code', () => {
  assert.equal(parseCodeLine('Code: Unable to access opcode bytes at 0xffffffffffffffd6.'), undefined);
  assert.equal(parseCodeLine('Code: Bad RIP value.'), undefined);
  assert.equal(parseCodeLine('Codes: 00'), undefined);
  assert.equal(parseCodeLine('RIP: 0010:foo+0x1/0x2'), undefined);
  const many = parseCodeLine(`Code: ${'90 '.repeat(5000)}`);
  assert.equal(many?.code.length, 512);
});

test('hostile lines are cut, not followed', () => {
  const line = parseCodeLine(`Code: ${'06 '.repeat(60)}<ff>`);
  assert.ok(line);
  const { instructions, trap } = disassembleCodeLine(disassembler, 'x86-64', line, 0n);
  assert.equal(instructions[trap ?? 0]?.mnemonic, '(bad)');
  assert.ok(instructions.length <= 61);
});
