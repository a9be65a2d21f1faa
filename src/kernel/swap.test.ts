import assert from 'node:assert/strict';
import { test } from 'node:test';
import { KernelMemory } from '../../test/build/kernel-memory.ts';
import { swapAreas } from './swap.ts';

const USED = 1;
const WRITEOK = 2;

/** Pages and counters of areas in use, as a kernel has them from v6.14 on. */
function world(...areas: readonly (readonly [pages: number, counter: bigint])[]): KernelMemory {
  const memory = new KernelMemory();
  memory.type('swap_info_struct', 64, {
    ...{ flags: 0, prio: [8, 2], pages: [12, 4], inuse_pages: 16, swap_file: 24 },
  });
  const table = memory.symbol('swap_info', memory.alloc(8 * areas.length));
  memory.u32(memory.symbol('nr_swapfiles', memory.alloc(4)), areas.length);
  areas.forEach(([pages, counter], i) => {
    const area = memory.alloc(64);
    memory.u64(table + BigInt(i) * 8n, area);
    memory.u64(area, USED | WRITEOK);
    memory.u32(area + 12n, pages);
    memory.u64(area + 16n, counter);
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
