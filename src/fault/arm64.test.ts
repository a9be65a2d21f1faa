import assert from 'node:assert/strict';
import { test } from 'node:test';
import { accessTexts, instruction, meaning, termText } from '../../test/build/term-text.ts';
import { arm64Machine as machine } from './arm64.ts';

/** Code, its text, and what it leaves behind: a register or bytes of memory, and what they are computed from. */
const MEANINGS: readonly (readonly [code: string, text: string, effects: string])[] = [
  ['016840f9', 'ldr x1, [x0, #208]', 'x1=u64[x0+0xd0]'],
  ['010840b9', 'ldr w1, [x0, #8]', 'x1=u32[x0+0x8]'],
  ['01204039', 'ldrb w1, [x0, #8]', 'x1=u8[x0+0x8]'],
  ['010880b9', 'ldrsw x1, [x0, #8]', 'x1=s32[x0+0x8]'],
  ['018c57f8', 'ldr x1, [x0, #-136]!', 'x1=u64[x0+-0x88]; x0=x0+-0x88'],
  ['018440f8', 'ldr x1, [x0], #8', 'x1=u64[x0]; x0=x0+0x8'],
  ['746a42a9', 'ldp x20, x26, [x19, #32]', 'x20=u64[x19+0x20]; x26=u64[x19+0x28]'],
  ['fd7bbda9', 'stp x29, x30, [sp, #-48]!', '8[sp+-0x30]=x29; 8[sp+-0x28]=x30; sp=sp+-0x30'],
  ['fd7bc3a8', 'ldp x29, x30, [sp], #48', 'x29=u64[sp]; x30=u64[sp+0x8]; sp=sp+0x30'],
  ['7f0600f9', 'str xzr, [x19, #8]', '8[x19+0x8]=0x0'],
  ['e1330179', 'strh w1, [sp, #152]', '2[sp+0x98]=u32(x1)'],
  ['207862f8', 'ldr x0, [x1, x2, lsl #3]', 'x0=u64[x1+mul(x2,0x8)]'],
  ['205862b8', 'ldr w0, [x1, w2, uxtw #2]', 'x0=u32[x1+mul(u32(x2),0x4)]'],
  ['f30300aa', 'mov x19, x0', 'x19=x0'],
  ['01008052', 'mov w1, #0', 'x1=0x0'],
  ['0040ddf2', 'movk x0, #0xea00, lsl #32', 'x0=or(and(x0,-0xffff00000001),0xea0000000000)'],
  ['2018028b', 'add x0, x1, x2, lsl #6', 'x0=x1+mul(x2,0x40)'],
  ['20c0228b', 'add x0, x1, w2, sxtw', 'x0=x1+s32(x2)'],
  ['61a204d1', 'sub x1, x19, #0x128', 'x1=x19+-0x128'],
  ['200002cb', 'sub x0, x1, x2', 'x0=sub(x1,x2)'],
  ['639a4092', 'and x3, x19, #0x7fffffffff', 'x3=and(x19,0x7fffffffff)'],
  ['63fc4cd3', 'lsr x3, x3, #12', 'x3=shr(x3,0xc)'],
  ['202c44d3', 'ubfx x0, x1, #4, #8', 'x0=and(shr(x1,0x4),0xff)'],
  ['0000829a', 'csel x0, x0, x2, eq', 'x0=choice(x0,x2)'],
  ['0004829a', 'csinc x0, x0, x2, eq', 'x0=choice(x0,unknown)'],
  ['014138d5', 'mrs x1, sp_el0', 'x1=current'],
  ['81d038d5', 'mrs x1, tpidr_el1', 'x1=this-cpu'],
  ['3f2303d5', 'paciasp', ''],
  ['bf0200eb', 'cmp x21, x0', ''],
  ['3f0040f2', 'tst x1, #1', ''],
  ['4180e0f8', 'swpal x0, x1, [x2]', 'x1=u64[x2]; 8[x2]=unknown'],
  ['41fce0c8', 'casal x0, x1, [x2]', 'x0=u64[x2]; 8[x2]=unknown'],
  ['4100e0f8', 'ldaddal x0, x1, [x2]', 'x1=u64[x2]; 8[x2]=unknown'],
  ['207c5fc8', 'ldxr x0, [x1]', 'x0=u64[x1]'],
  ['207c03c8', 'stxr w3, x0, [x1]', 'x3=u32(unknown); 8[x1]=x0'],
  ['007c4093', 'sxtw x0, w0', 'x0=s32(x0)'],
  ['000021d4', 'brk #0x800', ''],
  ['20003fd6', 'blr x1', ''],
  ['000014ca', 'eor x0, x0, x20', 'x0=xor(x0,x20)'],
  ['200c029b', 'madd x0, x1, x2, x3', 'x0=unknown'],
  ['000040fd', 'ldr d0, [x0]', ''],
];

for (const [code, text, effects] of MEANINGS) {
  test(`${text}: ${effects || 'nothing'}`, () => {
    assert.equal(meaning(machine, 'arm64', code).join('; '), effects);
  });
}

const code = (hex: string) => instruction('arm64', hex);

test('memory that an instruction touches', () => {
  assert.deepEqual(accessTexts(machine.accesses(code('016840f9'))), ['read 8[x0+0xd0]']);
  assert.deepEqual(accessTexts(machine.accesses(code('fd7bbda9'))), ['write 16[sp+-0x30]']);
  assert.deepEqual(accessTexts(machine.accesses(code('41fce0c8'))), ['read-write 8[x2]']);
});

test('calls, jumps and returns', () => {
  const none = (): undefined => undefined;
  const blr = machine.callee(code('20003fd6'), none);
  assert.ok(blr && 'operand' in blr);
  assert.equal(termText(blr.operand), 'x1');
  assert.deepEqual(machine.callee(code('40000094'), none), { address: 0x1100n });
  assert.deepEqual(machine.flow(code('c0035fd6'), none), { falls: false, target: undefined, indirect: false });
  assert.equal(machine.flow(code('e10000b4'), none).falls, true); // cbz
  assert.equal(machine.flow(code('20001fd6'), none).indirect, true); // br x1
});

test('what conditional jumps go by', () => {
  const told = (jump: string, flags?: string): string => {
    const t = machine.test(code(jump), flags === undefined ? undefined : code(flags));
    return t
      ? `${termText(t.left)} ${t.relation} ${termText(t.right)} ${t.signed ? 's' : 'u'}${t.size * 8}${t.only ? ` if ${t.only}` : ''}`
      : 'nothing';
  };
  assert.equal(told('e10000b4'), 'x1 == 0x0 u64'); // cbz x1
  assert.equal(told('e1001037'), 'u32(x1) & 0x4 u32'); // tbnz w1, #2
  assert.equal(told('40000054', 'bf0200eb'), 'x21 == x0 u64'); // cmp x21, x0; b.eq
  assert.equal(told('0000829a', '3f0040f2'), 'x1 !& 0x1 u64'); // tst x1, #1; csel eq
  assert.equal(told('40000054'), 'nothing');
  assert.equal(told('41000054', '041055fa'), 'x0 != x21 u64 if taken'); // ccmp x0, x21, #4, ne; b.ne
  assert.equal(told('40000054', '041055fa'), 'x0 == x21 u64 if passed'); // the flags that it states make it jump
});

test('a signed return address is told without its signature, whichever half and size of address space', () => {
  assert.equal(machine.plainCode(0x5a80_c2ff_3593_e794n, 48), 0xffff_c2ff_3593_e794n);
  assert.equal(machine.plainCode(0xffff_0000_0826_8b5cn, 48), 0xffff_0000_0826_8b5cn);
  assert.equal(machine.plainCode(0x1234_0000_0040_0a58n, 48), 0x40_0a58n);
});
