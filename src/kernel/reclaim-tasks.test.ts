import assert from 'node:assert/strict';
import { test } from 'node:test';
import { reclaimIn } from './reclaim-tasks.ts';
import type { TaskRecord } from './task.ts';

const task = { pid: 1, comm: 'x' } as TaskRecord;

function kind(...names: string[]): string {
  const found = reclaimIn(task, names);
  return found ? `${found.kind} ${found.function} ${found.shrinker ?? '-'}` : 'none';
}

test('what a stack says of reclaim, innermost function first', () => {
  const shrinking = [
    'dentry_free',
    'prune_dcache_sb',
    'super_cache_scan',
    'do_shrink_slab',
    'shrink_slab',
    'shrink_node',
  ];
  assert.equal(kind(...shrinking, 'balance_pgdat', 'kswapd', 'kthread'), 'kswapd balance_pgdat super_cache_scan');
  assert.equal(
    kind('shrink_lruvec', 'shrink_node', 'do_try_to_free_pages', 'try_to_free_pages', '__alloc_pages_slowpath'),
    'direct-reclaim try_to_free_pages -',
  );
  assert.equal(
    kind('schedule_timeout', 'reclaim_throttle', 'shrink_node', 'try_to_free_pages'),
    'throttled reclaim_throttle -',
  );
  assert.equal(
    kind('shrink_node', 'try_to_free_mem_cgroup_pages', 'try_charge_memcg'),
    'memcg-reclaim try_to_free_mem_cgroup_pages -',
  );
  assert.equal(
    kind('oom_kill_process', 'out_of_memory', 'mem_cgroup_out_of_memory', 'try_charge_memcg'),
    'memcg-oom mem_cgroup_out_of_memory -',
  );
  assert.equal(kind('dump_header', 'out_of_memory', '__alloc_pages_slowpath'), 'oom out_of_memory -');
  assert.equal(kind('compact_zone', 'try_to_compact_pages', '__alloc_pages'), 'compaction compact_zone -');
});

test('a daemon that sleeps, and a task that merely allocates, reclaim nothing', () => {
  assert.equal(kind('schedule', 'kswapd', 'kthread'), 'none');
  assert.equal(kind('get_page_from_freelist', '__alloc_pages', 'do_anonymous_page'), 'none');
  assert.equal(kind(), 'none');
});
