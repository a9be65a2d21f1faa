import assert from 'node:assert/strict';
import { test } from 'node:test';
import { nodeDisassembler } from '../node/disassembler.ts';
import { x86Exits, x86Mentions } from './x86-64-exits.ts';
import { x86Size } from './x86-64-size.ts';

const START = 0xffffffff81000000n;

/** Instructions as the assembler makes them. */
const CODES = [
  ...['55', '4889e5', '4883ec18', '488b87c0000000', '488d448b10', '65488b042528000000', '48b8000100000000adde', 'c3'],
  ...['0f1f4400 00', '660f1f840000000000', 'f6470801', '48f7c700000100', '66c747080100', '66f74708ff00', 'b801000000'],
  ...['e800000000', 'eb10', '7510', '0f8500010000', 'e900010000', 'ffe0', '41ffe3', 'ff6018', 'ff24c500000000', '0f0b'],
  ...[
    'f0480fc107',
    'f3480fb8c7',
    '0fba6f0803',
    '660f3a0fc108',
    '0f38f0 07',
    '6a00',
    '6800010000',
    '69c010270000',
    'c9',
  ],
  ...['480fa4d008', '80bf0000000001', '833d0000000000', 'f348ab', '0fae e8', '90', 'cc', '0fb64704', '4898', '0fc7f0'],
];

function bytesOf(hex: string): Uint8Array {
  return Uint8Array.from(hex.replaceAll(' ', '').match(/../g) ?? [], (byte) => Number.parseInt(byte, 16));
}

test('the length of an instruction is what the disassembler says', () => {
  const disassembler = nodeDisassembler();
  for (const hex of CODES) {
    const code = bytesOf(`${hex}9090909090`);
    assert.equal(x86Size(code, 0)?.size, disassembler.disassemble(code, START, 'x86-64')[0]?.size, hex);
  }
});

test('what is cut off, or not known, has no length', () => {
  for (const hex of ['48', 'e80000', '0f', 'c5f877', '62f17c48', '66666666666666666666666666666690', '']) {
    assert.equal(x86Size(bytesOf(hex), 0), undefined, hex);
  }
});

function exits(hex: string) {
  const nameAt = (at: bigint): string | undefined => (at === START + 0x205n ? 'thunk' : undefined);
  return x86Exits(bytesOf(hex), START, nameAt, (name) => name === 'thunk');
}

test('jumps that leave the function are its exits, whatever follows a call looks like', () => {
  // call; jne inside; jmp 0x1005; ret
  assert.deepEqual(exits('e8e9ffffff 7500 e900100000 c3'), { targets: [START + 0x100cn], indirect: false });
  assert.deepEqual(exits('0f8400100000 c3'), { targets: [START + 0x1006n], indirect: false });
  assert.deepEqual(exits('eb7f'), { targets: [START + 0x81n], indirect: false });
});

test('a jump to a register, to what memory holds, or to a thunk is indirect', () => {
  for (const hex of ['ffe0', '41ffe3', 'ff6018', '2effe2']) {
    assert.deepEqual(exits(hex), { targets: [], indirect: true }, hex);
  }
  assert.equal(exits('e900020000')?.indirect, true);
  assert.equal(exits('ffd0 c3')?.indirect, false);
});

test('code that is not understood has no known exits', () => {
  assert.equal(exits('c5f877 e900020000'), undefined);
});

test('the distances that code adds or takes away are found in its bytes', () => {
  const mentions = (hex: string, ...distances: number[]) => x86Mentions(bytesOf(hex), distances);
  assert.equal(mentions('488dbfb0feffff e900100000', 0x150), true); // lea -0x150(%rdi),%rdi
  assert.equal(mentions('4881ef50010000 c3', 0x20, 0x150), true); // sub $0x150,%rdi
  assert.equal(mentions('488d7fe0 c3', 0x20), true); // lea -0x20(%rdi),%rdi
  assert.equal(mentions('4883ef80 c3', 0x80), true); // sub $-0x80,%rdi
  assert.equal(mentions('488dbfb0feffff e900100000', 0x151, 0x40), false);
  assert.equal(mentions('488d7f', 0x20), false);
});
