import assert from 'node:assert/strict';
import { test } from 'node:test';
import { KernelMemory } from '../../test/build/kernel-memory.ts';
import { madeCase } from '../../test/build/made-case.ts';
import { stringAround } from './string-around.ts';

test('a word that is the end of a string, and words that are in none', () => {
  const memory = new KernelMemory();
  const at = memory.alloc(256) + 128n;
  const word = (text: string): bigint =>
    new DataView(new TextEncoder().encode(text.padEnd(8, '\0')).buffer).getBigUint64(0, true);
  memory.u64(at - 8n, word('hectopas'));
  memory.u64(at, word('cal'));
  const { prog } = madeCase({ memory });
  assert.deepEqual(stringAround(prog, at), { text: 'hectopascal', start: at - 8n });
  assert.equal(stringAround(prog, at - 8n), undefined, 'it begins there: the word is no part in the middle');
  assert.equal(stringAround(prog, at + 24n), undefined);
  assert.equal(stringAround(prog, 0x10n), undefined);
});
