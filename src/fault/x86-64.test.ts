import assert from 'node:assert/strict';
import { test } from 'node:test';
import { accessTexts, instruction, meaning, termText } from '../../test/build/term-text.ts';
import { x86Machine as machine } from './x86-64.ts';

/** Code, its text, and what it leaves behind: a register or bytes of memory, and what they are computed from. */
const MEANINGS: readonly (readonly [code: string, text: string, effects: string])[] = [
  ['488b87c0000000', 'mov 0xc0(%rdi),%rax', 'rax=u64[rdi+0xc0]'],
  ['4889fb', 'mov %rdi,%rbx', 'rbx=rdi'],
  ['89f8', 'mov %edi,%eax', 'rax=u32(rdi)'],
  ['4863c7', 'movslq %edi,%rax', 'rax=s32(rdi)'],
  ['0fb64704', 'movzbl 0x4(%rdi),%eax', 'rax=u8[rdi+0x4]'],
  ['0fbe4704', 'movsbl 0x4(%rdi),%eax', 'rax=u32(s8[rdi+0x4])'],
  ['488d448b10', 'lea 0x10(%rbx,%rcx,4),%rax', 'rax=rbx+0x10+mul(rcx,0x4)'],
  ['4c8ba4c3d8000000', 'mov 0xd8(%rbx,%rax,8),%r12', 'r12=u64[rbx+0xd8+mul(rax,0x8)]'],
  ['55', 'push %rbp', '8[rsp+-0x8]=rbp; rsp=rsp+-0x8'],
  ['5d', 'pop %rbp', 'rbp=u64[rsp]; rsp=rsp+0x8'],
  ['c9', 'leaveq', 'rsp=rbp+0x8; rbp=u64[rbp]'],
  ['4883ec18', 'sub $0x18,%rsp', 'rsp=rsp+-0x18'],
  ['4801c2', 'add %rax,%rdx', 'rdx=rdx+rax'],
  ['31c0', 'xor %eax,%eax', 'rax=0x0'],
  ['48c1e836', 'shr $0x36,%rax', 'rax=shr(rax,0x36)'],
  ['48ffc0', 'inc %rax', 'rax=rax+0x1'],
  ['480f45c1', 'cmovne %rcx,%rax', 'rax=choice(rcx,rax)'],
  ['488707', 'xchg %rax,(%rdi)', 'rax=u64[rdi]; 8[rdi]=rax'],
  ['f0480fc107', 'lock xadd %rax,(%rdi)', 'rax=u64[rdi]; 8[rdi]=rax+u64[rdi]'],
  ['f0480fb117', 'lock cmpxchg %rdx,(%rdi)', 'rax=unknown; 8[rdi]=unknown'],
  ['0f94c0', 'sete %al', 'rax=unknown'],
  ['884708', 'mov %al,0x8(%rdi)', '1[rdi+0x8]=u8(rax)'],
  ['48c744241800000000', 'movq $0x0,0x18(%rsp)', '8[rsp+0x18]=0x0'],
  ['48b8000100000000adde', 'movabs $0xdead000000000100,%rax', 'rax=-0x2152ffffffffff00'],
  ['65488b042528000000', 'mov %gs:0x28,%rax', 'rax=u64[this-cpu+0x28]'],
  ['4839c8', 'cmp %rcx,%rax', ''],
  ['4885c0', 'test %rax,%rax', ''],
  ['f348ab', 'rep stosq', 'rcx=unknown; rdi=unknown; rcx=unknown'],
  ['4898', 'cltq', 'rax=s32(rax)'],
  ['0f0b', 'ud2', ''],
  ['0f1f0400', 'nopl 0x0(%rax,%rax,1)', ''],
  ['ffd0', 'call *%rax', ''],
  ['486bc238', 'imul $0x38,%rdx,%rax', 'rax=mul(rdx,0x38)'],
  ['4883e0fe', 'and $0xfffffffffffffffe,%rax', 'rax=and(rax,-0x2)'],
  ['48f7d8', 'neg %rax', 'rax=unknown'],
];

for (const [code, text, effects] of MEANINGS) {
  test(`${text}: ${effects || 'nothing'}`, () => {
    assert.equal(meaning(machine, 'x86-64', code).join('; '), effects);
  });
}

const code = (hex: string) => instruction('x86-64', hex);

test('memory that an instruction touches, what it does not name included', () => {
  assert.deepEqual(accessTexts(machine.accesses(code('488b87c0000000'))), ['read 8[rdi+0xc0]']);
  assert.deepEqual(accessTexts(machine.accesses(code('488d448b10'))), []); // lea
  assert.deepEqual(accessTexts(machine.accesses(code('ff7708'))), ['read 8[rdi+0x8]', 'write 8[rsp+-0x8]']); // push
  assert.deepEqual(accessTexts(machine.accesses(code('f0480fb117'))), ['read-write 8[rdi]']); // lock cmpxchg
  assert.deepEqual(accessTexts(machine.accesses(code('f348ab'))), ['write 8[rdi]']); // rep stos
});

test('calls, thunks and returns', () => {
  const thunks = (at: bigint): string | undefined =>
    at === 0x1105n
      ? '__x86_indirect_thunk_rdx'
      : at === 0x1405n
        ? '__pi___x86_indirect_thunk_rax'
        : at === 0x1205n
          ? '__x86_return_thunk'
          : undefined;
  const operand = (hex: string): string | undefined => {
    const callee = machine.callee(code(hex), thunks);
    return callee && ('operand' in callee ? termText(callee.operand) : `0x${callee.address.toString(16)}`);
  };
  assert.equal(operand('e800010000'), 'rdx'); // call of the thunk
  assert.equal(operand('e900010000'), 'rdx'); // jump to it
  assert.equal(operand('e800030000'), '0x1305');
  assert.equal(operand('e800040000'), 'rax'); // the thunk by its other name
  assert.equal(operand('ff5710'), 'u64[rdi+0x10]'); // call *0x10(%rdi)
  assert.equal(operand('e900020000'), undefined); // a return
  assert.deepEqual(machine.flow(code('e900020000'), thunks), { falls: false, target: undefined, indirect: false });
  assert.equal(machine.flow(code('e900010000'), thunks).indirect, true);
  assert.equal(machine.flow(code('7410'), thunks).falls, true);
  assert.equal(machine.flow(code('c3'), thunks).falls, false);
});

test('what conditional jumps go by', () => {
  const told = (jump: string, flags: string): string => {
    const t = machine.test(code(jump), code(flags));
    return t
      ? `${termText(t.left)} ${t.relation} ${termText(t.right)} ${t.signed ? 's' : 'u'}${t.size * 8}`
      : 'nothing';
  };
  assert.equal(told('7410', '4d39ef'), 'r15 == r13 u64'); // cmp %r13,%r15; je
  assert.equal(told('7510', '4885c0'), 'rax != 0x0 u64'); // test %rax,%rax; jne
  assert.equal(told('7710', '4883f810'), 'rax > 0x10 u64'); // cmp $0x10,%rax; ja
  assert.equal(told('7c10', '39c8'), 's32(rax) < s32(rcx) s32'); // cmp %ecx,%eax; jl
  assert.equal(told('7410', 'a804'), 'u8(rax) !& 0x4 u8'); // test $0x4,%al; je
  assert.equal(told('480f45c1', '4885c0'), 'rax != 0x0 u64'); // cmovne
  assert.equal(told('7a10', '4839c8'), 'nothing'); // parity
});
