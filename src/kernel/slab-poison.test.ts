import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SIZE, wholeSlabKernel } from '../../test/build/slab-kernel.ts';
import { slabCaches } from './slab-cache.ts';
import { slabPoison } from './slab-poison.ts';

const USED = SIZE - 8;

function poisoned(change: (bytes: Uint8Array) => void = () => {}) {
  const { memory, partial } = wholeSlabKernel();
  const object = partial.object(30);
  const bytes = new Uint8Array(USED).fill(0x6b);
  bytes[USED - 1] = 0xa5;
  change(bytes);
  memory.bytes(object, bytes);
  const prog = memory.program();
  const [cache] = slabCaches(prog).caches;
  assert.ok(cache);
  return slabPoison(prog, cache, object);
}

test('an object full of the pattern of freed memory', () => {
  assert.deepEqual(poisoned(), { kept: false, freeBytes: USED });
});

test('the first byte that was written after it was freed', () => {
  assert.equal(poisoned((b) => b.set([1, 2], 40))?.writtenAt, 40);
  assert.equal(poisoned((b) => b.set([0x6b], USED - 1))?.writtenAt, USED - 1);
});

test('an object that was never poisoned was not written to after its end', () => {
  assert.deepEqual(
    poisoned((b) => b.fill(0)),
    { kept: false, freeBytes: 0 },
  );
});

test('red zones: free, in use, damaged', () => {
  const { memory, cache, full } = wholeSlabKernel();
  memory.u32(cache + 8n, 1 << 10);
  memory.u32(cache + 32n, USED + 8);
  memory.u32(cache + 36n, 8);
  const object = full.object(4) + 8n;
  memory.u64(object - 8n, 0xccccccccccccccccn);
  memory.u64(object + BigInt(USED), 0xccccccccccccccccn);
  const zones = () => {
    const prog = memory.program();
    const [found] = slabCaches(prog).caches;
    assert.ok(found);
    return slabPoison(prog, found, object)?.redZone;
  };
  assert.deepEqual(zones(), { left: 'in use', right: 'in use' });
  memory.u8(object + BigInt(USED) + 2n, 0);
  assert.deepEqual(zones(), { left: 'in use', right: 'damaged' });
  memory.u64(object - 8n, 0xbbbbbbbbbbbbbbbbn);
  assert.equal(zones()?.left, 'free');
});

test('memory that is not there tells nothing', () => {
  const { memory, partial } = wholeSlabKernel();
  memory.drop(partial.object(0));
  const prog = memory.program();
  const [cache] = slabCaches(prog).caches;
  assert.ok(cache);
  assert.equal(slabPoison(prog, cache, partial.object(1)), undefined);
});
