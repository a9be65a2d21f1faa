import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parsePath } from './member-path.ts';

test('paths of names and indices', () => {
  const paths: readonly (readonly [string, readonly (string | number)[] | undefined])[] = [
    ['a', ['a']],
    ['a.b_2', ['a', 'b_2']],
    ['a[3].b', ['a', 3, 'b']],
    ['a[1][20]', ['a', 1, 20]],
    ['[2].x', [2, 'x']],
    ['', undefined],
    ['a..b', undefined],
    ['a.', undefined],
    ['a b', undefined],
    ['a[x]', undefined],
    ['a[99999999999]', undefined],
    ['a[1]b', undefined],
    ['a->b', undefined],
  ];
  for (const [path, steps] of paths) assert.deepEqual(parsePath(path), steps, path);
});
