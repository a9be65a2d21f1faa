import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type MadeDeath, madeCase } from '../../test/build/made-case.ts';
import { wrongCache } from './wrong-cache.ts';

const PANIC = 'Kernel panic - not syncing: kernel: panic_on_warn set ...';
const CUT = '------------[ cut here ]------------';
const LINE = 'WARNING: mm/slub.c:6599 at warn_free_bad_obj+0x9b/0xd0, CPU#0: app/235';
const frames = [
  { symbol: 'warn_free_bad_obj', registers: {} },
  { symbol: 'kmem_cache_free' },
  { symbol: 'returns_box', module: 'm' },
  { symbol: 'entry' },
];

const titles = (death: Partial<MadeDeath>): string[] =>
  [...wrongCache.check(madeCase({ frames, panic: PANIC, ...death }))].map((f) => f.title.en);

for (const words of [
  'cache_from_obj: Wrong slab cache. boxes but object is from small things',
  'kmem_cache_free(boxes, 000000006aff4c17): object belongs to different cache small things',
]) {
  test(`an object of another cache: ${words}`, () => {
    const told = titles({ log: [CUT, words, LINE, PANIC] });
    assert.deepEqual(told, ['An object of small things was freed into the slab cache boxes by returns_box [m]']);
    assert.deepEqual(titles({ log: [words, 'other', 'lines', CUT, LINE, PANIC] }), [], 'an earlier warning');
    assert.deepEqual(titles({ log: [CUT, words, LINE], panic: 'Kernel panic - not syncing: Fatal exception' }), []);
    assert.deepEqual(titles({ log: [words] }), [], 'no warning at all');
  });
}

test('other words of the allocator', () => {
  const words = 'kmem_cache_free(boxes, 000000006aff4c17): object is not in a slab page';
  assert.deepEqual(titles({ log: [CUT, words, LINE, PANIC] }), []);
});
