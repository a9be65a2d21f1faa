import assert from 'node:assert/strict';
import { test } from 'node:test';
import { KernelMemory } from '../../test/build/kernel-memory.ts';
import { WaitWriter } from '../../test/build/wait-writer.ts';
import { pendingCall } from './cpu-call.ts';
import { waitGraph } from './wait-graph.ts';
import { workerPools } from './workqueue.ts';

/** A kernel with one pool of one worker. */
function poolOf(made: WaitWriter) {
  const { memory } = made;
  memory.type('worker_pool', 128, { cpu: [0, 4], id: [4, 4], watchdog_ts: 8, worklist: 16, workers: 32 });
  memory.type('worker', 128, {
    ...{ current_work: 0, current_func: 8, current_pwq: 16, scheduled: 24, task: 40, node: 48 },
  });
  memory.type('work_struct', 32, { data: 0, entry: 8, func: 24 });
  memory.type('pool_workqueue', 64, { wq: 8 });
  memory.type('wq_barrier', 72, { work: 0, done: 32 });
  memory.type('completion', 32, { done: [0, 4], wait: 8 });
  memory.type('swait_queue_head', 24, { task_list: 8 });
  memory.type('swait_queue', 24, { task: 0, task_list: 8 });
  const pool = memory.alloc(128);
  memory.u32(pool + 4n, 3);
  memory.u64(pool + 8n, 77n);
  memory.circle(pool + 16n);
  const worker = memory.alloc(128);
  const work = memory.alloc(32);
  const pwq = memory.alloc(64);
  memory.u64(pwq + 8n, 0xffff888000001000n);
  memory.u64(worker, work);
  memory.u64(worker + 8n, made.at('do_the_work') - 16n);
  memory.u64(worker + 16n, pwq);
  memory.circle(worker + 24n);
  memory.circle(pool + 32n, worker + 48n);
  const idr = memory.symbol('worker_pool_idr', memory.alloc(32));
  memory.u64(idr + 8n, pool);
  return { pool, worker, work };
}

test('pools with their workers and the works that wait', () => {
  const made = new WaitWriter();
  const { pool, worker, work } = poolOf(made);
  const waiting = made.memory.alloc(32);
  made.memory.circle(pool + 16n, waiting + 8n);
  const { pools, problems } = workerPools(made.program());
  assert.deepEqual(problems, []);
  const [one, ...more] = pools;
  assert.equal(more.length, 0);
  assert.deepEqual([one?.id, one?.cpu, one?.progress, one?.pending], [3, 0, 77n, [waiting]]);
  assert.deepEqual(
    one?.workers.map((w) => [w.address, w.work, w.function]),
    [[worker, work, 'do_the_work']],
  );
});

test('flush_work waits for the worker whose works its barrier is queued behind', () => {
  const made = new WaitWriter();
  const { memory } = made;
  const { worker, work } = poolOf(made);
  const runs = made.waits(10, 'kworker/0:1', ['__schedule', 'schedule', 'msleep', 'do_the_work'], 1);
  const flusher = made.waits(11, 'flusher', ['__schedule', 'schedule', '__wait_for_common', '__flush_work']);
  memory.u64(worker + 40n, runs.task);
  const barrier = flusher.locals + 512n;
  memory.u64(barrier + 24n, memory.symbol('wq_barrier_func', memory.alloc(8), 8));
  memory.circle(worker + 24n, barrier + 8n);
  memory.u64(flusher.locals, flusher.task);
  memory.circle(barrier + 32n + 16n, flusher.locals + 8n);
  const [wait] = waitGraph(made.program()).waits.filter((w) => w.task.pid === 11);
  assert.deepEqual(
    [wait?.resource?.kind, wait?.resource?.address, wait?.resource?.state],
    ['work', work, 'do_the_work'],
  );
  assert.deepEqual(
    wait?.resource?.holders.map((h) => [h.task, h.how]),
    [[runs.task, 'worker']],
  );
});

test('flush_workqueue: the queue is found by its workers where the list of all queues has no symbol', () => {
  const made = new WaitWriter();
  const { memory } = made;
  const { worker } = poolOf(made);
  memory.type('wq_flusher', 56, { list: 0, flush_color: [16, 4], done: 24 });
  memory.type('workqueue_struct', 256, { list: 16, first_flusher: 56, name: [176, 24] });
  const runs = made.waits(10, 'kworker/u4:1', ['__schedule', 'schedule', '__wait_for_common', '__flush_workqueue']);
  memory.u64(worker + 40n, runs.task);
  const queue = memory.alloc(256);
  const pwq = memory.alloc(64);
  memory.u64(pwq + 8n, queue);
  memory.u64(worker + 16n, pwq);
  const flusher = runs.locals + 512n;
  memory.u64(queue + 56n, flusher);
  memory.u64(runs.locals, runs.task);
  memory.circle(flusher + 24n + 16n, runs.locals + 8n);
  const [wait] = waitGraph(made.program()).waits.filter((w) => w.task.pid === 10);
  assert.deepEqual([wait?.resource?.type, wait?.resource?.address], ['workqueue_struct', queue]);
  assert.deepEqual(
    wait?.resource?.holders.map((h) => h.task),
    [runs.task],
    'it waits for its own work',
  );
  memory.u64(queue + 56n, 0n);
  const [other] = waitGraph(made.program()).waits.filter((w) => w.task.pid === 10);
  assert.notEqual(other?.resource?.type, 'workqueue_struct');
});

test('damage: a list of workers that leads nowhere keeps the pool', () => {
  const made = new WaitWriter();
  const { pool } = poolOf(made);
  made.memory.u64(pool + 32n, 0x6b6b6b6b6b6b6b6bn);
  const { pools, problems } = workerPools(made.program());
  assert.equal(pools.length, 1);
  assert.match(problems[0]?.why ?? '', /0x6b6b6b6b6b6b6b6b/);
});

test('which CPUs have not answered a call', () => {
  const memory = new KernelMemory();
  const areas = memory.cpus(3);
  memory.type('call_function_data', 24, { csd: 0 });
  memory.type('__call_single_data', 32, { 'node.u_flags': [8, 4], 'node.dst': [14, 2] });
  memory.symbol('cfd_data', 0x100n);
  memory.symbol('csd_data', 0x200n);
  memory.u64((areas[0] as bigint) + 0x100n, 0x300n); // per-CPU, as an offset
  memory.u32((areas[2] as bigint) + 0x308n, 1);
  assert.deepEqual(pendingCall(memory.program(), 0)?.cpus, [2]);
  memory.u32((areas[2] as bigint) + 0x308n, 0);
  assert.equal(pendingCall(memory.program(), 0), undefined);
  memory.u32((areas[0] as bigint) + 0x208n, 1);
  memory.u16((areas[0] as bigint) + 0x20en, 1);
  assert.deepEqual(pendingCall(memory.program(), 0)?.cpus, [1]);
});

test('flush_work waits for a work that none has taken: the one before its barrier, and who was woken for it', () => {
  const made = new WaitWriter();
  const { memory } = made;
  const { pool, worker } = poolOf(made);
  const woken = made.waits(10, 'kworker/0:1', ['__schedule', 'schedule', 'worker_thread', 'kthread'], 0);
  const flusher = made.waits(11, 'flusher', ['__schedule', 'schedule', '__wait_for_common', 'flush_work']);
  memory.u64(worker, 0n);
  memory.u64(worker + 8n, 0n);
  memory.u64(worker + 40n, woken.task);
  const barrier = flusher.locals + 512n;
  memory.u64(barrier + 24n, memory.symbol('wq_barrier_func', memory.alloc(8), 8));
  const first = memory.alloc(32);
  const wanted = memory.alloc(32);
  memory.circle(pool + 16n, first + 8n, wanted + 8n, barrier + 8n);
  memory.u64(flusher.locals, flusher.task);
  memory.circle(barrier + 32n + 16n, flusher.locals + 8n);
  const [wait] = waitGraph(made.program()).waits.filter((w) => w.task.pid === 11);
  assert.deepEqual([wait?.resource?.type, wait?.resource?.address], ['work_struct', wanted]);
  assert.deepEqual(
    wait?.resource?.holders.map((h) => h.task),
    [woken.task],
  );
});

test('who waits is the function of the work, where that left the stack by a jump', () => {
  const made = new WaitWriter();
  const { memory } = made;
  const { worker } = poolOf(made);
  const runs = made.waits(10, 'kworker/0:1', ['__schedule', 'schedule', '__mutex_lock', 'process_one_work', 'kthread']);
  memory.u64(worker + 40n, runs.task);
  const [wait] = waitGraph(made.program()).waits;
  assert.deepEqual(wait?.caller, { function: 'do_the_work', started: worker + 8n });
});
