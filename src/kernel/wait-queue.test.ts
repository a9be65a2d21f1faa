import assert from 'node:assert/strict';
import { test } from 'node:test';
import { KernelMemory } from '../../test/build/kernel-memory.ts';
import { TaskWriter } from '../../test/build/task-writer.ts';
import { memberQueue, waitQueue } from './wait-queue.ts';

/** Two tasks in a queue; `older` names its structures as kernels before 4.13 do. */
function queueOf(older: boolean): { memory: KernelMemory; head: bigint; entries: bigint[]; tasks: bigint[] } {
  const memory = new KernelMemory();
  const writer = new TaskWriter(memory, 1);
  const first = writer.process({ pid: 1, comm: 'init' });
  const second = writer.process({ pid: 7, comm: 'waiter', parent: first });
  writer.list(first, second);
  writer.index();
  if (older) {
    memory.type('__wait_queue_head', 24, { task_list: 8 });
    memory.type('__wait_queue', 40, { flags: 0, private: 8, func: 16, task_list: 24 });
  } else {
    memory.type('wait_queue_head', 24, { head: 8 });
    memory.type('wait_queue_entry', 40, { flags: 0, private: 8, func: 16, entry: 24 });
  }
  const head = memory.alloc(24);
  const wake = memory.symbol('default_wake_function', memory.alloc(8), 8);
  const entries = [first, second].map((task) => {
    const entry = memory.alloc(40);
    memory.u64(entry + 8n, task);
    memory.u64(entry + 16n, wake);
    return entry;
  });
  memory.circle(head + 8n, ...entries.map((entry) => entry + 24n));
  return { memory, head, entries, tasks: [first, second] };
}

for (const older of [false, true]) {
  test(`who waits, by the ${older ? 'older' : 'newer'} names`, () => {
    const { memory, head, entries, tasks } = queueOf(older);
    const { waiters, problems } = waitQueue(memory.program(), head);
    assert.deepEqual(problems, []);
    assert.deepEqual(
      waiters.map((w) => w.address),
      entries,
    );
    assert.deepEqual(
      waiters.map((w) => w.task?.address),
      tasks,
    );
    assert.equal(waiters[0]?.wake, 'default_wake_function');
  });
}

test('a broken queue gives what comes before the break', () => {
  const { memory, head, entries } = queueOf(false);
  memory.u64((entries[0] as bigint) + 24n, 0x6b6b6b6b6b6b6b6bn);
  const { waiters, problems } = waitQueue(memory.program(), head);
  assert.ok(waiters.length <= 1);
  assert.match(problems[0]?.why ?? '', /next is 0x6b6b6b6b6b6b6b6b/);
});

test('polling waits for its own structure, an eventpoll for no task', () => {
  const { memory, head, entries, tasks } = queueOf(false);
  memory.type('poll_wqueues', 64, { polling_task: 32 });
  const table = memory.alloc(64);
  memory.u64(table + 32n, tasks[1] as bigint);
  memory.u64((entries[0] as bigint) + 8n, table);
  memory.u64((entries[0] as bigint) + 16n, memory.symbol('pollwake', memory.alloc(8), 8));
  memory.u64((entries[1] as bigint) + 8n, 0n);
  const { waiters } = waitQueue(memory.program(), head);
  assert.equal(waiters[0]?.task?.pid, 7);
  assert.equal(waiters[1]?.task, undefined);
});

test('what is no wait queue is refused by its type', () => {
  const { memory } = queueOf(false);
  memory.type('thing', 16, { count: 8 });
  assert.throws(() => memberQueue(memory.program(), 'thing.count', 0xffff888000001000n), /is no wait queue/);
});
