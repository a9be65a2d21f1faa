import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { StackFrame } from '../unwind/stack.ts';
import { isSleepFunction, plainName, waitCaller, waitSite } from './wait-function.ts';

function frames(...names: string[]): StackFrame[] {
  return names.map((name) => ({
    ...{ pc: 1n, lookupPc: 1n, sp: 1n, trust: 'orc' as const, known: [] },
    symbol: { name, address: 0n, size: 1, letter: 't' },
  }));
}

test('the innermost wait and what it is for', () => {
  const cases: [string, string[], ...(string | undefined)[]][] = [
    ['mutex', ['__schedule', 'schedule', 'schedule_preempt_disabled', '__mutex_lock.constprop.0', 'f'], '__mutex_lock'],
    [
      'rwsem',
      ['__schedule', 'schedule', 'rwsem_down_read_failed', 'call_rwsem_down_read_failed', 'down_read'],
      'rwsem_down_read_failed',
      'read',
    ],
    ['rwsem', ['schedule', 'rwsem_down_write_slowpath.constprop.0', 'f'], 'rwsem_down_write_slowpath', 'write'],
    [
      'completion',
      ['schedule_timeout', '__wait_for_common', '__flush_work', 'f'],
      '__wait_for_common',
      undefined,
      '__flush_work',
    ],
    ['page', ['schedule', 'io_schedule', 'wait_on_page_bit', 'f'], 'wait_on_page_bit'],
    ['spinlock', ['native_queued_spin_lock_slowpath', '_raw_spin_lock', 'f'], 'native_queued_spin_lock_slowpath'],
    ['cpu-call', ['smp_call_function_many_cond', 'on_each_cpu_cond_mask'], 'smp_call_function_many_cond'],
    ['unknown', ['__schedule', 'schedule', 'pipe_read', 'vfs_read', 'ksys_read', '__mutex_lock'], 'pipe_read'],
  ];
  for (const [kind, names, name, mode, purpose] of cases) {
    const site = waitSite(frames(...names));
    assert.deepEqual(
      [site?.kind, site?.function, site?.mode, site?.purpose],
      [kind, name, mode, purpose],
      names.join(),
    );
  }
  assert.equal(waitSite([]), undefined);
});

test('who took the lock is the first function beyond those of locks', () => {
  const stack = frames('schedule', '__mutex_lock.isra.0', 'mutex_lock_killable', 'proc_read.part.0', 'vfs_read');
  const site = waitSite(stack);
  assert.ok(site);
  assert.equal(waitCaller(stack, site)?.symbol?.name, 'proc_read.part.0');
  assert.equal(plainName('proc_read.part.0'), 'proc_read');
  assert.ok(isSleepFunction('schedule_timeout_uninterruptible') && !isSleepFunction('schedule_work'));
});
