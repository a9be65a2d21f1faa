import assert from 'node:assert/strict';
import { test } from 'node:test';
import { accessTexts, instruction, meaning, termText } from '../../test/build/term-text.ts';
import { TestKernel } from '../../test/build/test-program.ts';
import { ppc64le } from '../arch/ppc64le.ts';
import { nodeDisassembler } from '../node/disassembler.ts';
import { FunctionCode } from './function-code.ts';
import { originsOf } from './origins.ts';
import { ppc64Machine as machine } from './ppc64.ts';

/** Code at 0x1000, its text, and what it leaves behind: a register or bytes of memory, and what they are computed from. */
const MEANINGS: readonly (readonly [code: string, text: string, effects: string])[] = [
  ['c00063e8', 'ld r3,192(r3)', 'r3=u64[r3+0xc0]'],
  ['08006380', 'lwz r3,8(r3)', 'r3=u32[r3+0x8]'],
  ['08006388', 'lbz r3,8(r3)', 'r3=u8[r3+0x8]'],
  ['060063e8', 'lwa r3,4(r3)', 'r3=s32[r3+0x4]'],
  ['080063a8', 'lha r3,8(r3)', 'r3=s16[r3+0x8]'],
  ['2ae8697c', 'ldx r3,r9,r29', 'r3=u64[r9+r29]'],
  ['d1ff21f8', 'stdu r1,-48(r1)', '8[r1+-0x30]=r1; r1=r1+-0x30'],
  ['100001f8', 'std r0,16(r1)', '8[r1+0x10]=r0'],
  ['04006394', 'stwu r3,4(r3)', '4[r3+0x4]=r3; r3=r3+0x4'],
  ['a818607c', 'ldarx r3,0,r3', 'r3=u64[r3]'],
  ['ad19607c', 'stdcx. r3,0,r3', '8[r3]=r3'],
  ['a602087c', 'mflr r0', 'r0=lr'],
  ['a603087c', 'mtlr r0', 'lr=r0'],
  ['a603897d', 'mtctr r12', 'ctr=r12'],
  ['03004c3c', 'addis r2,r12,3', 'r2=0x31000'],
  ['08f34238', 'addi r2,r2,-3320', 'r2=r2+-0xcf8'],
  ['f8ff4ce8', 'ld r2,-8(r12)', 'r2=u64[0xff8]'],
  ['1462427c', 'add r2,r2,r12', 'r2=r2+0xffc'],
  ['a1ff6038', 'li r3,-95', 'r3=-0x5f'],
  ['1200603c', 'lis r3,18', 'r3=0x120000'],
  ['144a637c', 'add r3,r3,r9', 'r3=r3+r9'],
  ['5020637c', 'subf r3,r3,r4', 'r3=sub(r4,r3)'],
  ['10006320', 'subfic r3,r3,16', 'r3=sub(0x10,r3)'],
  ['d000637c', 'neg r3,r3', 'r3=sub(0x0,r3)'],
  ['781b7f7c', 'mr r31,r3', 'r31=r3'],
  ['791b7d7c', 'mr. r29,r3', 'r29=r3'],
  ['10006360', 'ori r3,r3,16', 'r3=or(r3,0x10)'],
  ['7823637c', 'or r3,r3,r4', 'r3=or(r3,r4)'],
  ['91842971', 'andi. r9,r9,33937', 'r9=and(r9,0x8491)'],
  ['3000631c', 'mulli r3,r3,48', 'r3=mul(r3,0x30)'],
  ['42f82979', 'srdi r9,r9,1', 'r9=shr(r9,0x1)'],
  ['c6072979', 'sldi r9,r9,32', 'r9=shl(r9,0x20)'],
  ['24062979', 'clrrdi r9,r9,7', 'r9=and(r9,-0x80)'],
  ['3800ff57', 'clrrwi r31,r31,3', 'r31=and(r31,0xfffffff8)'],
  ['3a106354', 'slwi r3,r3,2', 'r3=u32(shl(u32(r3),0x2))'],
  ['20006378', 'clrldi r3,r3,32', 'r3=and(r3,0xffffffff)'],
  ['3e066354', 'clrlwi r3,r3,24', 'r3=and(r3,0xff)'],
  ['62fc6378', 'rldicl r3,r3,63,49', 'r3=and(shr(r3,0x1),0x7fff)'],
  ['be8f6354', 'rlwinm r3,r3,17,30,31', 'r3=and(shr(u32(r3),0xf),0x3)'],
  ['b407637c', 'extsw r3,r3', 'r3=s32(r3)'],
  ['5e4a2a7d', 'isel r9,r10,r9,4*cr2+gt', 'r9=choice(r10,r9)'],
  ['1630437c', 'mulhwu r2,r3,r6', 'r2=unknown'],
  ['ac04007c', 'hwsync', ''],
  ['0000232c', 'cmpdi r3,0', ''],
  ['0000e00f', 'twui r0,0', ''],
  ['2104804e', 'bctrl', ''],
];

const code = (hex: string) => instruction('ppc64le', hex);

for (const [hex, text, effects] of MEANINGS) {
  test(`${text}: ${effects || 'nothing'}`, () => {
    const { mnemonic, operandText } = code(hex);
    assert.equal(`${mnemonic} ${operandText}`.trim(), text);
    assert.equal(meaning(machine, 'ppc64le', hex).join('; '), effects);
  });
}

test('memory that an instruction touches', () => {
  assert.deepEqual(accessTexts(machine.accesses(code('c00063e8'))), ['read 8[r3+0xc0]']);
  assert.deepEqual(accessTexts(machine.accesses(code('04006394'))), ['write 4[r3+0x4]']);
  assert.deepEqual(accessTexts(machine.accesses(code('781b7f7c'))), []);
});

test('calls, jumps and returns; a call of the local entry is one of the function', () => {
  const none = (): undefined => undefined;
  const bctrl = machine.callee(code('2104804e'), none);
  assert.ok(bctrl && 'operand' in bctrl);
  assert.equal(termText(bctrl.operand), 'ctr');
  assert.deepEqual(machine.callee(code('01010048'), none), { address: 0x1100n });
  const named = (at: bigint): string | undefined => (at === 0x10f8n ? 'panic' : undefined);
  assert.deepEqual(machine.callee(code('01010048'), named), { address: 0x10f8n });
  assert.equal(machine.flow(code('01010048'), named).falls, false, 'it does not come back');
  assert.equal(machine.flow(code('01010048'), none).falls, true);
  assert.deepEqual(machine.flow(code('2000804e'), none), { falls: false, target: undefined, indirect: false });
  assert.deepEqual(machine.flow(code('2000824d'), none), { falls: true, target: undefined, indirect: false }); // beqlr
  assert.deepEqual(machine.flow(code('10009e41'), none), { falls: true, target: 0x1010n, indirect: false }); // beq cr7
  assert.equal(machine.flow(code('2004804e'), none).indirect, true); // bctr
  assert.equal(machine.isConditional(code('10009e41')), true);
  assert.equal(machine.isConditional(code('01010048')), false);
});

test('branches that leave the function', () => {
  const exits = (...words: number[]) =>
    machine.exits(new Uint8Array(Uint32Array.from(words).buffer), 0x1000n, () => undefined);
  assert.deepEqual(exits(0x48001000), { targets: [0x2000n], indirect: false }); // b
  assert.deepEqual(exits(0x4bfffffc), { targets: [0xffcn], indirect: false }); // b back
  assert.deepEqual(exits(0x41820100), { targets: [0x1100n], indirect: false }); // beq
  assert.deepEqual(exits(0x48001001, 0x48000004, 0x4e800020), { targets: [], indirect: false }); // bl; b inside; blr
  assert.deepEqual(exits(0x4e800420), { targets: [], indirect: true }); // bctr
});

test('what conditional jumps go by', () => {
  const told = (jump: string, flags?: string): string => {
    const t = machine.test(code(jump), flags === undefined ? undefined : code(flags));
    return t
      ? `${termText(t.left)} ${t.relation} ${termText(t.right)} ${t.signed ? 's' : 'u'}${t.size * 8}`
      : 'nothing';
  };
  assert.equal(told('10008241', '0000232c'), 'r3 == 0x0 u64'); // cmpdi r3,0; beq
  assert.equal(told('10008141', '0000032c'), 'r3 > 0x0 s32'); // cmpwi r3,0; bgt
  assert.equal(told('10008041', '4020237c'), 'r3 < r4 u64'); // cmpld r3,r4; blt
  assert.equal(told('10008240', '791b7d7c'), 'r3 != 0x0 u64'.replace('u64', 's64')); // mr. r29,r3; bne
  assert.equal(told('10008241', '91842971'), 'r9 !& 0x8491 u64'); // andi. r9,r9,..; beq
  assert.equal(told('10009e41', '0000232c'), 'nothing', 'another field of the condition register');
  assert.equal(told('10009e41', '0000a32f'), 'r3 == 0x0 u64'); // cmpdi cr7,r3,0; beq cr7
  assert.equal(told('10008241'), 'nothing');
});

test('what a trap with a condition of its own goes by', () => {
  const told = (...hex: string[]): string => {
    const found = machine.trapTest?.((n) => (hex[n] === undefined ? undefined : code(hex[n])));
    if (!found) return 'nothing';
    const { left, relation, right, size } = found.test;
    return `${termText(left)} ${relation} ${termText(right)} ${size * 8} -${found.back}`;
  };
  assert.equal(told('0000090b'), 'r9 != 0x0 64 -0'); // tdnei r9,0
  assert.equal(told('0000090b', '82d12979', '7400297d'), 'r9 == 0x0 64 -2'); // cntlzd r9,r9; srdi r9,r9,6
  assert.equal(told('0000e00f'), 'nothing'); // twui r0,0
  assert.equal(machine.isTrap(code('0000090b')), true);
});

test('an address from the table of contents is the address of what it names, a variable there is a variable', () => {
  const kernel = new TestKernel();
  const text = TestKernel.BASE + 0x100000n;
  const variable = text + 0x4000n;
  kernel.fill(text, 0x5000);
  const symbol = { name: 'f', address: text, size: 20, letter: 't' };
  kernel.symbol('missing', variable, 8, 'd');
  kernel.word(text + 0x100n, variable);
  // addis r2,r12,1; addi r2,r2,-0x7f00; ld r9,-0x8000(r2); ld r3,0(r9); blr
  const words = Uint32Array.of(0x3c4c0001, 0x38428100, 0xe9228000, 0xe8690000, 0x4e800020);
  const instructions = nodeDisassembler().disassemble(new Uint8Array(words.buffer), text, 'ppc64le');
  const pointer = (): string => {
    const code = new FunctionCode(kernel.program(ppc64le), symbol, machine, instructions);
    const { origin, addend } = originsOf(code).of('r9', 3);
    return `${origin.kind} ${addend.toString(16)}`;
  };
  assert.equal(pointer(), `constant ${variable.toString(16)}`);
  kernel.symbol('pointer', text + 0x100n, 8, 'd');
  assert.equal(pointer(), 'load 0');
});

test('the distances that code adds or takes away are found in its words', () => {
  const mentions = (word: number, ...distances: number[]) =>
    machine.mentions(new Uint8Array(Uint32Array.of(0x60000000, word).buffer), distances);
  assert.equal(mentions(0x3863feb0, 0x150), true); // addi r3,r3,-336
  assert.equal(mentions(0x38630150, 0x20, 0x150), true);
  assert.equal(mentions(0x3c63ffff, 0x10000), true); // addis r3,r3,-1
  assert.equal(mentions(0x38630150, 0x151), false);
  assert.equal(mentions(0xe8630150, 0x150), false); // ld
});
