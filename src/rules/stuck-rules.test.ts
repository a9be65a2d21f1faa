import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type WaitingTask, WaitWriter } from '../../test/build/wait-writer.ts';
import type { Case } from '../diagnosis/case.ts';
import type { Rule } from '../diagnosis/rule.ts';
import { waitGraph } from '../kernel/wait-graph.ts';
import type { Finding } from '../report/finding.ts';
import { cpuHardLockup } from './cpu-hard-lockup.ts';
import { cpuSoftLockup } from './cpu-soft-lockup.ts';
import { rcuStall } from './rcu-stall.ts';
import { workStall } from './work-stall.ts';

function death(made: WaitWriter, kind: string, ...lines: string[]): Case {
  return {
    prog: made.program(),
    panic: { how: 'test', cpu: 0, message: lines.at(-1) ?? '' },
    log: lines.map((text, i) => ({ text, level: 0, timestampNs: BigInt(i), facility: 0 })),
    fatal: { index: 0, kind },
    fatalLines: lines,
  } as unknown as Case;
}

function check(rule: Rule, of: Case): Finding[] {
  return [...rule.check(of)];
}

/** CPU 0 queues for a spinlock, and CPU 1 runs somebody that has the lock's address. */
function spinning(): { made: WaitWriter; lock: bigint; spinner: WaitingTask; holder: WaitingTask } {
  const made = new WaitWriter();
  const { memory } = made;
  memory.type('mcs_spinlock', 16, { next: 0, locked: [8, 4], count: [12, 4] });
  memory.type('qnode', 32, { mcs: 0 });
  memory.symbol('qnodes', 0x900n);
  const spinner = made.runs(
    10,
    'spinner',
    0,
    ['native_queued_spin_lock_slowpath', '_raw_spin_lock', 'poll_device'],
    false,
  );
  const holder = made.runs(11, 'holder', 1, ['slow_device', 'scan_bus']);
  const lock = memory.symbol('bus_lock', memory.alloc(8), 4);
  memory.u32(lock, (1 << 18) | 1);
  const area = (made.tasks.runqueues[0] as bigint) - 0x100n;
  memory.u32(area + 0x90cn, 1); // one node in use: that of CPU 0 is the tail
  memory.u64(spinner.locals, lock);
  memory.u64(holder.locals + 256n, lock);
  return { made, lock, spinner, holder };
}

test('a CPU that queues for a spinlock, and who seems to have it', () => {
  const { made, lock, holder } = spinning();
  const graph = waitGraph(made.program());
  const [wait, ...more] = graph.waits;
  assert.equal(more.length, 0);
  assert.deepEqual([wait?.resource?.kind, wait?.resource?.address, wait?.found], ['spinlock', lock, 'waiter']);
  assert.deepEqual(
    wait?.resource?.holders.map((h) => [h.task, h.how, h.sure]),
    [[holder.task, 'on-stack', false]],
  );
  assert.equal(wait?.caller?.function, 'poll_device');
});

test('a spinlock that is free, or garbage, is not what a CPU spins on', () => {
  for (const value of [0, 0x6b6b6b6b, 1]) {
    const { made, lock } = spinning();
    made.memory.u32(lock, value);
    assert.deepEqual(waitGraph(made.program()).waits, []);
  }
});

test('a hard lockup: who holds the CPU, with interrupts off, spinning on what', () => {
  const line = 'watchdog: Watchdog detected hard LOCKUP on cpu 0';
  const { made } = spinning();
  const [finding] = check(cpuHardLockup, death(made, 'hard lockup', line, 'Kernel panic - not syncing: Hard LOCKUP'));
  assert.match(
    finding?.sentence.en ?? '',
    /CPU 0 was held by PID 10 "spinner" in .*, interrupts off; it spins on spinlock bus_lock/,
  );
  assert.equal(finding?.evidence[0]?.value, line);
});

test('a soft lockup names the CPU, the task and how long; another death is none', () => {
  const made = new WaitWriter();
  made.runs(12, 'busy', 1, ['endless_loop', 'ioctl']);
  const line = 'watchdog: BUG: soft lockup - CPU#1 stuck for 22s! [busy:12]';
  const of = death(made, 'soft lockup', line, 'Kernel panic - not syncing: softlockup: hung tasks');
  const [finding] = check(cpuSoftLockup, of);
  assert.match(
    finding?.sentence.en ?? '',
    /CPU 1 was held for 22 s by PID 12 "busy" in endless_loop, interrupts on\.$/,
  );
  assert.equal(finding?.subject?.function, 'endless_loop');
  assert.deepEqual(check(cpuSoftLockup, death(made, 'hung task', line)), []);
});

test('what does not end in an interrupt is not the task that was interrupted', () => {
  const made = new WaitWriter();
  const entry = ['hrtimer_interrupt', 'asm_sysvec_apic_timer_interrupt', '!idle_loop', 'do_idle'];
  made.runs(12, 'idle', 1, ['endless_loop', 'my_timer', ...entry], false);
  const line = 'Watchdog detected hard LOCKUP on cpu 1';
  const [finding] = check(cpuHardLockup, death(made, 'hard lockup', line, 'Kernel panic - not syncing: Hard LOCKUP'));
  assert.match(
    finding?.sentence.en ?? '',
    /held in endless_loop, in an interrupt that came while PID 12 "idle" ran, interrupts off\.$/,
  );
  const softirq = new WaitWriter();
  softirq.runs(12, 'idle', 1, ['endless_loop', 'run_timer_softirq', '__do_softirq', ...entry], false);
  const [other] = check(cpuHardLockup, death(softirq, 'hard lockup', line, 'Kernel panic - not syncing: Hard LOCKUP'));
  assert.match(
    other?.sentence.en ?? '',
    /held in endless_loop, in a softirq that came while PID 12 "idle" ran, interrupts off\.$/,
  );
});

test('a lockup of a CPU of which nothing can be read is told by the log alone', () => {
  const line = 'watchdog: BUG: soft lockup - CPU#7 stuck for 22s! [busy:12]';
  const [finding] = check(cpuSoftLockup, death(new WaitWriter(), 'soft lockup', line));
  assert.equal(finding?.confidence, 'likely');
  assert.deepEqual(
    finding?.evidence.map((e) => e.value),
    [line],
  );
});

test('a kernel without RCU or works that can be read has neither stall', () => {
  const made = new WaitWriter();
  assert.deepEqual(check(rcuStall, death(made, 'hung task')), []);
  assert.deepEqual(check(workStall, death(made, 'hung task')), []);
});
