import { attempt } from '../base/attempt.ts';
import { perOwner } from '../base/lazy.ts';
import { hi32 } from '../base/u64.ts';
import type { Addr } from '../base/units.ts';
import type { Program } from '../program/program.ts';
import { KernelStruct } from './kernel-struct.ts';
import type { TaskRecord } from './task.ts';
import { savedStackPointer } from './task-detail.ts';

/** Bytes of a stack in which the frames of the scheduler and of the waiting function lie. */
const TOP = 512;
/** Longest function of those below. */
const MAX_FUNCTION = 8192n;

/** Functions that wait for a lock and can be interrupted: the task's state does not tell them from a wait for input. */
const FUNCTIONS = [
  ...['__mutex_lock.constprop.0', '__mutex_lock', '__mutex_lock_interruptible_slowpath', '__ww_mutex_lock.constprop.0'],
  ...[
    'rwsem_down_read_slowpath',
    '__down_interruptible',
    '___down_common',
    '__down_common',
    '__rt_mutex_slowlock_locked',
  ],
  ...['rt_mutex_slowlock.constprop.0', '__rt_mutex_slowlock_locked.constprop.0', 'rt_mutex_slowlock_block.constprop.0'],
];

interface Range {
  readonly low: Addr;
  readonly high: Addr;
}

const ranges = perOwner((prog: Program): readonly Range[] =>
  FUNCTIONS.flatMap((name) => {
    const symbol = prog.findSymbol(name);
    if (!symbol) return [];
    const size = BigInt(symbol.size);
    return [{ low: symbol.address, high: symbol.address + (size > 0n && size < MAX_FUNCTION ? size : MAX_FUNCTION) }];
  }),
);

/**
 * Tasks in interruptible sleep whose stack has a return address into a function that waits for a lock near its end. There may be
 * tens of thousands of sleeping tasks: only the end of each stack is read, and none is unwound.
 */
export function interruptibleWaiters(prog: Program, tasks: readonly TaskRecord[]): TaskRecord[] {
  const wanted = attempt(() => ranges(prog)) ?? [];
  if (wanted.length === 0) return [];
  const copy = new KernelStruct(prog, TOP);
  const uppers = new Set(wanted.flatMap((r) => [hi32(r.low), hi32(r.high)])); // numbers are compared faster
  const upper = prog.arch.littleEndian ? 4 : 0;
  return tasks.filter((task) => {
    if (task.state !== 'IN' || task.active) return false;
    const sp = attempt(() => savedStackPointer(prog, task.address)) ?? 0n;
    if (sp < prog.kernelStart) return false;
    const there = copy.loadPart(sp & ~7n);
    for (let i = 0; i + 8 <= there; i += 8) {
      if (!uppers.has(copy.u32(i + upper))) continue;
      const word = copy.u64(i);
      if (wanted.some((r) => word > r.low && word < r.high)) return true;
    }
    return false;
  });
}
