import assert from 'node:assert/strict';
import { test } from 'node:test';
import { pointerType, structType, u64Type } from '../../test/build/c-types.ts';
import { SIZE, wholeSlabKernel } from '../../test/build/slab-kernel.ts';
import type { CType } from '../types/c-type.ts';
import { referrers } from './referrers.ts';

const VOID: CType = { ...u64Type, kind: 'void', name: '', size: 0, resolve: () => VOID };

/** A kernel whose objects of the cache `things` are of a type with these members. */
function kernelOf(members: Parameters<typeof structType>[2]) {
  const made = wholeSlabKernel();
  made.memory.kernel.type(structType('things', SIZE - 8, members));
  const object = made.full.object(3);
  return { ...made, referred: { start: object, end: object + BigInt(SIZE), values: [object], type: 'wanted' }, object };
}

test('who points to an object: members of objects of a slab; its own words and what is no member do not count', () => {
  const wanted = structType('wanted', 64, { first: [0, u64Type] });
  const { memory, full, partial, referred, object } = kernelOf({
    owner: [24, pointerType(wanted)],
    more: [64, u64Type],
  });
  memory.kernel.type(wanted);
  memory.u64(full.object(5) + 24n, object);
  memory.u64(full.object(6) + 32n, object);
  memory.u64(partial.object(30) + 64n, object);
  memory.u64(object + 24n, object);
  const { found, complete, searched } = referrers(memory.program(), referred);
  assert.equal(complete, true);
  assert.equal(searched, 3 * 4096);
  assert.deepEqual(
    found.map((r) => [r.at, r.value, r.cache.name, r.type, r.member, r.object, r.allocated]).sort(),
    [
      [full.object(5) + 24n, object, 'things', 'things', 'owner', full.object(5), true],
      [partial.object(30) + 64n, object, 'things', 'things', 'more', partial.object(30), false],
    ].sort(),
  );
});

test('objects whose type cannot point there are not looked at', () => {
  const wanted = structType('wanted', 64, { first: [0, u64Type] });
  const other = structType('other', 64, { first: [0, u64Type] });
  const searchedOf = (members: Parameters<typeof structType>[2], type = 'wanted'): number => {
    const { memory, referred } = kernelOf(members);
    memory.kernel.type(wanted);
    return referrers(memory.program(), { ...referred, type }).searched;
  };
  assert.equal(searchedOf({ number: [24, u64Type] }), 0);
  assert.equal(searchedOf({ other: [24, pointerType(other)] }), 0);
  assert.ok(searchedOf({ other: [24, pointerType(other)] }, 'no such type') > 0, 'any pointer may lead there');
  assert.ok(searchedOf({ data: [24, pointerType(VOID)] }) > 0);
  const inside = structType('inside', 16, { to: [0, pointerType(wanted)] });
  assert.ok(searchedOf({ inside: [24, inside] }) > 0);
});

test('nobody, and a kernel without descriptors of its pages', () => {
  const { memory, referred } = kernelOf({ data: [24, pointerType(VOID)] });
  const { found, searched } = referrers(memory.program(), referred);
  assert.deepEqual([found, searched], [[], 3 * 4096]);
  memory.kernel.vmemmap = undefined;
  assert.deepEqual(referrers(memory.program(), referred), { found: [], searched: 0, complete: false });
});

test('an object of a list: what it leads to is looked at first, and nothing else where that points back', () => {
  const wanted = structType('wanted', 64, { first: [0, u64Type] });
  const { memory, full, referred, object } = kernelOf({ owner: [24, pointerType(wanted)], more: [64, u64Type] });
  memory.kernel.type(wanted);
  memory.u64(object + 8n, full.object(5) + 64n); // the head of a list leads into a neighbour
  memory.u64(full.object(5) + 24n, object);
  memory.u64(full.object(6) + 24n, object);
  const { found, complete, searched } = referrers(memory.program(), referred);
  assert.deepEqual([complete, searched], [false, 0]);
  assert.deepEqual(
    found.map((r) => [r.object, r.member, r.value]),
    [[full.object(5), 'owner', object]],
  );
});

test('what lies near the object is looked at first, and nothing else where it points there', () => {
  const wanted = structType('wanted', 64, { first: [0, u64Type] });
  const { memory, active, full, referred, object } = kernelOf({ owner: [24, pointerType(wanted)] });
  memory.kernel.type(wanted);
  memory.u64(active.object(5) + 24n, object);
  const holders = () => referrers(memory.program(), referred, 1).found.map((r) => r.object);
  assert.deepEqual(holders(), [active.object(5)], 'none near: all the others');
  memory.u64(full.object(5) + 24n, object);
  const { searched, complete } = referrers(memory.program(), referred, 1);
  assert.deepEqual(holders(), [full.object(5)]);
  assert.equal(complete, false);
  assert.ok(searched < 3 * 4096, `${searched} bytes`);
});
