import assert from 'node:assert/strict';
import { test } from 'node:test';
import { OBJECTS, wholeSlabKernel as whole } from '../../test/build/slab-kernel.ts';
import { slabCaches } from './slab-cache.ts';
import { slabAt } from './slab-object.ts';
import { slubUsage } from './slub.ts';

test('counts of a cache, by every free list', () => {
  const { memory } = whole();
  const prog = memory.program();
  const { caches, problems } = slabCaches(prog);
  assert.deepEqual(problems, []);
  const [cache] = caches;
  assert.ok(cache);
  assert.equal(cache.name, 'things');
  const { slabs, total, allocated, active, problems: found } = slubUsage(prog, cache);
  assert.deepEqual(
    { slabs, total, allocated, active, found },
    { slabs: 3, total: 96, allocated: 91, active: 93, found: [] },
  );
});

test('an object, its state and the list of its slab', () => {
  const { memory, active, partial, full } = whole();
  const prog = memory.program();
  const at = (address: bigint) => {
    const hit = slabAt(prog, address);
    return (
      hit && { index: hit.index, state: hit.slab.states[hit.index ?? 0], place: hit.slab.place, free: hit.slab.free }
    );
  };
  assert.deepEqual(at(active.object(6) + 5n), { index: 6, state: 2, place: 'cpu', free: 2 });
  assert.deepEqual(at(partial.object(30)), { index: 30, state: 1, place: 'node-partial', free: 3 });
  assert.deepEqual(at(full.object(3)), { index: 3, state: 0, place: 'full', free: 0 });
  assert.equal(slabAt(prog, full.page)?.index, undefined);
  assert.equal(slabAt(prog, memory.allocPage()), undefined);
});

test('a broken free list is told, and the rest counted', () => {
  const { memory, partial } = whole();
  memory.u64(partial.object(30), 0xffff888000900000n);
  const prog = memory.program();
  const [cache] = slabCaches(prog).caches;
  assert.ok(cache);
  const usage = slubUsage(prog, cache);
  assert.equal(usage.allocated, 91);
  assert.match(usage.problems[0]?.why ?? '', /invalid freepointer: 0xffff888000900000/);
});

test('counts that disagree are told', () => {
  const { memory, partial } = whole();
  memory.u32(partial.page + 40n, OBJECTS - 5);
  const prog = memory.program();
  const [cache] = slabCaches(prog).caches;
  assert.ok(cache);
  assert.match(slubUsage(prog, cache).problems[0]?.why ?? '', /3 objects are on its free list, it counts 5/);
});

test('a list of slabs that runs into itself ends', () => {
  const { memory, partial, node } = whole();
  memory.u64(partial.page + 8n, partial.page + 8n);
  memory.u64(node + 16n, partial.page + 8n);
  const prog = memory.program();
  const [cache] = slabCaches(prog).caches;
  assert.ok(cache);
  const usage = slubUsage(prog, cache);
  assert.match(usage.problems[0]?.why ?? '', /runs into itself/);
  assert.equal(usage.allocated, 91);
});

test('a kernel that keeps no counts: slabs are found by their pages', () => {
  const { memory } = whole(false);
  const prog = memory.program();
  const [cache] = slabCaches(prog).caches;
  assert.ok(cache);
  const { slabs, total, allocated, problems } = slubUsage(prog, cache);
  assert.deepEqual({ slabs, total, allocated, problems }, { slabs: 3, total: 96, allocated: 91, problems: [] });
});
