import assert from 'node:assert/strict';
import { test } from 'node:test';
import { KernelMemory } from '../../test/build/kernel-memory.ts';
import { swapAreas } from './swap.ts';

const USED = 1;
const WRITEOK = 2;

/** Pages and counters of areas in use, as newer kernels have them. */
function world(...areas: readonly (readonly [pages: number, counter: bigint])[]): KernelMemory {
  const memory = new KernelMemory();
  memory.type('swap_info_struct', 64, {
    ...{ flags: 0, prio: [8, 2], pages: [12, 4], inuse_pages: 16, swap_file: 24, type: [32, 1] },
  });
  const table = memory.symbol('swap_info', memory.alloc(8 * areas.length));
  memory.u32(memory.symbol('nr_swapfiles', memory.alloc(4)), areas.length);
  areas.forEach(([pages, counter], i) => {
    const area = memory.alloc(64);
    memory.u64(table + BigInt(i) * 8n, area);
    memory.u64(area, USED | WRITEOK);
    memory.u32(area + 12n, pages);
    memory.u64(area + 16n, counter);
    memory.u32(area + 32n, i);
  });
  return memory;
}

test('the bit of a full area that is on no list is no page', () => {
  const memory = world(
    [32_767, 32_767n + (1n << 30n)],
    [32_767, 32_767n + (1n << 62n)],
    [32_767, 12n],
    [2_000_000_000, 1_500_000_000n],
  );
  assert.deepEqual(
    swapAreas(memory.program()).areas.map((a) => a.usedPages),
    [32_767, 32_767, 12, 1_500_000_000],
  );
});

test('what lies behind the table is no area, and no swap needs no table', () => {
  const memory = world([100, 7n], [200, 8n]);
  const { areas } = swapAreas(memory.program());
  const [first, second] = areas;
  assert.ok(first && second);
  memory.u32(second.address + 32n, 9);
  assert.deepEqual(
    swapAreas(memory.program()).areas.map((a) => a.address),
    [first.address],
  );
  const bare = new KernelMemory();
  bare.type('swap_info_struct', 64, { flags: 0 });
  assert.equal(swapAreas(bare.program()).problems.length, 1);
  bare.symbol('total_swap_pages', bare.alloc(8));
  assert.deepEqual(swapAreas(bare.program()), { areas: [], problems: [] });
});
