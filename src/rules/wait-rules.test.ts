import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type WaitingTask, WaitWriter } from '../../test/build/wait-writer.ts';
import type { Case } from '../diagnosis/case.ts';
import type { Rule } from '../diagnosis/rule.ts';
import { waitGraph } from '../kernel/wait-graph.ts';
import type { Finding } from '../report/finding.ts';
import { cpuStarved } from './cpu-starved.ts';
import { panicAsked } from './panic-asked.ts';
import { panicNmi } from './panic-nmi.ts';
import { panicPolicy } from './panic-policy.ts';
import { waitDeadlock } from './wait-deadlock.ts';
import { waitHang } from './wait-hang.ts';
import { waitHungTask } from './wait-hung-task.ts';
import { waitSelfDeadlock } from './wait-self-deadlock.ts';

const MUTEX = ['__schedule', 'schedule', '__mutex_lock', 'takes_both'];

function mutex(made: WaitWriter, owner: bigint, ...waiting: WaitingTask[]): bigint {
  const at = made.memory.alloc(64);
  made.memory.u64(at, owner | 1n);
  made.memory.circle(at + 16n, ...waiting.map((w) => made.waiter(w)));
  return at;
}

/** A death with these lines in its log. */
function death(made: WaitWriter, kind: string | undefined, ...lines: string[]): Case {
  const log = lines.map((text, i) => ({ text, level: 0, timestampNs: BigInt(i), facility: 0 }));
  return {
    prog: made.program(),
    panic: { how: 'test', message: lines.at(-1) ?? '' },
    log,
    fatal: kind === undefined ? undefined : { index: 0, kind },
    fatalLines: lines,
    modules: { modules: [], problems: [] },
  } as unknown as Case;
}

function check(rule: Rule, of: Case): Finding[] {
  return [...rule.check(of)];
}

/** When the clock stands at 100 s, a task that went to sleep at 10 s. */
function clock(made: WaitWriter, ...sleeping: WaitingTask[]): void {
  made.add('rq', { clock: 64 });
  made.add('task_struct', { 'sched_info.last_arrival': 280, 'se.exec_start': 288 });
  made.memory.u64((made.tasks.runqueues[0] as bigint) + 64n, 100_000_000_000n);
  for (const { task } of sleeping) {
    made.memory.u64(task + 280n, 9_000_000_000n);
    made.memory.u64(task + 288n, 10_000_000_000n);
  }
}

function circle(): { made: WaitWriter; locks: bigint[] } {
  const made = new WaitWriter();
  made.mutexTypes(false);
  const one = made.waits(10, 'one', MUTEX);
  const two = made.waits(11, 'two', MUTEX);
  return { made, locks: [mutex(made, two.task, one), mutex(made, one.task, two)] };
}

test('a deadlock on a kernel with lockdep: where each took what the other wants, and what lockdep said', () => {
  const { made, locks } = circle();
  const { memory } = made;
  memory.type('mutex', 64, { owner: 0, wait_list: 16, dep_map: 40 });
  memory.type('held_lock', 40, { acquire_ip: 8, instance: 16 });
  made.add('task_struct', { lockdep_depth: [600, 4], held_locks: [608, 120] });
  const graph = waitGraph(death(made, undefined).prog);
  for (const { task } of graph.waits) {
    const own = task.pid === 10 ? locks[1] : locks[0];
    memory.u32(task.address + 600n, 1);
    memory.u64(task.address + 616n, made.at(task.pid === 10 ? 'takes_first' : 'takes_second'));
    memory.u64(task.address + 624n, (own ?? 0n) + 40n);
  }
  const report = ['WARNING: possible circular locking dependency detected', '6.1.0 #1 Not tainted', '------'];
  const wanted = 'ffff888000001000 (b){+.+.}-{3:3}, at: takes_both+0x2/0x9';
  const said = [...report, 'two/11 is trying to acquire lock:', wanted, '', 'but task is already holding lock:'];
  const others = [...report, 'elsewhere/5 is trying to acquire lock:', wanted];
  const [found] = check(waitDeadlock, death(made, undefined, ...others, ...said));
  const told = found?.evidence.map((e) => `${e.what.en}: ${e.value}`) ?? [];
  assert.ok(told.includes('by lockdep PID 10 "one" took it in: takes_first'), told.join('\n'));
  assert.ok(told.includes('by lockdep PID 11 "two" took it in: takes_second'));
  const lines = found?.evidence.filter((e) => e.command === 'log').map((e) => e.value);
  assert.deepEqual(lines, [report[0], 'two/11 is trying to acquire lock:', wanted]);
});

test('a deadlock is the cause of a death by waiting, and only a suspect of another', () => {
  const { made, locks } = circle();
  const line = 'INFO: task one:10 blocked for more than 120 seconds.';
  const [finding, ...more] = check(waitDeadlock, death(made, 'hung task', line));
  assert.equal(more.length, 0);
  assert.deepEqual([finding?.severity, finding?.confidence], ['cause', 'certain']);
  assert.match(
    finding?.sentence.en ?? '',
    /^Deadlock: PID 10 "one" waits for mutex .* which PID 11 "two" holds; PID 11/,
  );
  assert.match(finding?.sentence.zh ?? '', /^死锁：PID 10 "one" 等待 PID 11 "two" 持有的 互斥锁/);
  assert.equal(finding?.subject?.address, `0x${locks[0]?.toString(16)}`);
  assert.ok(finding?.evidence.some((e) => e.value === line && e.command === 'log'));
  assert.ok(finding?.evidence.some((e) => e.command === `rd ${locks[1]?.toString(16)}`));
  const [other] = check(waitDeadlock, death(circle().made, 'NULL pointer dereference', 'BUG: kernel NULL'));
  assert.equal(other?.severity, 'suspect');
});

test('the tasks of a deadlock are not told again as hung', () => {
  const line = 'INFO: task one:10 blocked for more than 120 seconds.';
  assert.deepEqual(check(waitHungTask, death(circle().made, 'hung task', line)), []);
});

test('a task that waits for its own lock', () => {
  const made = new WaitWriter();
  made.mutexTypes(false);
  const one = made.waits(10, 'one', MUTEX);
  mutex(made, one.task, one);
  const of = death(made, undefined);
  assert.deepEqual(check(waitDeadlock, of), []);
  const [finding] = check(waitSelfDeadlock, of);
  assert.match(finding?.sentence.en ?? '', /PID 10 "one" waits in takes_both for mutex .*, which it holds itself/);
});

test('a long wait for a lock leads to who has it; a short one is none', () => {
  for (const long of [true, false]) {
    const made = new WaitWriter();
    made.mutexTypes(false);
    const holder = made.waits(10, 'holder', ['__schedule', 'schedule', 'msleep', 'slow_work'], 1);
    const waiting = made.waits(11, 'waiting', MUTEX);
    mutex(made, holder.task, waiting);
    clock(made, ...(long ? [waiting, holder] : []));
    if (!long) made.memory.u64(waiting.task + 288n, 99_000_000_000n);
    const found = check(waitHang, death(made, 'hung task'));
    assert.equal(found.length, long ? 1 : 0);
    if (!long) continue;
    assert.match(
      found[0]?.sentence.en ?? '',
      /1 task waits, the longest since 90 s, for mutex .*, held by PID 10 "holder"/,
    );
    assert.equal(found[0]?.severity, 'cause');
    assert.equal(found[0]?.subject?.pid, 10);
  }
});

test('who waits for a thread to end hangs behind that thread', () => {
  const made = new WaitWriter();
  const { memory } = made;
  memory.type('completion', 32, { done: [0, 4], wait: 8 });
  memory.type('swait_queue_head', 24, { task_list: 8 });
  memory.type('swait_queue', 24, { task: 0, task_list: 8 });
  memory.type('kthread', 64, { exited: 16 });
  made.add('task_struct', { worker_private: 304 });
  const thread = made.waits(10, 'pump', ['__schedule', 'schedule', 'msleep', 'pump_loop', 'kthread'], 1);
  const stops = ['__schedule', 'schedule', '__wait_for_common', 'kthread_stop', 'pump_remove'];
  const waiting = made.waits(11, 'rmmod', stops);
  const own = memory.alloc(64);
  memory.u64(thread.task + 304n, own);
  memory.u32(thread.task + 8n, 0x200000);
  memory.u64(waiting.locals, waiting.task);
  memory.circle(own + 16n + 16n, waiting.locals + 8n);
  clock(made, waiting, thread);
  const [found] = check(waitHang, death(made, 'hung task'));
  assert.match(
    found?.sentence.en ?? '',
    /^1 task waits, the longest since 90 s, for the thread PID 10 "pump" to end \(kthread_stop\), which sleeps in pump_loop/,
  );
});

test('what the hung task detector said of a task that still waits, and not of one that went on', () => {
  const made = new WaitWriter();
  made.mutexTypes(false);
  const holder = made.waits(10, 'holder', ['__schedule', 'schedule', 'msleep'], 1);
  mutex(made, holder.task, made.waits(11, 'a: b', MUTEX));
  const lines = [
    'INFO: task a: b:11 blocked for more than 120 seconds.',
    'INFO: task gone:99 blocked for more than 120 seconds.',
    'Kernel panic - not syncing: hung_task: blocked tasks',
  ];
  const found = check(waitHungTask, death(made, 'hung task', ...lines));
  assert.equal(found.length, 1);
  assert.match(
    found[0]?.sentence.en ?? '',
    /a: b \(PID 11\) was blocked for more than 120 s; it still waits in takes_both/,
  );
});

test('a crash that was asked for, by the log; not by any other panic', () => {
  const asked = death(
    new WaitWriter(),
    'crash requested through sysrq',
    'sysrq: Trigger a crash',
    'Kernel panic - not syncing: sysrq triggered crash',
  );
  const [finding] = check(panicAsked, asked);
  assert.equal(finding?.severity, 'cause');
  assert.equal(finding?.evidence[0]?.value, 'sysrq: Trigger a crash');
  assert.deepEqual(check(panicAsked, death(new WaitWriter(), 'panic', 'Kernel panic - not syncing: x')), []);
});

test('an NMI from outside, and the setting that made the kernel stop', () => {
  const made = new WaitWriter();
  made.memory.u32(made.memory.symbol('unknown_nmi_panic', made.memory.alloc(4), 4), 1);
  const lines = [
    'Uhhuh. NMI received for unknown reason 21 on CPU 0.',
    'Kernel panic - not syncing: NMI: Not continuing',
  ];
  const [finding] = check(panicNmi, death(made, 'panic', ...lines));
  assert.deepEqual(
    finding?.evidence.map((e) => e.value),
    [lines[1], lines[0], '1'],
  );
  assert.deepEqual(
    check(panicNmi, death(new WaitWriter(), 'panic', 'Kernel panic - not syncing: Fatal exception')),
    [],
  );
});

test('the policy is context: it says why the kernel stopped, not why it broke', () => {
  const made = new WaitWriter();
  made.memory.u32(made.memory.symbol('panic_on_oops', made.memory.alloc(4), 4), 1);
  const [finding] = check(panicPolicy, death(made, 'BUG assertion', 'Kernel panic - not syncing: Fatal exception'));
  assert.deepEqual([finding?.severity, finding?.confidence], ['context', 'certain']);
  assert.match(finding?.sentence.en ?? '', /kernel\.panic_on_oops is set/);
  const [unread] = check(
    panicPolicy,
    death(new WaitWriter(), 'hung task', 'Kernel panic - not syncing: hung_task: blocked tasks'),
  );
  assert.equal(unread?.confidence, 'likely');
});

test('several hung tasks are one finding', () => {
  const made = new WaitWriter();
  made.waits(10, 'first', ['__schedule', 'schedule', 'slow_read', 'vfs_read']);
  made.waits(11, 'second', ['__schedule', 'schedule', 'slow_write', 'vfs_write']);
  const lines = [10, 11, 12].map(
    (pid, i) => `INFO: task ${['first', 'second', 'gone'][i]}:${pid} blocked for more than 120 seconds.`,
  );
  const [finding, ...more] = check(waitHungTask, death(made, 'hung task', ...lines));
  assert.equal(more.length, 0);
  assert.match(
    finding?.sentence.en ?? '',
    /2 tasks were blocked for more than 120 s.*first \(PID 10\).*second \(PID 11\)/,
  );
  assert.ok(!finding?.sentence.en.includes('gone'));
  assert.equal(finding?.evidence.filter((e) => e.command === 'log').length, 2);
});

test('a real-time task keeps its CPU from one that is ready', () => {
  for (const policy of [1, 0]) {
    const made = new WaitWriter();
    const { memory } = made;
    made.add('task_struct', { policy: [296, 4], 'sched_info.last_queued': 304 });
    const hog = made.runs(10, 'hog', 1, ['polls', 'kthread']);
    const ready = made.waits(11, 'ready', ['__schedule', 'schedule', 'worker_thread'], 0);
    memory.u32(ready.task + 12n, 1);
    memory.u32(hog.task + 296n, policy);
    memory.u64(ready.task + 304n, 10_000_000_000n);
    made.add('rq', { clock: 64 });
    memory.u64((made.tasks.runqueues[1] as bigint) + 64n, 100_000_000_000n);
    const [found, ...more] = check(cpuStarved, death(made, 'hung task'));
    assert.equal(more.length, 0);
    if (policy === 0) assert.equal(found, undefined);
    else {
      assert.match(
        found?.sentence.en ?? '',
        /PID 10 "hog" \(SCHED_FIFO\) runs on CPU 1 in polls .*for 90 s: PID 11 "ready"/,
      );
    }
  }
});
