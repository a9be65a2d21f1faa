import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type WaitingTask, WaitWriter } from '../../test/build/wait-writer.ts';
import { type WaitGraph, waitGraph } from './wait-graph.ts';

const MUTEX = ['__schedule', 'schedule', '__mutex_lock.constprop.0', 'takes_both', 'kthread'];

/** A mutex with its owner and those who wait for it. */
function mutex(made: WaitWriter, owner: bigint, newest: boolean, ...waiting: WaitingTask[]): bigint {
  const { memory } = made;
  const at = memory.alloc(64);
  memory.u64(at, owner | (waiting.length > 0 ? 1n : 0n));
  const waiters = waiting.map((w) => made.waiter(w));
  if (newest) {
    memory.circle(...waiters);
    memory.u64(at + 16n, waiters[0] ?? 0n);
  } else memory.circle(at + 16n, ...waiters);
  return at;
}

const pids = (graph: WaitGraph) => graph.cycles.map((c) => c.waits.map((w) => w.task.pid));

for (const newest of [false, true]) {
  test(`two tasks and two mutexes, ${newest ? 'which point at their first waiter' : 'which head their lists'}`, () => {
    const made = new WaitWriter();
    made.mutexTypes(newest);
    const one = made.waits(10, 'one', MUTEX);
    const two = made.waits(11, 'two', MUTEX);
    const third = made.waits(12, 'third', MUTEX);
    const a = mutex(made, one.task, newest, two, third);
    const b = mutex(made, two.task, newest, one);
    if (newest) {
      made.memory.u64(one.task + 248n, b); // blocked_on
      for (const w of [two, third]) made.memory.u64(w.locals + 64n, a); // a register that a function saved
    }
    const graph = waitGraph(made.program());
    assert.deepEqual(pids(graph), [[10, 11]]);
    const [cycle] = graph.cycles;
    assert.equal(cycle?.sure, true);
    assert.deepEqual(
      cycle?.waits.map((w) => [w.resource?.address, w.resource?.kind, w.found]),
      [
        [b, 'mutex', newest ? 'field' : 'waiter'],
        [a, 'mutex', 'waiter'],
      ],
    );
    assert.deepEqual(
      cycle?.behind.map((t) => t.pid),
      [12],
    );
    assert.equal(graph.waits[0]?.caller?.function, 'takes_both');
    assert.deepEqual(graph.problems, []);
  });
}

test('a task that waits for its own mutex', () => {
  const made = new WaitWriter();
  made.mutexTypes(false);
  const one = made.waits(10, 'one', MUTEX);
  mutex(made, one.task, false, one);
  assert.deepEqual(pids(waitGraph(made.program())), [[10]]);
});

test('a chain ends at the task that waits for nobody', () => {
  const made = new WaitWriter();
  made.mutexTypes(false);
  const root = made.waits(10, 'root', ['__schedule', 'schedule', 'msleep', 'work'], 1);
  const middle = made.waits(11, 'middle', MUTEX);
  const last = made.waits(12, 'last', MUTEX);
  mutex(made, root.task, false, middle);
  mutex(made, middle.task, false, last);
  const graph = waitGraph(made.program());
  assert.deepEqual(graph.cycles, []);
  const [found, ...more] = graph.roots;
  assert.equal(more.length, 0);
  assert.equal(found?.task.pid, 10);
  assert.deepEqual(
    found?.waiting.map((t) => t.pid),
    [11, 12],
  );
});

test('what an earlier call left on a stack is no waiter', () => {
  const made = new WaitWriter();
  made.mutexTypes(false);
  const one = made.waits(10, 'one', MUTEX);
  const at = mutex(made, one.task, false);
  made.memory.u64(made.waiter(one), at + 16n); // points at the list, but the list does not lead back
  made.memory.u64(one.locals + 8n, at + 16n);
  const graph = waitGraph(made.program());
  assert.equal(graph.waits.length, 1);
  assert.equal(graph.waits[0]?.resource, undefined);
});

test('damage: an owner that is no task, a list that runs into itself, a waiter that is gone', () => {
  const made = new WaitWriter();
  made.mutexTypes(false);
  const [one, two, three] = [10, 11, 12].map((pid) => made.waits(pid, `t${pid}`, MUTEX)) as [
    WaitingTask,
    WaitingTask,
    WaitingTask,
  ];
  const garbage = mutex(made, 0x6b6b6b6b6b6b6b68n, false, one);
  const loop = mutex(made, one.task, false, two, three);
  made.memory.u64(made.waiter(three), made.waiter(two)); // next leads back into the list
  const graph = waitGraph(made.program());
  assert.deepEqual(graph.cycles, []);
  const found = graph.waits.find((w) => w.task.pid === 10);
  assert.equal(found?.resource?.address, garbage);
  assert.deepEqual(found?.resource?.holders, []);
  assert.ok(graph.waits.some((w) => w.task.pid === 12));
  assert.ok(loop > 0n);
});

test('a writer waits for the only reader, a reader for the writer', () => {
  for (const readerOwned of [true, false]) {
    const made = new WaitWriter();
    const { memory } = made;
    memory.type('rwsem_waiter', 48, { list: 0, task: 16 });
    memory.type('rw_semaphore', 40, { count: 0, owner: 8, wait_list: 24 });
    const holder = made.waits(10, 'holder', ['__schedule', 'schedule', 'msleep'], 1);
    const name = readerOwned ? 'rwsem_down_write_slowpath' : 'rwsem_down_read_slowpath';
    const waiting = made.waits(11, 'waiting', ['__schedule', 'schedule', name, 'ext4_write']);
    const at = memory.alloc(64);
    memory.u64(at, readerOwned ? 0x102n : 0x3n); // one reader, or a writer, and waiters
    memory.u64(at + 8n, holder.task | (readerOwned ? 1n : 0n));
    memory.circle(at + 24n, made.waiter(waiting));
    const graph = waitGraph(made.program());
    const [wait] = graph.waits.filter((w) => w.task.pid === 11);
    assert.equal(wait?.resource?.address, at);
    assert.deepEqual(
      wait?.resource?.holders.map((h) => [h.task, h.how, h.sure, h.mode]),
      [[holder.task, readerOwned ? 'reader' : 'owner', true, readerOwned ? 'read' : 'write']],
    );
    assert.equal(wait?.site.mode, readerOwned ? 'write' : 'read');
    assert.equal(graph.roots[0]?.task.pid, 10);
  }
});

test('the one reader that is left need not be the one that came last', () => {
  const made = new WaitWriter();
  const { memory } = made;
  memory.type('rwsem_waiter', 48, { list: 0, task: 16 });
  memory.type('rw_semaphore', 40, { count: 0, owner: 8, wait_list: 24 });
  const last = made.waits(10, 'last', ['__schedule', 'schedule', 'msleep'], 1);
  const stays = made.waits(11, 'stays', ['__schedule', 'schedule', 'io_schedule']);
  const waiting = made.waits(12, 'waiting', ['__schedule', 'schedule', 'rwsem_down_write_slowpath']);
  const at = memory.alloc(64);
  memory.u64(at, 0x102n);
  memory.u64(at + 8n, last.task | 1n);
  memory.u64(stays.locals + 128n, at);
  memory.circle(at + 24n, made.waiter(waiting));
  const wait = waitGraph(made.program()).waits.find((w) => w.task.pid === 12);
  assert.deepEqual(
    wait?.resource?.holders.map((h) => [h.task, h.how, h.sure]),
    [
      [last.task, 'reader', false],
      [stays.task, 'on-stack', false],
    ],
  );
});

test('a reader that has left its name behind holds nothing', () => {
  const made = new WaitWriter();
  const { memory } = made;
  memory.type('rwsem_waiter', 48, { list: 0, task: 16 });
  memory.type('rw_semaphore', 40, { count: 0, owner: 8, wait_list: 24 });
  const gone = made.waits(10, 'gone', ['__schedule', 'schedule', 'msleep'], 1);
  const waiting = made.waits(11, 'waiting', ['__schedule', 'schedule', 'rwsem_down_write_slowpath']);
  const at = memory.alloc(64);
  memory.u64(at, 0x2n);
  memory.u64(at + 8n, gone.task | 1n);
  memory.circle(at + 24n, made.waiter(waiting));
  const [wait] = waitGraph(made.program()).waits;
  assert.equal(wait?.resource?.address, at);
  assert.deepEqual(wait?.resource?.holders, []);
});

test('a semaphore names nobody: who has its address on the stack is inferred', () => {
  const made = new WaitWriter();
  const { memory } = made;
  memory.type('semaphore_waiter', 32, { list: 0, task: 16 });
  memory.type('semaphore', 24, { count: [4, 4], wait_list: 8 });
  const holder = made.waits(10, 'holder', ['__schedule', 'schedule', 'io_wait', 'user_of_it']);
  const waiting = made.waits(11, 'waiting', ['__schedule', 'schedule', '__down_common', 'down']);
  const at = memory.alloc(64);
  memory.circle(at + 8n, made.waiter(waiting));
  memory.u64(holder.locals + 128n, at);
  const graph = waitGraph(made.program());
  const [wait] = graph.waits.filter((w) => w.task.pid === 11);
  assert.equal(wait?.resource?.kind, 'semaphore');
  assert.deepEqual(
    wait?.resource?.holders.map((h) => [h.task, h.how, h.sure]),
    [[holder.task, 'on-stack', false]],
  );
  assert.equal(graph.roots[0]?.sure, false);
});

function rtMutexTypes({ memory }: WaitWriter): void {
  memory.type('rt_mutex_waiter', 112, { 'tree.entry': 0, task: 64, lock: 72 });
  memory.type('rt_mutex_base', 32, { waiters: 8, owner: 24 });
  memory.type('rb_node', 24, { __rb_parent_color: 0, rb_right: 8, rb_left: 16 });
}

for (const { writer, readers } of [
  { writer: 'waits for the readers', readers: 2 },
  { writer: 'has it', readers: 1 << 30 },
]) {
  test(`a rwsem made of an rt-mutex: its writer ${writer}`, () => {
    const made = new WaitWriter();
    const { memory } = made;
    rtMutexTypes(made);
    memory.type('rw_semaphore', 40, { 'rwbase.readers': 0, 'rwbase.rtmutex': 8 });
    const pending = readers < 1 << 30;
    const writes = made.waits(10, 'writes', ['__schedule', pending ? 'rwbase_write_lock' : 'msleep', 'driver'], 2);
    const frames = [
      '__schedule',
      'rt_mutex_schedule',
      '__rt_mutex_slowlock_locked.constprop.0',
      '__rwbase_read_lock',
      'driver',
    ];
    const reads = made.waits(11, 'reads', frames);
    const lock = memory.alloc(64);
    memory.u32(lock, readers);
    memory.u64(lock + 16n, reads.locals);
    memory.u64(lock + 32n, writes.task | 1n);
    memory.u64(reads.locals + 64n, reads.task);
    memory.u64(reads.locals + 72n, lock + 8n);
    memory.u64(reads.task + 256n, reads.locals);
    memory.u64(writes.locals + 8n, lock);
    const { waits, roots } = waitGraph(made.program());
    const of = (pid: number) => waits.find((w) => w.task.pid === pid)?.resource;
    assert.deepEqual([of(11)?.address, of(11)?.kind, of(11)?.type], [lock, 'rwsem', 'rw_semaphore']);
    assert.equal(waits.find((w) => w.task.pid === 11)?.site.mode, 'read');
    if (pending) {
      assert.equal(of(10), of(11), 'the writer waits for the same lock');
      assert.deepEqual(of(11)?.holders, [], 'the kernel names no reader');
      assert.match(of(11)?.state ?? '', /^readers=2 /);
      assert.deepEqual(
        of(11)?.waiting.map((t) => t.pid),
        [10, 11],
      );
      assert.deepEqual(roots, []);
    } else {
      assert.equal(of(10), undefined);
      assert.deepEqual(of(11)?.holders, [{ task: writes.task, how: 'owner', sure: true, mode: 'write' }]);
      assert.deepEqual(
        roots.map((r) => r.task.pid),
        [10],
      );
    }
  });
}

test('an rt-mutex is found by the task, and its owner by the lock', () => {
  const made = new WaitWriter();
  const { memory } = made;
  rtMutexTypes(made);
  const holder = made.waits(10, 'holder', ['__schedule', 'schedule', 'msleep'], 1);
  const waiting = made.waits(11, 'waiting', ['__schedule', 'schedule', 'rt_mutex_slowlock.constprop.0', 'driver']);
  const lock = memory.alloc(64);
  memory.u64(lock + 8n, waiting.locals);
  memory.u64(lock + 24n, holder.task | 1n);
  memory.u64(waiting.locals + 64n, waiting.task);
  memory.u64(waiting.locals + 72n, lock);
  memory.u64(waiting.task + 256n, waiting.locals);
  const [wait] = waitGraph(made.program()).waits.filter((w) => w.task.pid === 11);
  assert.deepEqual([wait?.resource?.address, wait?.resource?.kind, wait?.found], [lock, 'rt-mutex', 'field']);
  assert.deepEqual(
    wait?.resource?.holders.map((h) => h.task),
    [holder.task],
  );
});
