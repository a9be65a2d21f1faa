import assert from 'node:assert/strict';
import { test } from 'node:test';
import { framesAround } from './frames-around.ts';

const list = (ranges: readonly { first: number; last: number }[]): number[][] => ranges.map((r) => [r.first, r.last]);

test('frames near a place come first, then the nearest ranges', () => {
  const ranges = [
    { first: 0, last: 100 },
    { first: 200, last: 300 },
    { first: 300, last: 400 },
    { first: 1000, last: 1100 },
  ];
  const { near, far } = framesAround(ranges, 290, 20);
  assert.deepEqual(list(near), [
    [270, 300],
    [300, 310],
  ]);
  assert.deepEqual(list(far), [
    [200, 270],
    [310, 400],
    [0, 100],
    [1000, 1100],
  ]);
});

test('a place where there is nothing, and no frames at all', () => {
  const { near, far } = framesAround([{ first: 10, last: 20 }], 500, 100);
  assert.deepEqual([list(near), list(far)], [[], [[10, 20]]]);
  assert.deepEqual(framesAround([], 5, 5), { near: [], far: [] });
});
