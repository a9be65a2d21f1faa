import assert from 'node:assert/strict';
import { test } from 'node:test';
import { normalise, parseObjdump } from './objdump-text.ts';

test('instructions of both forms of code', () => {
  const text = `vmlinux:     file format elf64-x86-64

ffffffff81000000 <_text>:
ffffffff81000000:\t48 8d 25 51 3f a0 01 \tlea    0x1a03f51(%rip),%rsp        # ffffffff82a03f58 <initial_stack>
ffffffff81000007:\t48 c7 84 24 00 01 00 \tmovq   $0x0,0x100(%rsp)
ffffffff8100000e:\t00 00 00 00 00 
ffffffff81000013:\tc3                   \tret
`;
  const [first, second, third] = parseObjdump(text);
  assert.equal(first?.bytes.length, 7);
  assert.equal(normalise(first?.text ?? ''), 'lea 0x1a03f51(%rip),%rsp');
  assert.deepEqual([second?.address, second?.bytes.length], [0xffffffff81000007n, 12]);
  assert.equal(normalise(second?.text ?? ''), 'movq $0x0,0x100(%rsp)');
  assert.equal(third?.text, 'ret');
  const [branch] = parseObjdump('ffff800008010000:\t94000b1c \tbl\tffff800008012c70 <foo+0x10>\n');
  assert.deepEqual([...(branch?.bytes ?? [])], [0x1c, 0x0b, 0x00, 0x94]);
  assert.equal(normalise(branch?.text ?? ''), 'bl 0xffff800008012c70');
});

test('notation', () => {
  assert.equal(normalise('adrp\tx0, ffff800008e0d000 <x+0x1>'), 'adrp x0,0xffff800008e0d000');
  assert.equal(normalise('adrp x0, 0xffff800008e0d000'), 'adrp x0,0xffff800008e0d000');
  assert.equal(normalise('mov\tw0, #0x10                   \t// #16'), 'mov w0,#0x10');
  assert.equal(normalise('shr $1,%rdx'), normalise('shr    %rdx'));
  assert.notEqual(normalise('shl $0x1,%eax'), normalise('shl %eax'));
  assert.equal(normalise('.inst\t0x00000000 ; undefined'), '(bad)');
  assert.equal(normalise('jmp    ffffffff81000010 <a>'), normalise('jmp 0xffffffff81000010'));
});
