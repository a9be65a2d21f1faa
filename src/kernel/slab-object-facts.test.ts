import assert from 'node:assert/strict';
import { test } from 'node:test';
import { OBJECTS, SIZE, wholeSlabKernel } from '../../test/build/slab-kernel.ts';
import { slabObjectFacts } from './slab-object-facts.ts';

test('an allocated object, with the free lists of its slab', () => {
  const { memory, active } = wholeSlabKernel();
  const facts = slabObjectFacts(memory.program(), active.object(3) + 20n);
  assert.ok(facts);
  assert.equal(facts.object, active.object(3));
  assert.equal(facts.inside, 20);
  assert.equal(facts.allocated, true);
  assert.deepEqual(facts.free, []);
  assert.deepEqual(
    facts.lists.map((l) => [l.kind, l.where, l.objects]),
    [
      ['slab', undefined, []],
      ['cpu', 0, [active.object(6), active.object(1)]],
    ],
  );
  assert.equal(facts.counted, 0);
});

test('free objects: on the list of a CPU, and on that of a slab', () => {
  const { memory, active, partial, area } = wholeSlabKernel();
  const prog = memory.program();
  const cpu = slabObjectFacts(prog, active.object(1));
  assert.deepEqual(cpu?.free, [{ kind: 'cpu', where: 0, headAt: area + 0x100n, head: active.object(6), position: 1 }]);
  const slab = slabObjectFacts(prog, partial.object(2));
  assert.deepEqual(slab?.free, [{ kind: 'slab', headAt: partial.page + 32n, head: partial.object(2), position: 0 }]);
  assert.equal(slab?.counted, 3);
  assert.equal(slab?.allocated, false);
});

test('a list that runs into itself, and one that leads astray', () => {
  const { memory, partial } = wholeSlabKernel();
  memory.u64(partial.object(4), partial.object(30));
  const cycle = slabObjectFacts(memory.program(), partial.object(4))?.lists[0]?.chain;
  assert.deepEqual(cycle?.indices, [2, 30, 4]);
  assert.equal(cycle?.cycle, 30);
  memory.u64(partial.object(30), 0x1234n);
  const bad = slabObjectFacts(memory.program(), partial.object(2))?.lists[0]?.chain;
  assert.deepEqual(bad?.bad, { value: 0x1234n, index: 30 });
  assert.match(bad?.why ?? '', /invalid freepointer: 0x1234 in /);
});

test('an object in two places is in both', () => {
  const { memory, active } = wholeSlabKernel();
  memory.u64(active.page + 32n, active.object(6));
  const facts = slabObjectFacts(memory.program(), active.object(6));
  assert.deepEqual(
    facts?.free.map((f) => f.kind),
    ['slab', 'cpu'],
  );
});

test('what lies in no object, and a descriptor that lies', () => {
  const { memory, full } = wholeSlabKernel();
  const prog = memory.program();
  assert.equal(slabObjectFacts(prog, memory.alloc(64)), undefined);
  assert.equal(slabObjectFacts(prog, full.page), undefined);
  assert.equal(slabObjectFacts(prog, full.object(OBJECTS - 1) + BigInt(SIZE)), undefined);
  memory.u32(full.page + 44n, -1);
  assert.equal(slabObjectFacts(memory.program(), full.object(1)), undefined);
});
