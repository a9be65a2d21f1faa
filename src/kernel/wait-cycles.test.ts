import assert from 'node:assert/strict';
import { test } from 'node:test';
import { cyclesOf, reaching } from './wait-cycles.ts';

const links = (...edges: [number, ...number[]][]) => new Map(edges.map(([from, ...to]) => [from, to]));

test('a circle is told once, from its smallest member', () => {
  assert.deepEqual(cyclesOf(links([5, 2], [2, 9], [9, 5], [1, 5])), [[2, 9, 5]]);
  assert.deepEqual(cyclesOf(links([1, 1])), [[1]]);
  assert.deepEqual(cyclesOf(links([1, 2], [2, 3])), []);
  assert.deepEqual(cyclesOf(links([1, 2, 3], [2, 1], [3, 1])), [
    [1, 2],
    [1, 3],
  ]);
});

test('a chain of a hundred thousand does not overflow, nor many circles', () => {
  const long = new Map(Array.from({ length: 100_000 }, (_, i) => [i, [i + 1]] as const));
  assert.deepEqual(cyclesOf(long), []);
  long.set(100_000, [0]);
  assert.equal(cyclesOf(long)[0]?.length, 100_001);
  const many = new Map(Array.from({ length: 1000 }, (_, i) => [i, [i]] as const));
  assert.equal(cyclesOf(many).length, 64);
});

test('who leads to a node, the nearest first', () => {
  const graph = links([1, 2], [2, 3], [4, 2], [5, 6]);
  assert.deepEqual(reaching(graph, [3]), [2, 1, 4]);
  assert.deepEqual(reaching(graph, [9]), []);
});
