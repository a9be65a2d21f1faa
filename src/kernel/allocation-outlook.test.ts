import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type MadeZone, memoryMachine } from '../../test/build/memory-machine.ts';
import { allocationOutlook } from './allocation-outlook.ts';
import { watermarks } from './zone-marks.ts';

const DMA: MadeZone = { name: 'DMA', managed: 4000, free: 460, marks: [20, 25, 30], reserves: [0, 444, 444] };
const normal = (more: Partial<MadeZone>): MadeZone => ({
  name: 'Normal',
  managed: 100_000,
  free: 5000,
  marks: [600, 750, 900],
  ...more,
});

function outcome(more: Partial<MadeZone>, swapFree = 0, kind: 'GFP_KERNEL' | 'GFP_HIGHUSER_MOVABLE' = 'GFP_KERNEL') {
  const memory = memoryMachine({ zones: [DMA, normal(more)], swap: { total: 1000, free: swapFree } });
  return allocationOutlook(memory.program(), kind)?.outcome;
}

test('free pages against low, min, and what could be reclaimed', () => {
  assert.equal(outcome({ free: 751 }), 'nothing');
  assert.equal(outcome({ free: 750 }), 'kswapd');
  assert.equal(outcome({ free: 601 }), 'kswapd');
  assert.equal(outcome({ free: 600, file: 10 }), 'reclaim');
  assert.equal(outcome({ free: 600 }), 'oom');
});

test('boost, highatomic and CMA pages count against the free ones', () => {
  assert.equal(outcome({ free: 900, boost: 149 }), 'nothing');
  assert.equal(outcome({ free: 900, boost: 150 }), 'kswapd');
  assert.equal(outcome({ free: 900, highAtomic: 150 }), 'kswapd');
  assert.equal(outcome({ free: 900, cma: 150 }), 'kswapd');
  assert.equal(outcome({ free: 900, cma: 150 }, 0, 'GFP_HIGHUSER_MOVABLE'), 'nothing');
});

test('memory of processes can be reclaimed only while swap space is free', () => {
  assert.equal(outcome({ free: 100, anon: 50_000 }, 1), 'reclaim');
  assert.equal(outcome({ free: 100, anon: 50_000 }, 0), 'oom');
  assert.equal(outcome({ free: 100, file: 500 }, 0), 'oom');
});

test('a lower zone serves when it is above its mark and its reserve for higher zones', () => {
  const memory = memoryMachine({ zones: [{ ...DMA, free: 470 }, normal({ free: 10 })] });
  const outlook = allocationOutlook(memory.program(), 'GFP_KERNEL');
  assert.equal(outlook?.outcome, 'nothing');
  assert.deepEqual(
    outlook?.low.map((t) => [t.zone.zone.name, t.mark + t.reserve, t.ok]),
    [
      ['Normal', 750, false],
      ['DMA', 469, true],
    ],
  );
});

test('the watermarks that the settings make', () => {
  const memory = memoryMachine({ zones: [DMA, normal({})], minFreeKiB: 67_584 });
  const zone = watermarks(memory.program()).zones[1];
  // 16896 pages, 100000 / 104000 of them; the distance is a quarter, which is more than a thousandth of the zone
  assert.deepEqual(zone?.computed, { min: 16_246, low: 16_246 + 4061, high: 16_246 + 2 * 4061 });
  assert.deepEqual(zone?.marks, { min: 600, low: 750, high: 900 });
});

test('a kernel without zones or types has no outlook', () => {
  assert.equal(allocationOutlook(memoryMachine({ zones: [] }).program(), 'GFP_KERNEL'), undefined);
});
