import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type GraphEdge, layoutGraph } from './graph-layout.ts';

function edges(...pairs: readonly string[]): GraphEdge[] {
  return pairs.map((p) => ({ from: p[0] as string, to: p[1] as string }));
}

function layout(ids: string, of: readonly GraphEdge[]) {
  return layoutGraph(
    [...ids].map((id) => ({ id })),
    of,
  );
}

test('edges lead to the right, and no two nodes share a place', () => {
  const of = edges('ab', 'cb', 'bd', 'ad');
  const { nodes, back, layers } = layout('abcd', of);
  const layer = new Map(nodes.map((n) => [n.node.id, n.layer]));
  for (const e of of) assert.ok((layer.get(e.from) ?? 0) < (layer.get(e.to) ?? 0), `${e.from}${e.to}`);
  assert.equal(back.size, 0);
  assert.equal(layers, 3);
  assert.equal(new Set(nodes.map((n) => `${n.layer} ${n.row}`)).size, nodes.length);
});

test('a cycle is closed by one edge back; an edge to itself is one', () => {
  const { back, layers } = layout('abcd', edges('ab', 'bc', 'cd', 'da'));
  assert.deepEqual([...back], edges('da'));
  assert.equal(layers, 4);
  assert.equal(layout('a', edges('aa')).back.size, 1);
});

test('edges to nodes that are not there are left out; long chains do not overflow', () => {
  assert.equal(layout('a', edges('ax', 'xa')).layers, 1);
  const ids = Array.from({ length: 3000 }, (_, i) => ({ id: `n${i}` }));
  const chain = ids.slice(1).map((n, i) => ({ from: `n${i}`, to: n.id }));
  assert.equal(layoutGraph(ids, chain).layers, 3000);
});
