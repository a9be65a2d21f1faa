import assert from 'node:assert/strict';
import { test } from 'node:test';
import { p } from '../commands/p.ts';
import { verbatimWords } from './verbatim-words.ts';

test('options, then the rest as it is typed', () => {
  const cases: readonly (readonly [string, readonly string[]])[] = [
    ['p  init_task.comm ', ['--', 'init_task.comm']],
    ['p -x "a  b"', ['-x', '--', '"a  b"']],
    ['p -1', ['--', '-1']],
    ['p -d -(1 + 2)', ['-d', '--', '-(1 + 2)']],
    ["p/x 'a'", ['--', "/x 'a'"]],
    ["p '#' # a comment", ['--', "'#'"]],
    ['p', []],
  ];
  for (const [line, words] of cases) assert.deepEqual(verbatimWords(p, line), words, line);
});
