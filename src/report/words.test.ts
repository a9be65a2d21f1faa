import assert from 'node:assert/strict';
import { test } from 'node:test';
import { kindWords } from '../oops/kind-words.ts';
import { kindPhrase, taintPhrase } from './words.ts';

test('every kind of death has its words in Chinese', () => {
  for (const kind of Object.values(kindWords)) assert.match(kindPhrase(kind).zh, /[\u4e00-\u9fff]/, kind);
  assert.deepEqual(kindPhrase('a new kind'), { en: 'a new kind', zh: 'a new kind' });
});

test('taint letters are told in both languages, unknown ones stay', () => {
  assert.equal(taintPhrase('OE').en, 'OE (out-of-tree module, unsigned module)');
  assert.equal(taintPhrase('O?').zh, 'O? (树外模块、?)');
});
