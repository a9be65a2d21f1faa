import assert from 'node:assert/strict';
import { test } from 'node:test';
import { WaitWriter } from '../../test/build/wait-writer.ts';
import type { Case } from '../diagnosis/case.ts';
import { cpuSilent } from './cpu-silent.ts';
import { netDeviceHeld } from './net-device-held.ts';
import { timerSelf } from './timer-self.ts';
import { waitOwnFile } from './wait-own-file.ts';

function death(made: WaitWriter, kind: string, ...lines: string[]): Case {
  return {
    prog: made.program(),
    panic: { how: 'test' },
    log: lines.map((text, i) => ({ text, level: 0, timestampNs: BigInt(i), facility: 0 })),
    fatal: { index: 0, kind },
    fatalLines: lines,
    objects: [],
  } as unknown as Case;
}

const SLEEPS = ['__schedule', 'schedule'];
const HELD = 'unregister_netdevice: waiting for wifi7 to become free. Usage count = 3';

test('a network device that is waited for, by whom and with how many references', () => {
  const made = new WaitWriter();
  made.waits(10, 'unplug', [...SLEEPS, 'msleep', 'netdev_run_todo', 'unregister_netdev', 'removes_card']);
  const [finding] = netDeviceHeld.check(death(made, 'hung task', HELD));
  assert.match(
    finding?.sentence.en ?? '',
    /PID 10 "unplug" waits .* network device wifi7 any more, of which 3 were counted/,
  );
  assert.equal(finding?.severity, 'cause');
  assert.ok(finding?.evidence.some((e) => e.value === 'netdev_run_todo' && e.command === 'bt 10'));
  const [suspect] = netDeviceHeld.check(death(made, 'NULL pointer dereference', HELD));
  assert.equal(suspect?.severity, 'suspect');
});

test('a network device that became free, and nobody who speaks of one', () => {
  const made = new WaitWriter();
  made.waits(10, 'other', [...SLEEPS, 'msleep', 'reads_card']);
  assert.deepEqual([...netDeviceHeld.check(death(made, 'hung task', HELD))], []);
  const waiting = new WaitWriter();
  waiting.waits(10, 'unplug', [...SLEEPS, 'msleep', 'netdev_run_todo']);
  assert.deepEqual([...netDeviceHeld.check(death(waiting, 'hung task', 'nothing'))], []);
});

const DRAINS = [...SLEEPS, 'kernfs_drain', '__kernfs_remove', 'kernfs_remove_by_name_ns'];

test('a file of sysfs that is removed by who writes it', () => {
  const made = new WaitWriter();
  made.waits(10, 'writes', [...DRAINS, 'unplug_store', 'kernfs_fop_write_iter', 'vfs_write', 'ksys_write']);
  const [finding] = waitOwnFile.check(death(made, 'hung task', 'x'));
  assert.match(finding?.sentence.en ?? '', /PID 10 "writes" removes a file of sysfs .*\(kernfs_fop_write_iter\)/);
  assert.deepEqual(
    finding?.evidence.map((e) => e.value),
    ['kernfs_drain', 'kernfs_fop_write_iter'],
  );
  const other = new WaitWriter();
  other.waits(10, 'unloads', [...DRAINS, 'device_del', 'free_module']);
  assert.deepEqual([...waitOwnFile.check(death(other, 'hung task', 'x'))], [], 'somebody else is inside of the file');
});

const LOCKUP = 'watchdog: BUG: soft lockup - CPU#1 stuck for 11s! [swapper/1:0]';
const SOFTIRQ = ['__run_timers', 'run_timer_softirq', 'handle_softirqs', '__irq_exit_rcu'];

test('a timer that waits for its own function', () => {
  const made = new WaitWriter();
  made.runs(0, 'swapper/1', 1, ['lock_timer_base', '__timer_delete_sync', 'call_timer_fn', ...SOFTIRQ]);
  const [finding] = timerSelf.check(death(made, 'soft lockup', LOCKUP));
  assert.match(
    finding?.sentence.en ?? '',
    /On CPU 1 the function of a timer called __timer_delete_sync\(\): that waits until/,
  );
  assert.ok(finding?.explains?.includes('cpu.soft-lockup'));
  const other = new WaitWriter();
  other.runs(10, 'stops', 1, ['lock_timer_base', '__timer_delete_sync', 'removes_card', 'kthread']);
  assert.deepEqual([...timerSelf.check(death(other, 'soft lockup', LOCKUP))], [], 'a task may wait for a timer');
});

test('a CPU that spins with interrupts off is why another one complains', () => {
  const made = new WaitWriter();
  made.runs(
    10,
    'replies',
    0,
    ['native_queued_spin_lock_slowpath', '_raw_spin_lock_irqsave', 'complete', 'kthread'],
    false,
  );
  made.runs(11, 'other', 1, ['waits_for_card', 'kthread']);
  const [finding, ...more] = cpuSilent.check(death(made, 'soft lockup', LOCKUP));
  assert.deepEqual(more, []);
  assert.match(finding?.title.en ?? '', /^Spin with interrupts off of CPU 0 in complete/);
  assert.equal(finding?.explains?.[0], 'cpu.soft-lockup');
  const itself = LOCKUP.replace('CPU#1', 'CPU#0');
  assert.deepEqual([...cpuSilent.check(death(made, 'soft lockup', itself))], []);
});
