import assert from 'node:assert/strict';
import { test } from 'node:test';
import { arrayType } from '../../test/build/c-types.ts';
import { flatType, KernelMemory } from '../../test/build/kernel-memory.ts';
import { memoryInfo } from './meminfo.ts';

function world(): KernelMemory {
  const memory = new KernelMemory();
  memory.enumeration('zone_stat_item', 'NR_FREE_PAGES', 'NR_VM_ZONE_STAT_ITEMS');
  memory.enumeration(
    'node_stat_item',
    'NR_ACTIVE_FILE',
    'NR_INACTIVE_FILE',
    'NR_FILE_PAGES',
    'NR_SLAB_RECLAIMABLE_B',
    'NR_SLAB_UNRECLAIMABLE_B',
    'NR_ANON_MAPPED',
    'NR_KERNEL_STACK_KB',
    'NR_SWAPCACHE',
    'NR_VM_NODE_STAT_ITEMS',
  );
  const table = (name: string, values: readonly number[]): void => {
    const at = memory.symbol(name, memory.alloc(values.length * 8));
    values.forEach((value, i) => {
      memory.u64(at + BigInt(i * 8), value);
    });
  };
  table('vm_zone_stat', [5000]);
  table('vm_node_stat', [300, 700, 2000, 90, 60, -4, 1312, 50]);
  table('_totalram_pages', [10_000]);
  table('total_swap_pages', [800]);
  table('nr_swap_pages', [750]);
  return memory;
}

/** A block device's inode with pages of its own, and the zones with their reserves. */
function devicesAndZones(memory: KernelMemory): void {
  memory.type('super_block', 64, { s_inodes: 8 });
  memory.type('inode', 128, { i_mapping: 0, i_sb_list: 16 });
  memory.type('address_space', 64, { nrpages: 8 });
  const superblock = memory.alloc(64);
  memory.u64(memory.symbol('blockdev_superblock', memory.alloc(8)), superblock);
  const inode = memory.alloc(128);
  const mapping = memory.alloc(64);
  memory.u64(inode, mapping);
  memory.u64(mapping + 8n, 15);
  memory.circle(superblock + 8n, inode + 16n);
  const zone = flatType('zone', 64, { _watermark: 0 });
  memory.kernel.type(zone);
  memory.type('pglist_data', 256, { node_zones: [0, arrayType(zone, 2)], totalreserve_pages: 200 });
  const node = memory.symbol('contig_page_data', memory.alloc(256));
  memory.u64(node + 8n, 20);
  memory.u64(node + 72n, 30);
  memory.u64(node + 200n, 1000);
}

test('the lines of /proc/meminfo', () => {
  const memory = world();
  devicesAndZones(memory);
  const { problems, ...lines } = memoryInfo(memory.program());
  assert.deepEqual(problems, []);
  assert.deepEqual(lines, {
    totalKiB: 40_000,
    freeKiB: 20_000,
    // 5000 - 1000 free; of 1000 and 90 pages of cache all but the smaller of a half and the 50 of the watermarks
    availableKiB: (4000 + 950 + 45) * 4,
    buffersKiB: 60,
    cachedKiB: (2000 - 50 - 15) * 4,
    swapCachedKiB: 200,
    activeFileKiB: 1200,
    inactiveFileKiB: 2800,
    swapTotalKiB: 3200,
    swapFreeKiB: 3000,
    anonPagesKiB: 0,
    slabKiB: 600,
    slabReclaimableKiB: 360,
    slabUnreclaimableKiB: 240,
    kernelStackKiB: 1312,
  });
});

test('lines that come from variables: limit, per-CPU memory, the direct mapping', () => {
  const memory = world();
  devicesAndZones(memory);
  memory.u64(memory.symbol('sysctl_overcommit_kbytes', memory.alloc(8)), 0);
  memory.u32(memory.symbol('sysctl_overcommit_ratio', memory.alloc(4)), 50);
  memory.u64(memory.symbol('nr_vmalloc_pages', memory.alloc(8)), 11);
  memory.u32(memory.symbol('pcpu_nr_populated', memory.alloc(4)), 32);
  memory.u32(memory.symbol('pcpu_nr_units', memory.alloc(4)), 4);
  const counts = memory.symbol('direct_pages_count', memory.alloc(32));
  for (const [level, pages] of [7, 5, 2].entries()) memory.u64(counts + BigInt(8 * (level + 1)), pages);
  const lines = memoryInfo(memory.program());
  assert.deepEqual(lines.problems, []);
  assert.equal(lines.commitLimitKiB, (10_000 / 2 + 800) * 4);
  assert.equal(lines.vmallocUsedKiB, 44);
  assert.equal(lines.percpuKiB, 32 * 4 * 4);
  assert.deepEqual([lines.directMap4kKiB, lines.directMap2mKiB, lines.directMap1gKiB], [28, 10_240, 2_097_152]);
});

for (const [unit, more] of [
  [1, ['NR_SWAPCACHE']],
  [512, []],
] as const) {
  test(`transparent huge pages, counted ${unit === 1 ? 'in pages' : 'one by one before v5.12'}`, () => {
    const memory = new KernelMemory();
    memory.enumeration('zone_stat_item', 'NR_FREE_PAGES', 'NR_VM_ZONE_STAT_ITEMS');
    memory.enumeration('node_stat_item', 'NR_ANON_THPS', 'NR_SHMEM_THPS', ...more, 'NR_VM_NODE_STAT_ITEMS');
    memory.u64(memory.symbol('vm_zone_stat', memory.alloc(8)), 1);
    const node = memory.symbol('vm_node_stat', memory.alloc(24));
    memory.u64(node, 1024);
    memory.u64(node + 8n, 0);
    const lines = memoryInfo(memory.program());
    assert.equal(lines.anonHugePagesKiB, 1024 * unit * 4);
    assert.equal(lines.shmemHugePagesKiB, 0);
    assert.equal(lines.fileHugePagesKiB, undefined);
  });
}

test('what cannot be had is absent, with its reason', () => {
  const broken = memoryInfo(world().program());
  assert.equal(broken.freeKiB, 20_000);
  assert.equal(broken.cachedKiB, undefined);
  assert.equal(broken.availableKiB, undefined);
  assert.ok(broken.problems.some((p) => p.what === 'memory: block device pages'));
  const without = memoryInfo(new KernelMemory().program());
  assert.deepEqual(Object.keys(without), ['problems']);
  assert.equal(without.problems.length, 1);
});
