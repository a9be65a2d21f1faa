import assert from 'node:assert/strict';
import { test } from 'node:test';
import { KernelMemory } from '../../test/build/kernel-memory.ts';
import { TaskWriter } from '../../test/build/task-writer.ts';
import { findTask, taskTable } from './task.ts';

/** Five processes, one of them with two threads, one a zombie; everything is sound. */
function sample(): TaskWriter {
  const writer = new TaskWriter(new KernelMemory(), 2);
  const init = writer.process({ pid: 1, comm: 'init', mm: writer.addressSpace(500, [100, 20, 7, 5]) });
  const kthreadd = writer.process({ pid: 2, comm: 'kthreadd', flags: 0x200000, state: 0x402, parent: writer.init });
  const app = writer.process({ pid: 70, comm: 'app', parent: init, cpu: 1, state: 0 });
  writer.thread(app, { pid: 71, tgid: 70, comm: 'app-worker', parent: init });
  const zombie = writer.process({ pid: 90, comm: 'gone', parent: app, state: 0x80, exitState: 0x20 });
  const last = writer.process({ pid: 4000, comm: 'last', parent: init, state: 2 });
  writer.list(init, kthreadd, app, zombie, last);
  writer.run(1, app);
  writer.memory.circle((writer.runqueues[1] as bigint) + 16n, app + 176n);
  return writer;
}

const PIDS = [0, 0, 1, 2, 70, 71, 90, 4000];

function pids(writer: TaskWriter): number[] {
  return taskTable(writer.memory.program()).tasks.map((task) => task.pid);
}

test('all tasks of a sound kernel, in order, with their facts', () => {
  const writer = sample();
  writer.index();
  const prog = writer.memory.program();
  const { tasks, problems } = taskTable(prog);
  assert.deepEqual(problems, []);
  assert.deepEqual(
    tasks.map((t) => t.pid),
    PIDS,
  );
  assert.deepEqual(
    tasks.map((t) => t.comm),
    ['swapper/0', 'swapper/1', 'init', 'kthreadd', 'app', 'app-worker', 'gone', 'last'],
  );
  assert.deepEqual(
    tasks.map((t) => t.state + t.stateLetter),
    ['INS', 'INS', 'INS', 'IDI', 'RUR', 'INS', 'ZOZ', 'UND'],
  );
  assert.deepEqual(
    tasks.map((t) => t.active),
    [true, false, false, false, true, false, false, false],
  );
  const worker = findTask(prog, 71);
  assert.equal(worker?.tgid, 70);
  assert.equal(worker?.threadGroupLeader, false);
  assert.equal(worker?.ppid, 1);
  assert.deepEqual(worker?.foundBy, ['pid-idr', 'tasks-list']);
  assert.deepEqual(findTask(prog, writer.tasks.get(70) as bigint)?.foundBy, ['pid-idr', 'tasks-list', 'run-queues']);
  assert.equal(findTask(prog, 2)?.kernelThread, true);
  assert.equal(findTask(prog, 2)?.ppid, 0);
  assert.equal(findTask(prog, 0)?.comm, 'swapper/0');
  assert.equal(findTask(prog, 12345), undefined);
});

test('resident memory adds the parts of every CPU to what is counted', () => {
  const writer = new TaskWriter(new KernelMemory(), 2);
  const perCpu = [
    [3, 4],
    [-2, 0],
    [50, 50],
    [0, 6],
  ];
  const init = writer.process({ pid: 1, comm: 'init', mm: writer.addressSpace(500, [100, 20, 7, 5], perCpu) });
  writer.list(init);
  writer.index();
  const task = findTask(writer.memory.program(), 1);
  assert.equal(task?.vszKiB, 500 * 4);
  assert.equal(task?.rssKiB, (100 + 7 + 18 + 11) * 4);
  assert.equal(task?.rssCountedKiB, (100 + 20 + 5) * 4);
  assert.equal(task?.memoryPercent, 13.6);
});

test('a broken task list does not empty the answer', () => {
  const writer = sample();
  writer.index();
  // kthreadd's `next` is overwritten: forward it ends after two processes, backward it finds the others.
  writer.memory.u64((writer.tasks.get(2) as bigint) + 64n, 0x6b6b6b6b6b6b6b6bn);
  const { tasks, problems } = taskTable(writer.memory.program());
  assert.deepEqual(
    tasks.map((t) => t.pid),
    PIDS,
  );
  assert.match(
    problems[0]?.why ?? '',
    /0x6b6b6b6b6b6b6b6b follows task .* after 2 processes; 3 more found from its end/,
  );
});

test('a task list that runs into itself ends', () => {
  const writer = sample();
  writer.index();
  writer.memory.u64((writer.tasks.get(90) as bigint) + 64n, (writer.tasks.get(1) as bigint) + 64n);
  const { tasks, problems } = taskTable(writer.memory.program());
  assert.deepEqual(
    tasks.map((t) => t.pid),
    PIDS,
  );
  assert.ok(problems.some((p) => /comes a second time/.test(p.why)));
});

test('a broken pid index does not empty the answer', () => {
  const writer = sample();
  const { leaves } = writer.index();
  writer.memory.drop(leaves.get(1) as bigint);
  writer.memory.u8(leaves.get(0) as bigint, 60);
  const { tasks, problems } = taskTable(writer.memory.program());
  assert.deepEqual(
    tasks.map((t) => t.pid).filter((pid) => pid <= 90),
    PIDS.slice(0, -1),
  );
  assert.ok(problems.some((p) => p.what.startsWith('pid index') && /shift 60/.test(p.why)));
});

test('a task that only one way knows is reported, not lost', () => {
  const writer = sample();
  writer.index([1, 2, 70, 71, 90]);
  const { tasks, problems } = taskTable(writer.memory.program());
  assert.deepEqual(
    tasks.map((t) => t.pid),
    PIDS,
  );
  assert.ok(problems.some((p) => p.why === 'on the task list, but not in the pid index: last (4000)'));
});

test('what is no task is refused: a bad pid, a name without end', () => {
  for (const [offset, value] of [
    [16n, 0x7fffffff],
    [0n, 0x6b6b6b6b],
    [12n, 99],
  ] as const) {
    const writer = sample();
    writer.index();
    writer.memory.u32((writer.tasks.get(4000) as bigint) + offset, value);
    assert.deepEqual(pids(writer), PIDS.slice(0, -1));
  }
});

test('the slab cache gives back what list and index lost, and no half-made copies', () => {
  const memory = new KernelMemory();
  const writer = new TaskWriter(memory, 1);
  const slab = memory.alloc(4096, 4096);
  const first = writer.process({ pid: 1, comm: 'first' }, slab);
  writer.process({ pid: 5, comm: 'lost' }, slab + 1024n);
  const copy = writer.process({ pid: 5, comm: 'copy' }, slab + 2048n);
  memory.u64(copy + 104n, memory.kernel.memory.u64(memory.physical(slab + 1024n + 104n))); // pid of another task
  writer.list(first);
  writer.index([1]);
  memory.u64(first + 64n, 0xdead000000000100n); // LIST_POISON1
  // Page descriptors of 64 bytes, the cache at offset 8, the number of objects in bits 16 to 30 of the word at 24.
  const cache = memory.alloc(128);
  memory.u64(memory.symbol('task_struct_cachep', memory.alloc(8)), cache);
  memory.u32(cache + 8n, 1024);
  memory.type('kmem_cache', 128, { size: [8, 4], flags: [0, 4] });
  memory.type('page', 64, {});
  memory.kernel.type({
    ...memory.kernel.types.get('page'),
    name: 'slab',
    findMember: (path: string) =>
      path === 'slab_cache'
        ? { offset: 8, type: memory.kernel.types.get('list_head'), bit: 0, bitSize: 0 }
        : path === 'objects'
          ? { offset: 26, type: memory.kernel.types.get('list_head'), bit: 0, bitSize: 15 }
          : undefined,
  } as never);
  const frames = memory.physical(slab) / 4096 + 64;
  const vmemmap = memory.alloc(frames * 64, 4096);
  memory.kernel.vmemmap = vmemmap;
  const descriptor = vmemmap + BigInt(memory.physical(slab) / 4096) * 64n;
  memory.u64(descriptor + 8n, cache);
  memory.u32(descriptor + 24n, 3 << 16);
  const { tasks, problems } = taskTable(memory.program());
  assert.deepEqual(
    tasks.map((t) => t.comm),
    ['swapper/0', 'first', 'lost'],
  );
  assert.deepEqual(tasks[2]?.foundBy, ['slab']);
  assert.ok(problems.some((p) => p.why === '1 found only by searching the slab cache'));
});

test('without types there is no table, but a reason', () => {
  const { tasks, problems } = taskTable(new KernelMemory().program());
  assert.deepEqual(tasks, []);
  assert.match(problems[0]?.why ?? '', /no type task_struct/);
});
