import assert from 'node:assert/strict';
import { test } from 'node:test';
import { structType, u32Type, u64Type } from '../../../test/build/c-types.ts';
import { TestKernel } from '../../../test/build/test-program.ts';
import { x86_64 } from '../../arch/x86-64.ts';
import { ftraceSites } from './ftrace-sites.ts';

const CODE = 0xffffffff82000000n;
const BASE = TestKernel.BASE;

function kernel(pages: readonly (readonly bigint[])[], last = 0n): TestKernel {
  const k = new TestKernel();
  k.fill(BASE, 0x10000);
  k.type(structType('ftrace_page', 24, { next: [0, u64Type], records: [8, u64Type], index: [16, u32Type] }));
  k.type(structType('dyn_ftrace', 16, { ip: [0, u64Type], flags: [8, u64Type] }));
  const at = (i: number): bigint => BASE + 0x1000n + BigInt(i) * 0x1000n;
  k.word(BASE, at(0));
  pages.forEach((places, i) => {
    k.word(at(i), i + 1 < pages.length ? at(i + 1) : last);
    k.word(at(i) + 8n, at(i) + 0x100n);
    k.word(at(i) + 16n, BigInt(places.length));
    places.forEach((place, n) => {
      k.word(at(i) + 0x100n + BigInt(n) * 16n, place);
    });
  });
  return k;
}

test('the places of tracing in a piece of code, of all groups of records', () => {
  const prog = kernel([[CODE, CODE + 0x40n, CODE + 0x80n], [CODE + 0x1000n], [CODE + 0x44n]]).program(x86_64);
  const offsets = (start: bigint, size: number) => ftraceSites(prog, BASE, start, size).map((s) => s.offset);
  assert.deepEqual(ftraceSites(prog, BASE, CODE, 16), [{ offset: -4, size: 9, kind: 'ftrace' }]);
  assert.deepEqual(offsets(CODE + 0x10n, 0x40), [0x2c, 0x30]);
  assert.deepEqual(offsets(CODE + 0xff0n, 0x100), [0xc]);
  assert.deepEqual(offsets(CODE + 0x2000n, 0x100), []);
});

test('a list that goes round, memory that is missing, and a kernel without tracing end the search', () => {
  const round = kernel([[CODE]], BASE + 0x1000n).program(x86_64);
  assert.ok(ftraceSites(round, BASE, CODE, 16).length > 0);
  const broken = kernel([[CODE]], 0xdead0000n).program(x86_64);
  assert.deepEqual(ftraceSites(broken, BASE, CODE, 16).length, 1);
  assert.deepEqual(ftraceSites(new TestKernel().program(x86_64), BASE, CODE, 16), []);
});
