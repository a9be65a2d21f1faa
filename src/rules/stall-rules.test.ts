import assert from 'node:assert/strict';
import { test } from 'node:test';
import { WaitWriter } from '../../test/build/wait-writer.ts';
import type { Case } from '../diagnosis/case.ts';
import { hangPlaces } from '../diagnosis/hang-places.ts';
import { rcuStall } from './rcu-stall.ts';
import { workStall } from './work-stall.ts';

const HZ = 250;
/** Ticks: `jiffies` begins five minutes before it wraps. */
const NOW = 0x1_0000_0000n + 100n * BigInt(HZ);

function death(made: WaitWriter, kind: string, ...lines: string[]): Case {
  return {
    prog: made.program(),
    panic: { how: 'test', cpu: 0, message: lines.at(-1) ?? '' },
    log: lines.map((text, i) => ({ text, level: 0, timestampNs: BigInt(i), facility: 0 })),
    fatal: { index: 0, kind },
    fatalLines: lines,
  } as unknown as Case;
}

function clock(made: WaitWriter): void {
  const { memory } = made;
  memory.u64(memory.symbol('jiffies_64', memory.alloc(8)), NOW);
  memory.type('timekeeper', 128, {
    ...{ 'tkr_mono.shift': [0, 4], 'tkr_mono.xtime_nsec': 8, xtime_sec: 16, offs_real: 24, offs_boot: 32 },
  });
  const at = memory.symbol('shadow_timekeeper', memory.alloc(128));
  memory.u64(at + 16n, 1_000_400n);
  memory.u64(at + 24n, 1_000_000_000_000_000n);
}

/** A grace period that began `seconds` ago and waits for this task. */
function graceOf(made: WaitWriter, task: bigint, seconds: number): bigint {
  const { memory } = made;
  memory.type('rcu_state', 512, { node: 0, gp_seq: 400, gp_start: 408, gp_kthread: 416 });
  memory.type('rcu_node', 128, { qsmask: 0, expmask: 8, parent: 16, blkd_tasks: 24, gp_tasks: 40 });
  memory.type('rcu_data', 64, { mynode: 0, grpmask: 8 });
  made.add('task_struct', { rcu_node_entry: 320 });
  const at = memory.symbol('rcu_state', memory.alloc(512));
  memory.symbol('rcu_data', 0x800n);
  const leaf = memory.alloc(128);
  memory.circle(leaf + 24n, task + 320n);
  memory.u64(leaf + 40n, task + 320n);
  for (const area of made.tasks.runqueues) memory.u64((area as bigint) - 0x100n + 0x800n, leaf);
  memory.u64(at + 400n, 0x41n);
  memory.u64(at + 408n, NOW - BigInt(seconds * HZ));
  return leaf;
}

test('a reader that sleeps holds up RCU: who it is and where', () => {
  const made = new WaitWriter();
  clock(made);
  const reader = made.waits(10, 'reader', ['__schedule', 'schedule', 'sleeps_inside', 'kthread']);
  graceOf(made, reader.task, 6);
  const line = 'rcu: INFO: rcu_preempt detected stalls on CPUs/tasks:';
  const [finding] = rcuStall.check(death(made, 'RCU stall', line, 'Kernel panic - not syncing: RCU Stall'));
  assert.match(finding?.sentence.en ?? '', /waits for the reader PID 10 "reader", which sleeps in sleeps_inside\.$/);
  assert.deepEqual(finding?.subject, { function: 'sleeps_inside', pid: 10 });
  assert.ok(finding?.evidence.some((e) => e.value === 'sleeps_inside' && e.command === 'bt 10'));
});

test('an interrupt that does not end holds up RCU: it is named, and the task that it came to is not', () => {
  const made = new WaitWriter();
  clock(made);
  const entry = ['hrtimer_interrupt', 'asm_sysvec_apic_timer_interrupt', '!idle_loop', 'do_idle'];
  const idle = made.runs(12, 'idle', 1, ['endless_loop', 'my_timer', ...entry], false);
  const leaf = graceOf(made, idle.task, 6);
  made.memory.u64(leaf, 2n); // qsmask: CPU 1
  made.memory.u64(leaf + 40n, 0n);
  made.memory.u64((made.tasks.runqueues[1] as bigint) - 0x100n + 0x808n, 2n);
  const line = 'rcu: INFO: rcu_preempt detected stalls on CPUs/tasks:';
  const [finding] = rcuStall.check(death(made, 'RCU stall', line, 'Kernel panic - not syncing: RCU Stall'));
  assert.equal(finding?.title.en, 'RCU stall in endless_loop, in an interrupt');
  assert.match(finding?.sentence.en ?? '', /CPU 1 \(PID 12 "idle", endless_loop, in an interrupt\)\.$/);
  assert.deepEqual(finding?.subject, { function: 'endless_loop' });
});

/** A pool whose worker runs one work while another waits. */
function poolOf(made: WaitWriter, seconds: number, state: number): void {
  const { memory } = made;
  memory.type('worker_pool', 128, { cpu: [0, 4], id: [4, 4], watchdog_ts: 8, worklist: 16, workers: 32 });
  memory.type('worker', 128, {
    ...{ current_work: 0, current_func: 8, current_pwq: 16, scheduled: 24, task: 40, node: 48 },
  });
  memory.type('work_struct', 32, { data: 0, entry: 8, func: 24 });
  memory.type('pool_workqueue', 64, { wq: 8 });
  const busy = made.waits(20, 'kworker/0:1', ['__schedule', 'schedule', 'endless_work', 'process_one_work'], state);
  const pool = memory.alloc(128);
  memory.u64(pool + 8n, NOW - BigInt(seconds * HZ));
  memory.circle(pool + 16n, memory.alloc(32) + 8n);
  const worker = memory.alloc(128);
  memory.u64(worker, memory.alloc(32));
  memory.u64(worker + 8n, made.at('endless_work') - 16n);
  memory.circle(worker + 24n);
  memory.u64(worker + 40n, busy.task);
  memory.circle(pool + 32n, worker + 48n);
  const idr = memory.symbol('worker_pool_idr', memory.alloc(32));
  memory.u64(idr + 8n, pool);
}

test('works that wait behind one that does not give way', () => {
  const made = new WaitWriter();
  clock(made);
  poolOf(made, 45, 0);
  const of = death(made, 'crash requested through sysrq', 'sysrq: Trigger a crash');
  const [finding] = workStall.check(of);
  assert.equal(finding?.severity, 'cause');
  assert.equal(finding?.title.en, 'Works of CPU 0 are not executed: endless_work does not give way');
  assert.match(finding?.sentence.en ?? '', /^1 work waits on CPU 0, none was taken for 45 s; 1 worker is busy/);
  assert.equal(finding?.subject?.function, 'endless_work');
  const [other] = workStall.check(death(made, 'NULL pointer dereference', 'BUG: kernel NULL pointer dereference'));
  assert.equal(other?.severity, 'suspect');
});

test('works that wait for less than the limit of the kernel are no stall', () => {
  const made = new WaitWriter();
  clock(made);
  poolOf(made, 5, 0);
  assert.deepEqual([...workStall.check(death(made, 'hung task', 'x'))], []);
});

test('code of the kernel itself that waits is no hang of a module; a death of another kind has none', () => {
  const made = new WaitWriter();
  clock(made);
  made.waits(10, 'waits', ['__schedule', 'schedule', 'msleep', 'slow_work']);
  assert.deepEqual(hangPlaces(death(made, 'hung task', 'x')), []);
  assert.deepEqual(hangPlaces(death(made, 'NULL pointer dereference', 'x')), []);
});
