import assert from 'node:assert/strict';
import { test } from 'node:test';
import { KernelMemory } from '../../test/build/kernel-memory.ts';
import type { SlabCache } from './slab-cache.ts';
import { OBJECT_ALLOCATED, OBJECT_CPU_FREE, OBJECT_FREE, SlabObjects } from './slab-freelist.ts';

const SIZE = 64;
const COUNT = 64;

function cache(more: Partial<SlabCache> = {}): SlabCache {
  return {
    ...{ address: 0xffff888000001000n, name: 'test', objectSize: SIZE, size: SIZE, inUse: SIZE, order: 0 },
    ...{ objectsPerSlab: COUNT, flags: 0, freePointer: 32, leftPad: 0, random: 0n, cpuSlab: 0n, cpuSheaves: 0n },
    ...{ nodes: [], barns: [] },
    ...more,
  };
}

/** A slab whose free list goes through `chain`; the last pointer of a kernel with hardening is mixed like the others. */
function slab(chain: readonly number[], how: (value: bigint, at: bigint) => bigint, of = cache()) {
  const memory = new KernelMemory();
  const base = memory.allocPage();
  const object = (i: number): bigint => base + BigInt(of.leftPad + i * of.size);
  chain.forEach((from, i) => {
    const next = chain[i + 1];
    const at = object(from) + BigInt(of.freePointer);
    memory.u64(at, how(next === undefined ? 0n : object(next), at));
  });
  const open = (): SlabObjects => {
    const objects = new SlabObjects(memory.program(), of);
    assert.equal(objects.open(base, COUNT), undefined);
    return objects;
  };
  return { memory, base, object, open };
}

const plain = (value: bigint): bigint => value;
const RANDOM = 0x123456789abcdef0n;

function reversed(value: bigint): bigint {
  let out = 0n;
  for (let i = 0n; i < 8n; i++) out |= ((value >> (8n * i)) & 0xffn) << (56n - 8n * i);
  return out;
}

test('a free list marks its objects, the others are allocated', () => {
  const { open, object } = slab([3, 0, 7], plain);
  const objects = open();
  assert.deepEqual(objects.mark(object(3), OBJECT_FREE), { count: 3 });
  const states = [...objects.states];
  assert.deepEqual(
    states.flatMap((s, i) => (s === OBJECT_FREE ? [i] : [])),
    [0, 3, 7],
  );
  assert.equal(states.filter((s) => s === OBJECT_ALLOCATED).length, COUNT - 3);
  assert.equal(objects.indexOf(object(7) + 9n), 7);
  assert.equal(objects.address(7), object(7));
});

test('an empty list reads nothing', () => {
  const { open, memory, base } = slab([], plain);
  memory.drop(base);
  assert.deepEqual(open().mark(0n, OBJECT_FREE), { count: 0 });
});

test('pointers that are mixed with a random number, with and without the place reversed', () => {
  const of = cache({ random: RANDOM });
  for (const how of [
    (value: bigint, at: bigint) => value ^ RANDOM ^ at,
    (value: bigint, at: bigint) => value ^ RANDOM ^ reversed(at),
  ]) {
    const { open, object } = slab([5, 1, 2, 63], how, of);
    const objects = open();
    assert.deepEqual(objects.mark(object(5), OBJECT_CPU_FREE), { count: 4 });
    assert.equal(objects.states[63], OBJECT_CPU_FREE);
  }
});

test('objects behind a red zone', () => {
  const of = cache({ size: 96, leftPad: 16, freePointer: 64 });
  const memory = new KernelMemory();
  const base = memory.allocPage();
  const first = base + 16n;
  memory.u64(first + 64n, first + 96n);
  const objects = new SlabObjects(memory.program(), of);
  objects.open(base, 42);
  assert.deepEqual(objects.mark(first, OBJECT_FREE), { count: 2 });
  assert.equal(objects.address(1), first + 96n);
});

test('a list that runs into itself ends with a reason, and what was found is kept', () => {
  const { open, object, memory } = slab([4, 9], plain);
  memory.u64(object(9) + 32n, object(4));
  const found = open().mark(object(4), OBJECT_FREE);
  assert.equal(found.count, 2);
  assert.match(found.why ?? '', /runs into itself at 0x/);
});

test('pointers out of the slab, and into the middle of an object', () => {
  for (const wrong of [0xffff888000900000n, 0xdeadbeefn, 'inside'] as const) {
    const { open, object, memory } = slab([4, 9], plain);
    memory.u64(object(9) + 32n, wrong === 'inside' ? object(2) + 8n : wrong);
    const found = open().mark(object(4), OBJECT_FREE);
    assert.equal(found.count, 2);
    assert.match(found.why ?? '', /^invalid freepointer: 0x/);
  }
  const first = slab([], plain);
  assert.match(first.open().mark(0x1234n, OBJECT_FREE).why ?? '', /invalid freepointer: 0x1234/);
});

test('a slab whose memory is not in the dump', () => {
  const { open, object, memory, base } = slab([4, 9], plain);
  memory.drop(base);
  assert.match(open().mark(object(4), OBJECT_FREE).why ?? '', /not there/);
});

test('sizes that cannot be are refused', () => {
  const memory = new KernelMemory();
  const objects = new SlabObjects(memory.program(), cache({ size: 0 }));
  assert.match(objects.open(memory.allocPage(), 5) ?? '', /cannot be/);
  assert.equal(objects.count, 0);
  const wild = new SlabObjects(memory.program(), cache({ freePointer: 4000 }));
  assert.match(wild.open(memory.allocPage(), 5) ?? '', /free pointers at 4000 of 64 bytes cannot be/);
});
