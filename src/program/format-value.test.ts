import assert from 'node:assert/strict';
import { test } from 'node:test';
import { structType, u32Type, u64Type } from '../../test/build/c-types.ts';
import { TestKernel } from '../../test/build/test-program.ts';
import { x86_64 } from '../arch/x86-64.ts';
import { arrayOf, intType, pointerTo, voidType } from '../types/simple-type.ts';
import { formatValue } from './format-value.ts';

const AT = TestKernel.BASE + 0x1000n;
const char = intType('char', 1, true);

function kernel() {
  const k = new TestKernel();
  k.fill(AT, 0x1000);
  k.word(AT, 0x000a6f6c6c6568n); // hello\n
  k.symbol('do_it', AT + 0x800n, 0x100);
  return k.program(x86_64);
}

function word(value: bigint): Uint8Array {
  const bytes = new Uint8Array(8);
  new DataView(bytes.buffer).setBigUint64(0, value, true);
  return bytes;
}

test('values as C writes them', () => {
  const prog = kernel();
  const show = (type: Parameters<typeof formatValue>[1], value: bigint) => formatValue(prog, type, word(value));
  assert.equal(show(intType('int', 4, true), 0xffffffffn), '-1');
  assert.equal(show(u32Type, 0xffffffffn), '4294967295');
  assert.equal(show(char, 0x41n), "'A'");
  assert.equal(show(char, 0xffn), '-1');
  assert.equal(show(intType('_Bool', 1, false), 1n), 'true');
  assert.equal(show(intType('_Bool', 1, false), 7n), '7');
  assert.equal(show(pointerTo(voidType(), 8), 0n), '0x0');
  assert.equal(show(pointerTo(voidType(), 8), AT + 0x804n), `0x${(AT + 0x804n).toString(16)} <do_it+0x4>`);
  assert.equal(show(pointerTo(voidType(), 8), 0x1234567n), '0x1234567');
  assert.equal(show(pointerTo(char, 8), AT), `0x${AT.toString(16)} "hello\\n"`);
  assert.equal(show(arrayOf(char, 8), 0x6968n), '"hi"');
  assert.equal(show(arrayOf(intType('int', 4, true), 2), 0x200000001n), '{1, 2}');
  assert.equal(formatValue(prog, u64Type, new Uint8Array(3)), '...', 'too few bytes');
});

test('structs and arrays are shown in part', () => {
  const prog = kernel();
  const inner = structType('inner', 8, { x: [0, u64Type] });
  const outer = structType('outer', 24, { a: [0, u64Type], b: [8, inner], c: [16, u32Type] });
  const bytes = new Uint8Array(24).fill(1);
  assert.equal(formatValue(prog, outer, bytes), '{.a = 72340172838076673, .b = {...}, .c = 16843009}');
  assert.match(formatValue(prog, outer, bytes, { depth: 2 }), /\.b = \{\.x = 72340172838076673\}/);
  assert.equal(formatValue(prog, outer, bytes, { elements: 1 }), '{.a = 72340172838076673, ...}');
  assert.match(formatValue(prog, arrayOf(u32Type, 1000), new Uint8Array(4000)), /^\{0, 0, 0, 0, 0, 0, 0, 0, \.\.\.\}$/);
});
