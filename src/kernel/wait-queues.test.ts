import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type WaitingTask, WaitWriter } from '../../test/build/wait-writer.ts';
import { type TaskWait, waitGraph } from './wait-graph.ts';

const COMPLETION = ['__schedule', 'schedule', '__wait_for_common', 'wait_for_completion_state', 'kernel_clone'];

/** Types of both sorts of wait queues and of completions; `simple` as since v5.7. */
function queueTypes(made: WaitWriter, simple: boolean): void {
  const { memory } = made;
  memory.type('wait_queue_head', 24, { head: 8 });
  memory.type('wait_queue_entry', 40, { flags: 0, private: 8, func: 16, entry: 24 });
  if (simple) {
    memory.type('swait_queue_head', 24, { task_list: 8 });
    memory.type('swait_queue', 24, { task: 0, task_list: 8 });
  }
  memory.type('completion', 32, { done: [0, 4], wait: 8 });
}

/** An entry of a usual wait queue on the stack of a task; returns its `list_head`. */
function entry(made: WaitWriter, of: WaitingTask, wake: string, at = of.locals): bigint {
  made.memory.u64(at + 8n, of.task);
  made.memory.u64(at + 16n, made.at(wake) - 16n);
  return at + 24n;
}

/** A completion with one waiter. */
function completion(made: WaitWriter, at: bigint, of: WaitingTask, simple: boolean): void {
  const { memory } = made;
  if (simple) memory.u64(of.locals, of.task);
  const link = simple ? of.locals + 8n : entry(made, of, 'default_wake_function');
  memory.circle(at + 16n, link);
}

function waitOf(made: WaitWriter, pid: number): TaskWait {
  const wait = waitGraph(made.program()).waits.find((w) => w.task.pid === pid);
  assert.ok(wait);
  return wait;
}

for (const simple of [true, false]) {
  test(`vfork: the parent waits for its child, ${simple ? 'by a simple' : 'by a usual'} wait queue`, () => {
    const made = new WaitWriter();
    queueTypes(made, simple);
    const parent = made.waits(10, 'parent', COMPLETION);
    const child = made.waits(11, 'child', ['__schedule', 'schedule', 'pause'], 1);
    const done = parent.locals + 512n;
    completion(made, done, parent, simple);
    made.memory.u64(child.task + 240n, done);
    const { resource, site } = waitOf(made, 10);
    assert.deepEqual([resource?.kind, resource?.address], ['completion', done]);
    assert.deepEqual(
      resource?.holders.map((h) => [h.task, h.how]),
      [[child.task, 'vfork']],
    );
    assert.equal(site.purpose, 'kernel_clone');
  });
}

test('kthread_stop waits for the thread whose structure holds the completion', () => {
  const made = new WaitWriter();
  queueTypes(made, true);
  made.memory.type('kthread', 128, { parked: 32, exited: 64 });
  made.add('task_struct', { worker_private: 264 });
  const stopper = made.waits(10, 'stopper', ['__schedule', 'schedule', '__wait_for_common', 'kthread_stop', 'exit']);
  const thread = made.waits(11, 'thread', ['__schedule', 'schedule', 'loop'], 1);
  made.memory.u32(thread.task + 8n, 0x200000); // PF_KTHREAD
  const kthread = made.memory.alloc(128);
  made.memory.u64(thread.task + 264n, kthread);
  completion(made, kthread + 64n, stopper, true);
  const { resource } = waitOf(made, 10);
  assert.deepEqual(
    resource?.holders.map((h) => [h.task, h.how]),
    [[thread.task, 'thread']],
  );
});

test('a page bit: the page and the bit stand beside the entry, whoever shares the queue', () => {
  const made = new WaitWriter();
  const { memory } = made;
  queueTypes(made, true);
  memory.type('wait_page_queue', 56, { folio: 0, bit_nr: [8, 4], wait: 16 });
  memory.type('page', 64, { flags: 0 });
  memory.enumeration('pageflags', 'PG_locked', 'PG_writeback', '__NR_PAGEFLAGS');
  const names = ['__schedule', 'schedule', 'io_schedule', 'folio_wait_bit_common', 'filemap_update_page'];
  const one = made.waits(10, 'one', names);
  const two = made.waits(11, 'two', names);
  const pages = [memory.alloc(64), memory.alloc(64)] as const;
  const head = memory.alloc(24);
  const links = [one, two].map((t, i) => {
    memory.u64(t.locals, pages[i] as bigint);
    memory.u32(t.locals + 8n, i);
    return entry(made, t, 'wake_page_function', t.locals + 16n);
  });
  memory.circle(head + 8n, ...links);
  const graph = waitGraph(made.program());
  assert.deepEqual(
    graph.waits.map((w) => [w.resource?.kind, w.resource?.address, w.resource?.state]),
    [
      ['page', pages[0], 'locked flags=0x0'],
      ['page', pages[1], 'writeback flags=0x0'],
    ],
  );
});

test('a buffer bit', () => {
  const made = new WaitWriter();
  const { memory } = made;
  queueTypes(made, true);
  memory.type('wait_bit_queue_entry', 64, { 'key.flags': 0, 'key.bit_nr': [8, 4], wq_entry: 24 });
  const one = made.waits(10, 'one', [
    '__schedule',
    'schedule',
    'bit_wait_io',
    '__wait_on_bit',
    'out_of_line_wait_on_bit',
  ]);
  const buffer = memory.alloc(64);
  memory.u64(buffer, 4n);
  memory.u64(one.locals, buffer);
  memory.u32(one.locals + 8n, 2);
  const head = memory.alloc(24);
  memory.circle(head + 8n, entry(made, one, 'wake_bit_function', one.locals + 24n));
  const { resource, found } = waitOf(made, 10);
  assert.deepEqual([resource?.kind, resource?.address, resource?.state], ['bit', buffer, 'bit 2 of 0x4']);
  assert.equal(found, 'waiter');
});

test('readers of a percpu-rwsem wait for its writer, which waits for those inside', () => {
  const made = new WaitWriter();
  const { memory } = made;
  queueTypes(made, true);
  memory.type('percpu_rw_semaphore', 96, { read_count: 0, 'writer.task': 8, waiters: 16, block: [40, 4] });
  const writer = made.waits(10, 'writer', ['__schedule', 'schedule', 'percpu_down_write', 'freeze_super']);
  const reader = made.waits(11, 'reader', [
    '__schedule',
    'schedule',
    'percpu_rwsem_wait',
    '__percpu_down_read',
    'open',
  ]);
  const sem = memory.alloc(96);
  memory.u64(sem, 0x800n); // in the area of each CPU
  memory.u64(sem + 8n, writer.task);
  memory.u32(sem + 40n, 1);
  memory.circle(sem + 24n, entry(made, reader, 'percpu_rwsem_wake_function'));
  memory.u64(writer.locals + 128n, sem);
  const graph = waitGraph(made.program());
  const [first, second] = graph.waits;
  assert.deepEqual([first?.resource?.address, first?.found, first?.site.mode], [sem, 'word', 'write']);
  assert.deepEqual([second?.resource?.address, second?.resource?.kind], [sem, 'percpu-rwsem']);
  assert.deepEqual(graph.cycles, []);
});

test('any other wait queue, and one that is broken', () => {
  const made = new WaitWriter();
  const { memory } = made;
  queueTypes(made, true);
  const one = made.waits(10, 'one', ['__schedule', 'schedule', 'jbd2_log_wait_commit', 'fsync']);
  const broken = made.waits(11, 'broken', ['__schedule', 'schedule', 'jbd2_log_wait_commit', 'fsync']);
  const head = memory.symbol('some_wait', memory.alloc(24), 24);
  memory.circle(head + 8n, entry(made, one, 'autoremove_wake_function'));
  const link = entry(made, broken, 'autoremove_wake_function');
  memory.u64(link, 0x123n);
  memory.u64(link + 8n, 0xdead000000000122n);
  const graph = waitGraph(made.program());
  assert.deepEqual(
    graph.waits.map((w) => [w.task.pid, w.resource?.kind, w.resource?.address]),
    [
      [10, 'wait-queue', head],
      [11, undefined, undefined],
    ],
  );
});
