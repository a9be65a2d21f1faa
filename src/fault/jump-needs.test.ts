import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FaultKernel, relative } from '../../test/build/fault-kernel.ts';
import { x86_64 } from '../arch/x86-64.ts';
import { type FunctionCode, functionCode } from './function-code.ts';
import { JumpNeeds } from './jump-needs.ts';
import type { JumpSearch } from './jump-path.ts';

const OBJECT = 0xffff888000123400n;

/** `last` is wanted; `free` jumps there with the object in another register; the callbacks jump to `free`. */
function kernel() {
  const k = new FaultKernel(x86_64);
  const wanted = k.code('last', [0xc3]);
  const jumping = (name: string, code: readonly number[], to: bigint): bigint =>
    k.code(name, [...code, 0xe9, ...relative(k.nextCode + BigInt(code.length) + 5n, to)]);
  const free = jumping('free', [0x48, 0x89, 0xf2], wanted); // mov %rsi,%rdx
  const lea = (offset: number): number[] => [0x48, 0x8d, 0x77, offset & 0xff]; // lea offset(%rdi),%rsi
  const near = jumping('near', lea(-0x10), free);
  const far = jumping('far', lea(-0x40), free);
  const zero = jumping('zero', [0x31, 0xf6], free); // xor %esi,%esi
  const loaded = jumping('loaded', [0x48, 0x8b, 0x77, 0x08], free); // mov 0x8(%rdi),%rsi
  const anywhere = k.code('anywhere', [0x48, 0x8b, 0x07, 0xff, 0xe0]); // mov (%rdi),%rax; jmp *%rax
  const nowhere = k.code('nowhere', [0xc3]);
  const prog = k.opened();
  const codeAt = (at: bigint): FunctionCode | undefined => functionCode(prog, at);
  const after = new Map([['rdx', OBJECT]]);
  const search: JumpSearch = { context: { prog, cpu: 0, task: undefined }, wanted, after, proved: true, codeAt };
  const needs = new JumpNeeds(search);
  const fits = (at: bigint, entry: Readonly<Record<string, bigint>>, jumps = 4): boolean =>
    needs.fits(codeAt(at) as FunctionCode, new Map(Object.entries(entry)), jumps);
  return { fits, near, far, zero, loaded, anywhere, nowhere };
}

test('a function that leads there with what it was given, and one that leads there with something else', () => {
  const { fits, near, far, zero } = kernel();
  assert.equal(fits(near, { rdi: OBJECT + 0x10n }), true);
  assert.equal(fits(near, { rdi: OBJECT + 0x40n }), false);
  assert.equal(fits(far, { rdi: OBJECT + 0x10n }), false);
  assert.equal(fits(far, { rdi: OBJECT + 0x40n }), true);
  assert.equal(fits(near, { rsi: 1n }), true, 'rdi is not known');
  assert.equal(fits(zero, { rdi: OBJECT }), false, 'the function itself puts a constant there');
});

test('what is loaded, an unknown target, and functions that lead nowhere', () => {
  const { fits, loaded, anywhere, nowhere, near } = kernel();
  assert.equal(fits(loaded, { rdi: 0n }), true);
  assert.equal(fits(anywhere, { rdi: 0n }), true);
  assert.equal(fits(nowhere, { rdi: OBJECT }), false);
  assert.equal(fits(near, { rdi: OBJECT + 0x10n }, 1), false, 'it takes two jumps');
});
