import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FaultKernel, relative } from '../../test/build/fault-kernel.ts';
import { x86_64 } from '../arch/x86-64.ts';

const SHADOW = 0xdffffc0000000000n;
const TRAP = 24n;

/** `n->key` with KASAN's check of it inline. @param shift by which the address becomes that of its shadow */
function checks(kasan: boolean, shift: number, report: string) {
  const made = new FaultKernel(x86_64);
  const w = made.btf;
  const long = w.int('long unsigned int', 8);
  const node = w.endId;
  const toNode = w.pointer(node + 1);
  w.struct('node', 0x40, [
    ['next', toNode, 0],
    ['key', long, 0x18 * 8],
  ]);
  w.func('reads', w.prototype(long, [['n', toNode]]));
  const called = made.code(report, [0xc3]);
  if (kasan) made.symbol('__asan_load8_noabort', called, 1, 'T');
  const at = made.nextCode;
  made.code('reads', [
    ...[0x48, 0xb8, 0, 0, 0, 0, 0, 0xfc, 0xff, 0xdf], // movabs $shadow,%rax
    ...[0x48, 0x89, 0xfb], // mov %rdi,%rbx
    ...[0x48, 0x83, 0xc7, 0x18], // add $0x18,%rdi
    ...[0x48, 0x89, 0xfa], // mov %rdi,%rdx
    ...[0x48, 0xc1, 0xea, shift], // shr $shift,%rdx
    ...[0x80, 0x3c, 0x02, 0x00], // cmpb $0,(%rdx,%rax)
    ...[0x75, 0x05], // jne
    ...[0x48, 0x8b, 0x43, 0x18, 0xc3], // mov 0x18(%rbx),%rax; ret
    ...[0xe8, ...relative(at + 40n, called), 0xc3],
  ]);
  return (n: bigint) =>
    made.explain({
      ...{ rip: at + TRAP, rsp: FaultKernel.STACK + 0x1000n, rax: SHADOW, rbx: n },
      ...{ rdi: n + 0x18n, rdx: (n + 0x18n) >> BigInt(shift) },
    });
}

test('the byte of the shadow stands for the access that it is read for', () => {
  const chain = checks(true, 3, '__asan_report_load8_noabort')(0n);
  assert.deepEqual([chain?.expression, chain?.target, chain?.size], ['n->key', 0x18n, 8]);
  assert.match(chain?.summary.en ?? '', /^The instruction reads n->key, 8 bytes at 0x18: n is NULL$/);
  const wild = checks(true, 3, '__asan_report_store4_noabort')(0x6b6b_6b6b_6b6b_6b6bn);
  assert.deepEqual([wild?.target, wild?.size], [0x6b6b_6b6b_6b6b_6b83n, 4]);
  assert.match(wild?.summary.en ?? '', /^The instruction writes /);
});

test('without KASAN, or with another shift, it is an access like any other', () => {
  for (const chain of [checks(false, 3, 'other')(0n), checks(true, 4, 'other')(0n)]) {
    assert.ok(chain);
    assert.notEqual(chain.target, 0x18n);
    assert.notEqual(chain.expression, 'n->key');
  }
});
