import assert from 'node:assert/strict';
import { test } from 'node:test';
import { madeCase } from '../../test/build/made-case.ts';
import { wholeSlabKernel } from '../../test/build/slab-kernel.ts';
import type { Finding } from '../report/finding.ts';
import { doubleFree } from './double-free.ts';

const BUG = ['kernel BUG at mm/slub.c:419!'];

function check(death: Parameters<typeof madeCase>[0]): Finding[] {
  return [...doubleFree.check(madeCase(death))];
}

test('an object that is freed while it is on the free list of its CPU', () => {
  const { memory, active } = wholeSlabKernel();
  const rdi = active.object(6);
  const found = check({
    memory,
    log: BUG,
    frames: [
      { symbol: 'kmem_cache_free', registers: { rdi } },
      { symbol: 'drop_thing', module: 'things' },
    ],
  });
  assert.equal(found.length, 1);
  const [finding] = found;
  assert.equal(finding?.confidence, 'certain');
  assert.match(finding?.sentence.en ?? '', /drop_thing \[things\] freed object .* of slab cache things/);
  assert.match(finding?.sentence.en ?? '', /on the free list of CPU 0, at the head/);
  assert.equal(finding?.subject?.function, 'drop_thing');
  assert.equal(finding?.subject?.cache, 'things');
  assert.ok(finding?.evidence.some((e) => e.value === rdi.toString(16) && e.command?.startsWith('rd ')));
});

test('the same on the free list of a slab, behind its head', () => {
  const { memory, partial } = wholeSlabKernel();
  const registers = { rdi: partial.object(30), rbp: partial.object(30) };
  const [finding] = check({ memory, frames: [{ symbol: 'kfree', registers }, { symbol: 'f' }] });
  assert.equal(finding?.confidence, 'likely');
  assert.match(finding?.sentence.en ?? '', /free list of its slab, 1 objects behind the head/);
});

test('an allocated object that is freed is no double free', () => {
  const { memory, full } = wholeSlabKernel();
  const frames = [{ symbol: 'kfree', registers: { rdi: full.object(3) } }, { symbol: 'f' }];
  assert.deepEqual(check({ memory, log: BUG, frames }), []);
});

test('a free object outside of the allocator, and one inside that points into an object, are none', () => {
  const { memory, active } = wholeSlabKernel();
  assert.deepEqual(check({ memory, frames: [{ symbol: 'f', registers: { rdi: active.object(6) } }] }), []);
  const inside = [{ symbol: 'kfree', registers: { rdi: active.object(6) + 8n } }, { symbol: 'f' }];
  assert.deepEqual(check({ memory, log: BUG, frames: inside }), []);
});

test('a free list that runs into itself at an object tells that it was freed twice', () => {
  const { memory, partial } = wholeSlabKernel();
  memory.u64(partial.object(4), partial.object(30));
  const [finding] = check({ memory, frames: [{ symbol: 'f', registers: { rdi: partial.object(30) } }] });
  assert.equal(finding?.confidence, 'certain');
  assert.match(finding?.sentence.en ?? '', /is on its free lists twice/);
});

test('memory of a slab that is not there accuses nobody', () => {
  const { memory, partial } = wholeSlabKernel();
  memory.drop(partial.object(0));
  const frames = [{ symbol: 'kfree', registers: { rdi: partial.object(5) } }, { symbol: 'f' }];
  assert.deepEqual(check({ memory, log: BUG, frames }), []);
});
