import assert from 'node:assert/strict';
import { test } from 'node:test';
import { memoryMachine } from '../../test/build/memory-machine.ts';
import type { MemoryJudgement } from '../report/memory-judgement-schema.ts';
import { mainHolder } from './main-holder.ts';

const prog = memoryMachine({ zones: [] }).program();

/** 1000 pages. */
function judged(held: Record<string, number>, unaccounted = 0, slab: object[] = []): MemoryJudgement {
  return { pageBytes: 4096, slab, balance: { total: 1000, held, unaccounted } } as unknown as MemoryJudgement;
}

test('slab objects that hold more than the largest process are named by their cache', () => {
  const slab = [
    { cache: 'dentry', pages: 300, objects: 5000, reclaimable: true },
    { cache: 'leaked', pages: 550, objects: 9000, reclaimable: false },
  ];
  const found = mainHolder(prog, judged({ slabUnreclaimable: 600, free: 5 }, 0, slab), 100);
  assert.match(found?.words.en ?? '', /most of them leaked/);
  assert.equal(found?.size, '2.3 MB (60%)');
  assert.deepEqual(found?.subject, { cache: 'leaked' });
  assert.deepEqual(
    found?.evidence.map((e) => e.value),
    ['600', '550'],
  );
});

test('memory of nobody, and none where a process holds more or the part is small', () => {
  const found = mainHolder(prog, judged({ slabUnreclaimable: 50 }, 700), 100);
  assert.match(found?.words.en ?? '', /in no counter/);
  assert.equal(found?.evidence[0]?.value, '700');
  assert.equal(mainHolder(prog, judged({ slabUnreclaimable: 400 }), 500), undefined);
  assert.equal(mainHolder(prog, judged({ slabUnreclaimable: 200 }), 100), undefined);
});
