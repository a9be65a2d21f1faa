import type { Problem } from '../program/ports.ts';
import type { Program } from '../program/program.ts';
import { functionName } from './function-name.ts';
import { attempt } from './note-problem.ts';
import { type TaskRecord, taskTable } from './task.ts';
import { taskStack } from './task-stack.ts';

/** What a task does to get memory back. */
export type ReclaimKind =
  | 'oom'
  | 'memcg-oom'
  | 'memcg-reclaim'
  | 'direct-reclaim'
  | 'compaction'
  | 'kswapd'
  | 'node-reclaim'
  | 'throttled'
  | 'dirty-throttled'
  | 'drop-caches';

/** A task in whose stack memory is being reclaimed. */
export interface ReclaimTask {
  readonly task: TaskRecord;
  readonly kind: ReclaimKind;
  /** The function that says so. */
  readonly function: string;
  /** It is in a shrinker: the function that called it frees objects of slab caches. */
  readonly shrinker: string | undefined;
}

/** Functions by what they mean; of several in one stack the outermost kind that stands first here. */
const MEANINGS: readonly (readonly [ReclaimKind, RegExp])[] = [
  ['memcg-oom', /^mem_cgroup_(?:out_of_memory|oom)$/],
  ['oom', /^(?:out_of_memory|__alloc_pages_may_oom|pagefault_out_of_memory|oom_kill_process)$/],
  ['memcg-reclaim', /^(?:try_to_free_mem_cgroup_pages|mem_cgroup_handle_over_high|reclaim_high)$/],
  ['throttled', /^(?:throttle_direct_reclaim|reclaim_throttle|congestion_wait|wait_iff_congested)$/],
  ['direct-reclaim', /^(?:try_to_free_pages|__alloc_pages_direct_reclaim|__perform_reclaim)$/],
  ['node-reclaim', /^(?:__?node_reclaim)$/],
  ['compaction', /^(?:compact_zone|compact_zone_order|try_to_compact_pages|__alloc_pages_direct_compact)$/],
  ['kswapd', /^(?:balance_pgdat|kswapd_shrink_node)$/],
  ['drop-caches', /^(?:drop_slab|drop_caches_sysctl_handler|drop_pagecache_sb)$/],
  ['dirty-throttled', /^(?:balance_dirty_pages|balance_dirty_pages_ratelimited(?:_flags)?)$/],
];
const SHRINK = /^(?:do_shrink_slab|shrink_slab)$/;
/** A task that waits undisturbed for an event is not reclaiming. */
const MAY_RECLAIM = new Set(['RU', 'UN']);
/** Tasks whose stacks are looked at: those that run or are blocked, of a machine that is full of them not all. */
const MAX_TASKS = 256;

export interface ReclaimTasks {
  readonly tasks: readonly ReclaimTask[];
  /** How many stacks were not looked at. */
  readonly skipped: number;
  readonly problems: readonly Problem[];
}

/** The tasks that reclaim memory, by the functions in their stacks. Never throws for damage. */
export function reclaimTasks(prog: Program): ReclaimTasks {
  const problems: Problem[] = [];
  const awake = taskTable(prog).tasks.filter((t) => !t.idle && (t.active || MAY_RECLAIM.has(t.state)));
  const tasks: ReclaimTask[] = [];
  for (const task of awake.slice(0, MAX_TASKS)) {
    const found = attempt(problems, `stack of task ${task.pid}`, () => reclaimOf(prog, task));
    if (found) tasks.push(found);
  }
  return { tasks, skipped: Math.max(0, awake.length - MAX_TASKS), problems };
}

function reclaimOf(prog: Program, task: TaskRecord): ReclaimTask | undefined {
  const names: string[] = [];
  for (const frame of taskStack(prog, task).frames) {
    if (frame.symbol) names.push(functionName(frame.symbol.name));
  }
  return reclaimIn(task, names);
}

/** @param names functions of the stack, innermost first */
export function reclaimIn(task: TaskRecord, names: readonly string[]): ReclaimTask | undefined {
  for (const [kind, pattern] of MEANINGS) {
    const found = names.find((name) => pattern.test(name));
    if (found === undefined) continue;
    const shrink = names.findIndex((name) => SHRINK.test(name));
    const shrinker = shrink > 0 ? names[shrink - 1] : undefined;
    return { task, kind, function: found, shrinker };
  }
  return undefined;
}
