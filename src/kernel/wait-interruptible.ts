import { attempt } from '../base/attempt.ts';
import { perOwner } from '../base/lazy.ts';
import { hi32 } from '../base/u64.ts';
import type { Addr } from '../base/units.ts';
import type { Problem } from '../program/ports.ts';
import type { Program } from '../program/program.ts';
import { KernelStruct } from './kernel-struct.ts';
import type { TaskRecord } from './task.ts';
import { savedStackPointer } from './task-detail.ts';

/** Bytes of a stack in which the frames of the scheduler and of the waiting function lie. */
const TOP = 512;
/** Stacks that are looked at; each is a page to unpack, and one of the task. */
const MAX_TASKS = 4096;
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

/** The same of futex(2): futex_do_wait since v6.15, futex_wait_queue since v5.16, futex_wait_queue_me before. */
const FUTEX_FUNCTIONS = ['futex_do_wait', 'futex_wait_queue', 'futex_wait_queue_me'];

interface Range {
  readonly low: Addr;
  readonly high: Addr;
  readonly futex: boolean;
}

const ranges = perOwner((prog: Program): readonly Range[] => [
  ...FUNCTIONS.flatMap((name) => rangeOf(prog, name, false)),
  ...FUTEX_FUNCTIONS.flatMap((name) => rangeOf(prog, name, true)),
]);

function rangeOf(prog: Program, name: string, futex: boolean): Range[] {
  const symbol = prog.findSymbol(name);
  if (!symbol) return [];
  const size = BigInt(symbol.size);
  const length = size > 0n && size < MAX_FUNCTION ? size : MAX_FUNCTION;
  return [{ low: symbol.address, high: symbol.address + length, futex }];
}

/** Tasks in interruptible sleep that wait for something that another task has to do. */
export interface InterruptibleWaiters {
  readonly locks: readonly TaskRecord[];
  readonly futexes: readonly TaskRecord[];
}

/**
 * Tasks in interruptible sleep whose stack has a return address into a function that waits for a lock near its end. There may be
 * tens of thousands of sleeping tasks: only the end of each stack is read, none is unwound, and not all are looked at.
 * @param problems gets how many were not
 */
export function interruptibleWaiters(
  prog: Program,
  tasks: readonly TaskRecord[],
  problems: Problem[],
): InterruptibleWaiters {
  const wanted = attempt(() => ranges(prog)) ?? [];
  const locks: TaskRecord[] = [];
  const futexes: TaskRecord[] = [];
  if (wanted.length === 0) return { locks, futexes };
  const copy = new KernelStruct(prog, TOP);
  const uppers = new Set(wanted.flatMap((r) => [hi32(r.low), hi32(r.high)])); // numbers are compared faster
  const upper = prog.arch.littleEndian ? 4 : 0;
  const sleeping = tasks.filter((task) => task.state === 'IN' && !task.active);
  if (sleeping.length > MAX_TASKS) {
    const why = `whether they wait for a lock was looked at for ${MAX_TASKS} of ${sleeping.length}`;
    problems.push({ what: 'tasks in interruptible sleep', why });
  }
  for (const task of sleeping.slice(0, MAX_TASKS)) {
    const found = firstRange(task);
    if (found) (found.futex ? futexes : locks).push(task);
  }
  return { locks, futexes };

  function firstRange(task: TaskRecord): Range | undefined {
    const sp = attempt(() => savedStackPointer(prog, task.address)) ?? 0n;
    if (sp < prog.kernelStart) return undefined;
    const there = copy.loadPart(sp & ~7n);
    for (let i = 0; i + 8 <= there; i += 8) {
      if (!uppers.has(copy.u32(i + upper))) continue;
      const word = copy.u64(i);
      const range = wanted.find((r) => word > r.low && word < r.high);
      if (range) return range;
    }
    return undefined;
  }
}
