import assert from 'node:assert/strict';
import { test } from 'node:test';
import { madeCase } from '../../test/build/made-case.ts';
import { wholeSlabKernel } from '../../test/build/slab-kernel.ts';
import { examineObject } from './examine-objects.ts';
import { writtenRun } from './written-run.ts';

/** The run through the word at `at` of object 5 of a full slab. */
function runAt(write: (object: (i: number) => bigint, u64: (at: bigint, value: bigint) => void) => void, at = 0x20n) {
  const { memory, full } = wholeSlabKernel();
  write(full.object, (where, value) => memory.u64(where, value));
  const { prog } = madeCase({ memory });
  const word = full.object(5) + at;
  const object = examineObject(prog, word, []);
  return object && { run: writtenRun(prog, object, word), object: full.object };
}

const textWord = (text: string): bigint =>
  new DataView(new TextEncoder().encode(text.padEnd(8, '\0')).buffer).getBigUint64(0, true);

test('a series of numbers that goes from one object into the next', () => {
  const found = runAt((object, u64) => {
    for (let i = 0; i < 24; i++) u64(object(4) + BigInt(8 * i), BigInt(1000 + 3 * i));
  });
  assert.equal(found?.run?.start, found?.object(4));
  assert.match(found?.run?.words.en ?? '', /a series of numbers that begins at offset 0x0 of .*slab cache things/);
  assert.equal(found?.run?.evidence[0]?.value, '00000000000003e8');
});

test('a string that begins in the middle of the object in front', () => {
  const found = runAt((object, u64) => {
    const text = 'TEMP=-40.5;PRES=1013.25;HUMI=87;WIND=12.5;DIRE=270;ALTI=11000;';
    for (let i = 0; i < 7; i++) u64(object(5) - 24n + BigInt(8 * i), textWord(text.slice(8 * i, 8 * i + 8)));
  }, 0x10n);
  assert.equal(found?.run && found.object(5) - found.run.start, 24n);
  assert.match(found?.run?.words.en ?? '', /a string that begins at offset 0x68 of/);
});

test('a fill of each object, a series within one, and pointers are no such run', () => {
  const letter = 0x7878787878787878n;
  const fill = runAt((object, u64) => {
    for (let i = 0; i < 32; i++) u64(object(4) + BigInt(8 * i), letter);
  });
  assert.equal(fill?.run, undefined);
  const own = runAt((object, u64) => {
    for (let i = 0; i < 16; i++) u64(object(5) + BigInt(8 * i), BigInt(7 + i));
  });
  assert.equal(own?.run, undefined);
  assert.equal(runAt((object, u64) => u64(object(5) + 0x20n, object(9)))?.run, undefined);
});
