import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type WaitingTask, WaitWriter } from '../../test/build/wait-writer.ts';
import type { Case } from '../diagnosis/case.ts';
import type { Rule } from '../diagnosis/rule.ts';
import { waitHang } from './wait-hang.ts';
import { waitOwnerGone } from './wait-owner-gone.ts';

const MUTEX = ['__schedule', 'schedule', '__mutex_lock', 'opens_valve'];
const ZOMBIE = 0x20;

/** A task that has waited for 90 s for the mutex of another that sleeps. */
function waiting(): { made: WaitWriter; owner: WaitingTask; waiter: WaitingTask; lock: bigint } {
  const made = new WaitWriter();
  made.mutexTypes(false);
  const owner = made.waits(10, 'owner', ['__schedule', 'schedule', 'msleep', 'slow_work'], 1);
  const waiter = made.waits(11, 'waiter', MUTEX);
  const lock = made.memory.alloc(64);
  made.memory.u64(lock, owner.task | 1n);
  made.memory.circle(lock + 16n, made.waiter(waiter));
  made.add('rq', { clock: 64 });
  made.add('task_struct', { 'sched_info.last_arrival': 280, 'se.exec_start': 288, start_time: 296, utime: 304 });
  made.add('task_struct', { stime: 312 });
  made.memory.u64((made.tasks.runqueues[0] as bigint) + 64n, 100_000_000_000n);
  for (const { task } of [owner, waiter]) {
    made.memory.u64(task + 280n, 9_000_000_000n);
    made.memory.u64(task + 288n, 10_000_000_000n);
  }
  return { made, owner, waiter, lock };
}

/** A clock that stands at so many seconds. */
function clock({ memory }: WaitWriter, seconds: bigint): void {
  memory.type('timekeeper', 64, {
    ...{ 'tkr_mono.shift': [0, 4], 'tkr_mono.xtime_nsec': 8, xtime_sec: 16, offs_real: 24, offs_boot: 32 },
  });
  const at = memory.symbol('shadow_timekeeper', memory.alloc(64));
  memory.u64(at + 16n, seconds);
}

function death(made: WaitWriter, ...lines: string[]): Case {
  return {
    prog: made.program(),
    panic: { how: 'test' },
    log: lines.map((text, i) => ({ text, level: 0, timestampNs: BigInt(i), facility: 0 })),
    fatal: { index: 0, kind: 'hung task' },
    fatalLines: lines,
  } as unknown as Case;
}

function found(rule: Rule, of: Case): string[] {
  return [...rule.check(of)].map((f) => `${f.title.en}\n${f.sentence.en}`);
}

test('a lock whose owner lives is no lost one', () => {
  const { made } = waiting();
  clock(made, 100n);
  const of = death(made);
  assert.deepEqual(found(waitOwnerGone, of), []);
  assert.match(found(waitHang, of)[0] ?? '', /held by PID 10 "owner"/);
});

test('the owner has ended', () => {
  const { made, owner } = waiting();
  made.memory.u32(owner.task + 4n, ZOMBIE);
  const of = death(made);
  assert.match(found(waitOwnerGone, of)[0] ?? '', /1 task waits, .*90 s in opens_valve.*that task has ended/s);
  assert.deepEqual(found(waitHang, of), []);
});

test('the task at the address of the owner is younger than the wait', () => {
  const { made, owner } = waiting();
  clock(made, 100n);
  made.memory.u64(owner.task + 296n, 40_000_000_000n);
  const of = death(made);
  assert.match(found(waitOwnerGone, of)[0] ?? '', /PID 10 "owner", is younger than the wait/);
  assert.deepEqual(found(waitHang, of), []);
});

test('an oops that killed a task before is told with it', () => {
  const { made, owner } = waiting();
  made.memory.u32(owner.task + 4n, ZOMBIE);
  const oops = [
    'BUG: kernel NULL pointer dereference, address: 0000000000000018',
    'Oops: 0000 [#1] PREEMPT SMP NOPTI',
    'CPU: 1 PID: 10 Comm: owner Not tainted 6.1.0 #1',
    'RIP: 0010:turns_wheel+0x9/0x20 [valves]',
    'Call Trace:',
    ' <TASK>',
    ' moves_valve+0x1d/0x30 [valves]',
    ' kthread+0xda/0x100',
    ' </TASK>',
    '---[ end trace 0000000000000000 ]---',
  ];
  const [finding] = [...waitOwnerGone.check(death(made, ...oops))];
  assert.match(finding?.title.en ?? '', /killed by an oops in turns_wheel/);
  assert.equal(finding?.subject?.function, 'turns_wheel');
  assert.equal(finding?.subject?.module, 'valves');
  assert.equal(finding?.evidence[0]?.value, oops[0]);
});
