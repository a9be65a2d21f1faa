import assert from 'node:assert/strict';
import { test } from 'node:test';
import { firstCharacters } from './first-characters.ts';

test('first characters of anchored expressions', () => {
  const of = (pattern: RegExp): string | undefined => {
    const found = firstCharacters(pattern);
    return found && [...found].sort().join('');
  };
  assert.equal(of(/^BUG: x/), 'B');
  assert.equal(of(/^(?:Oops: )?general/), 'Og');
  assert.equal(of(/^(?:a(?:b|c)|d[|)]|\[e)f/), '[ad');
  assert.equal(of(/^(?<x>ab|cd)/), 'ac');
  assert.equal(of(/^(?:\[ )?(?<word>BUG|INFO): /), 'BI[');
  assert.equal(of(/^kernel/i), 'Kk');
  assert.equal(of(/^(?:a: )?b|^c/), 'abc');
  assert.equal(of(/^[Kk]x/), 'Kk');
  assert.equal(of(/^.{1,64} invoked/), undefined);
  assert.equal(of(/^\s*x/), undefined);
  assert.equal(of(/x/), undefined);
  assert.equal(of(/^a*b/), undefined);
  assert.equal(of(/^(?:(?!a)b|c)/), undefined);
});
