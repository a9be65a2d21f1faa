import assert from 'node:assert/strict';
import { test } from 'node:test';
import { branchLink, FaultKernel, words } from '../../test/build/fault-kernel.ts';
import { arm64 } from '../arch/arm64.ts';
import { arm64Veneer } from './arm64-veneer.ts';

const START = 0xffff800000a01000n;

function leads(...code: number[]): string {
  const target = arm64Veneer(new Uint8Array(Uint32Array.from(code).buffer), START);
  return target === undefined ? 'nowhere' : target.toString(16);
}

test('veneers compute where they lead in several ways', () => {
  assert.equal(leads(0xf0ffeff0, 0x910ac210, 0xd61f0200), 'ffff8000008002b0'); // adrp x16; add x16, x16, #0x2b0; br x16
  assert.equal(leads(0xd503245f, 0xb0000010, 0x91000210, 0xd61f0200), 'ffff800000a02000'); // bti c; adrp; add; br
  // movn x16, #0xed4f; movk x16, #0x8081, lsl #16; movk x16, #0x8000, lsl #32; br x16
  assert.equal(leads(0x929da9f0, 0xf2b01030, 0xf2d00010, 0xd61f0200), 'ffff8000808112b0');
  // ldr x16, 8 on; br x16; the address
  assert.equal(leads(0x58000050, 0xd61f0200, 0x80123450, 0xffff8000), 'ffff800080123450');
  // ldr x16, 16 on; adr x17, here; add x16, x16, x17; br x16; the distance
  assert.equal(leads(0x58000090, 0x10000011, 0x8b110210, 0xd61f0200, 0x00001000, 0), 'ffff800000a02004');
});

test('what is no veneer leads nowhere', () => {
  assert.equal(leads(0xd61f0200), 'nowhere'); // br x16, with the caller's value
  assert.equal(leads(0xf0ffeff0, 0x910ac210), 'nowhere'); // the end of the code
  assert.equal(leads(0xd2800000, 0xd61f0000), 'nowhere'); // mov x0, #0; br x0
  assert.equal(leads(0x58ffffd0, 0xd61f0200), 'nowhere'); // ldr x16 from before it
  assert.equal(leads(0xf2b01030, 0xd61f0200), 'nowhere'); // movk of an unknown value
});

test("a module's call of a kernel function by way of a veneer is a call of that function", () => {
  const k = new FaultKernel(arm64);
  const finds = k.code('finds', words(0xd65f03c0));
  const reads = k.code('reads', words(0xf9400c00, 0xd65f03c0), 'mod'); // ldr x0, [x0, #24]; ret
  const outer = k.nextCode;
  const veneer = outer + 28n;
  // stp x29, x30, [sp, #-16]!; mov x29, sp; bl veneer; bl reads; ldp x29, x30, [sp], #16; ret; udf
  k.code(
    'asks',
    words(
      ...[0xa9bf7bfd, 0x910003fd, branchLink(outer + 8n, veneer), branchLink(outer + 12n, reads)],
      ...[0xa8c17bfd, 0xd65f03c0, 0],
    ),
    'mod',
  );
  const distance = Number(finds - (veneer & ~0xfffn)) & 0xfff;
  k.bytes(veneer, words(0x90000010, (0x91000210 | (distance << 10)) >>> 0, 0xd61f0200)); // adrp x16; add x16; br x16
  assert.equal(veneer >> 12n, finds >> 12n);
  const chain = k.explain({ pc: reads, sp: FaultKernel.STACK + 0x1000n, x0: 0n, x30: outer + 16n });
  const steps = chain?.strands.flatMap((s) => s.steps) ?? [];
  assert.deepEqual(
    steps.map((s) => `${s.place} ${s.expression}`),
    ['reads+0x0 argument 1', 'reads+0x0 argument 1', 'asks+0xc finds()', 'asks+0x8 finds()'],
  );
  assert.match(steps.at(-1)?.instruction ?? '', /, a veneer of finds$/);
});
