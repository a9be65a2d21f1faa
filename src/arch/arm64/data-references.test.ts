import assert from 'node:assert/strict';
import { test } from 'node:test';
import { dataReferences } from './data-references.ts';

function code(...words: number[]): Uint8Array {
  const bytes = new Uint8Array(words.length * 4);
  const view = new DataView(bytes.buffer);
  for (const [i, word] of words.entries()) view.setUint32(i * 4, word, true);
  return bytes;
}

function shown(bytes: Uint8Array, at: bigint): string[] {
  return dataReferences(bytes, at).map((r) => `${r.access} ${r.address.toString(16)}`);
}

// Encodings and addresses as binutils' disassembler shows them for functions of an arm64 kernel.
test('a load from a page', () => {
  const getTaint = code(0xd503201f, 0xd503201f, 0xb000cc20, 0xd503233f, 0xd50323bf, 0xf9461000, 0xd65f03c0);
  assert.deepEqual(shown(getTaint, 0xffff800008093790n), ['memory ffff800009a18c20']);
});

test('addresses, loads at an offset, and what a call leaves', () => {
  const siMeminfo = code(
    ...[0xf000a7a1, 0x910003fd, 0x91154021, 0xb000a782, 0xf9000bf3, 0xaa0003f3, 0xb000a780, 0x91100000],
    ...[0xf9401821, 0xf9001261, 0xf9405c01, 0xf941c040, 0xf100003f, 0x9a9fa021, 0x940a7f86, 0xf9001e60],
  );
  assert.deepEqual(shown(siMeminfo, 0xffff800008328bd4n), [
    'address ffff80000981f550',
    'address ffff800009819400',
    'memory ffff80000981f580',
    'memory ffff8000098194b8',
    'memory ffff800009819380',
  ]);
});

test('ADR, a shifted ADD, and a negative page', () => {
  assert.deepEqual(shown(code(0x10000040), 0x1000n), ['address 1008']); // adr x0, #8
  // adrp x3, #-0x1000; add x3, x3, #0x2, lsl #12
  assert.deepEqual(shown(code(0xf0ffffe3, 0x91400863), 0xffff800000005000n), ['address ffff800000006000']);
});

test('a register that something else wrote is forgotten; a code size that is no multiple of four is cut', () => {
  // adrp x0; mov x0, x1; ldr x1, [x0]
  assert.deepEqual(shown(code(0xb000cc20, 0xaa0103e0, 0xf9400001), 0xffff800008093798n), []);
  // adrp x19; bl; ldr x1, [x19, #8]: x19 survives a call
  assert.deepEqual(shown(code(0xb000cc33, 0x94000000, 0xf9400661), 0xffff800008093798n), ['memory ffff800009a18008']);
  assert.deepEqual(shown(code(0xb000cc20, 0xf9461000).subarray(0, 7), 0xffff800008093798n), []);
});

test('loads that change their base, before and after the access', () => {
  // adrp x20; add x20, x20, #0xc50; adrp x21; add x21; ldr x19, [x20, #48]! of print_modules in Linux 5.10
  const pre = code(0xd00054b4, 0x91314294, 0x90000f35, 0x912582b5, 0xf8430e93);
  assert.deepEqual(shown(pre, 0xffffba52ac666bf0n), [
    'address ffffba52ad0fcc50',
    'address ffffba52ac84a960',
    'memory ffffba52ad0fcc80',
  ]);
  // adr x1, #0x100; ldr x0, [x1], #-16; ldr x2, [x1]; str x2, [x1, #8]!; ldr x1, [x1], #8; ldr x3, [x1]
  const post = code(0x10000801, 0xf85f0420, 0xf9400022, 0xf8008c22, 0xf8408421, 0xf9400023);
  assert.deepEqual(shown(post, 0x1000n), [
    'address 1100',
    'memory 1100',
    'memory 10f0',
    'memory 10f8',
    'memory 10f8',
    'memory 1100',
  ]);
});
