import assert from 'node:assert/strict';
import { test } from 'node:test';
import { arm64Exits, arm64Mentions } from './arm64-exits.ts';

const START = 0xffff800008000000n;

function exits(...words: number[]) {
  return arm64Exits(new Uint8Array(Uint32Array.from(words).buffer), START);
}

test('branches without a link that leave the function are its exits', () => {
  assert.deepEqual(exits(0xd65f03c0, 0x14000400), { targets: [START + 0x1004n], indirect: false }); // ret; b
  assert.deepEqual(exits(0x17ffffff), { targets: [START - 4n], indirect: false }); // b back
  assert.deepEqual(exits(0x54008000), { targets: [START + 0x1000n], indirect: false }); // b.eq
  assert.deepEqual(exits(0xb4008000), { targets: [START + 0x1000n], indirect: false }); // cbz x0
  assert.deepEqual(exits(0x35ffffe0), { targets: [START - 4n], indirect: false }); // cbnz w0 back
  assert.deepEqual(exits(0xb7f87fe0), { targets: [START + 0xffcn], indirect: false }); // tbnz x0, #63
});

test('branches inside, calls and returns are none', () => {
  assert.deepEqual(exits(0x14000001, 0x94000400, 0xd63f0000, 0xd65f03c0), { targets: [], indirect: false });
});

test('a branch to a register is indirect, also with a signed address', () => {
  for (const word of [0xd61f0200, 0xd61f0a11, 0xd71f0a11]) assert.equal(exits(word).indirect, true, word.toString(16));
});

test('the distances that code adds or takes away are found in its words', () => {
  const mentions = (word: number, ...distances: number[]) =>
    arm64Mentions(new Uint8Array(Uint32Array.of(0xd503233f, word).buffer), distances);
  assert.equal(mentions(0xd1054000, 0x150), true); // sub x0, x0, #0x150
  assert.equal(mentions(0x91054000, 0x20, 0x150), true); // add
  assert.equal(mentions(0xd1054000, 0x1150), true); // the lower part of it
  assert.equal(mentions(0xd1400400, 0x1000), true); // sub x0, x0, #0x1, lsl #12
  assert.equal(mentions(0xd1400400, 0x1), false);
  assert.equal(mentions(0xd1054000, 0x151), false);
  assert.equal(mentions(0x51054000, 0x150), false); // 32 bits
});
