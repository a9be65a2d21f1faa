import assert from 'node:assert/strict';
import { test } from 'node:test';
import { jsonText } from './json-text.ts';

test('JSON steers no terminal and gives every text back', () => {
  let all = '';
  for (let code = 0; code < 0x2100; code++) all += String.fromCharCode(code);
  const value = { [all]: all, n: [1, null, '\ud800'] };
  for (const indent of [undefined, 2]) {
    const text = jsonText(value, indent);
    assert.deepEqual(JSON.parse(text), value);
    // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what this finds
    assert.doesNotMatch(text, /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/);
  }
});
