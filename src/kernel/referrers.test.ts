import assert from 'node:assert/strict';
import { test } from 'node:test';
import { wholeSlabKernel } from '../../test/build/slab-kernel.ts';
import { referrers } from './referrers.ts';

test('who points to an object: an object of a slab and a variable; its own words do not count', () => {
  const { memory, full, partial } = wholeSlabKernel();
  const object = full.object(3);
  memory.u64(full.object(5) + 24n, object);
  memory.u64(partial.object(30) + 64n, object);
  memory.u64(object + 8n, object);
  const data = memory.symbol('_sdata', memory.alloc(64), 64);
  memory.u64(data + 16n, object);
  memory.symbol('_edata', data + 64n);
  const prog = memory.program();
  const { found, complete } = referrers(prog, [object], { start: object, end: object + 128n });
  assert.equal(complete, true);
  const places = new Map(found.map((r) => [r.at, r]));
  assert.deepEqual([...places.keys()].sort(), [data + 16n, full.object(5) + 24n, partial.object(30) + 64n].sort());
  const used = places.get(full.object(5) + 24n)?.slab;
  assert.deepEqual(
    [used?.cache.name, used?.object, used?.inside, used?.allocated],
    ['things', full.object(5), 24, true],
  );
  assert.equal(places.get(partial.object(30) + 64n)?.slab?.allocated, false);
  assert.equal(places.get(data + 16n)?.symbol?.name, '_sdata');
});

test('nobody, and a kernel without descriptors of its pages', () => {
  const { memory, full } = wholeSlabKernel();
  const own = { start: full.object(3), end: full.object(4) };
  assert.deepEqual(referrers(memory.program(), [full.object(3)], own).found, []);
  memory.kernel.vmemmap = undefined;
  assert.deepEqual(referrers(memory.program(), [full.object(3)], own).found, []);
});
