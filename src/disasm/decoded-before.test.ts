import assert from 'node:assert/strict';
import { test } from 'node:test';
import { nodeDisassembler } from '../node/disassembler.ts';
import type { InstructionSetName } from '../program/instruction.ts';

const AT = 0xffffffff81000000n;

function bytesOf(hex: string): Uint8Array {
  return Uint8Array.from(hex.replaceAll(' ', '').match(/../g) ?? [], (pair) => Number.parseInt(pair, 16));
}

test('an instruction that was met before is the same as one that is decoded anew, at its own address', () => {
  for (const [set, hex] of [
    // push, mov, movzbl, nop, pause, endbr64, two prefixes, lea of the next instruction, jump, ud1, shifts
    ['x86-64', '55 4889e5 0fb600 90 f390 f30f1efa 6690 488d0501000000 eb02 0fb9cc 48d1ef c3'],
    // add, ldr, ldr of a literal, adr, adrp, b, prfm of a literal, nop, cbz
    ['arm64', '00040091 200040f9 41000058 21000010 21000090 02000014 400000d8 1f2003d5 400000b4'],
    ['riscv64', '97000000 01a0 1305a500 1305a500'],
  ] as const satisfies readonly (readonly [InstructionSetName, string])[]) {
    const code = bytesOf(hex);
    const used = nodeDisassembler();
    used.disassemble(code, AT, set);
    for (const at of [AT, AT + 0x5004n]) {
      const fresh = nodeDisassembler().disassemble(code, at, set);
      assert.deepEqual(used.disassemble(code, at, set), fresh);
      assert.ok(fresh.length > 3);
    }
  }
});

test('what begins alike but goes on is another instruction, and a cut one is none', () => {
  const disassembler = nodeDisassembler();
  const names = (hex: string): string[] =>
    disassembler.disassemble(bytesOf(hex), AT, 'x86-64').map((insn) => insn.mnemonic);
  assert.deepEqual(names('90 c3 4889e5'), ['nop', 'ret', 'mov']);
  assert.deepEqual(names('f390 f3c3 4889e5'), ['pause', 'repz ret', 'mov']);
  assert.deepEqual(names('90 4889'), ['nop', '(bad)', '(bad)']);
});
