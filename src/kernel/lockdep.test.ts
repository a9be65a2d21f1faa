import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type WaitingTask, WaitWriter } from '../../test/build/wait-writer.ts';
import { notedLocks } from './lockdep.ts';
import { waitGraph } from './wait-graph.ts';

/** A kernel with lockdep: three locks a task, each noted in 40 bytes. */
function lockdep(made: WaitWriter): void {
  made.memory.type('held_lock', 40, { acquire_ip: 8, instance: 16, read: [32, 4], trylock: [36, 4] });
  made.add('task_struct', { lockdep_depth: [600, 4], held_locks: [608, 120] });
}

/** Notes locks of a task, by their maps; a negative one is taken for reading. */
function note(made: WaitWriter, { task }: WaitingTask, ...maps: readonly bigint[]): void {
  made.memory.u32(task + 600n, maps.length);
  maps.forEach((map, i) => {
    const at = task + 608n + BigInt(i * 40);
    made.memory.u64(at + 8n, made.at('takes_it'));
    made.memory.u64(at + 16n, map < 0n ? -map : map);
    made.memory.u32(at + 32n, map < 0n ? 2 : 0);
  });
}

function rwsemTypes({ memory }: WaitWriter): void {
  memory.type('rwsem_waiter', 48, { list: 0, task: 16 });
  memory.type('rw_semaphore', 80, { count: 0, owner: 8, wait_list: 24, dep_map: 40 });
}

/** A rwsem with so many readers for which a writer waits, and whose owner field names somebody. */
function readersKeep(count: bigint, owner: (readers: readonly WaitingTask[]) => bigint) {
  const made = new WaitWriter();
  const { memory } = made;
  lockdep(made);
  rwsemTypes(made);
  const readers = [10, 11].map((pid) => made.waits(pid, `r${pid}`, ['__schedule', 'msleep'], 1));
  const gone = made.waits(12, 'gone', ['__schedule', 'msleep'], 1);
  const writer = made.waits(13, 'writer', ['__schedule', 'rwsem_down_write_slowpath', 'wants']);
  const at = memory.alloc(80);
  memory.u64(at, count * 0x100n + 2n);
  memory.u64(at + 8n, owner([...readers, gone]));
  memory.circle(at + 24n, made.waiter(writer));
  for (const r of readers) note(made, r, 0xffff_0000_0000_1000n, -(at + 40n));
  note(made, writer, at + 40n);
  const [wait] = waitGraph(made.program()).waits.filter((w) => w.task.pid === 13);
  const names = new Map([...readers, gone, writer].map((t, i) => [t.task, 10 + i]));
  return wait?.resource?.holders.map((h) => [names.get(h.task), h.how, h.sure, h.mode]);
}

test('the readers of a rwsem are those that lockdep notes; the writer that waits is none', () => {
  const both = [10, 11].map((pid) => [pid, 'lockdep', true, 'read']);
  assert.deepEqual(
    readersKeep(2n, () => 0n),
    both,
  );
  // the field names the one that came last, though it left
  assert.deepEqual(
    readersKeep(2n, ([, , gone]) => (gone?.task ?? 0n) | 1n),
    both,
  );
});

test('lockdep that was switched off may be wrong: the lock counts another number of readers', () => {
  assert.deepEqual(
    readersKeep(3n, () => 0n),
    [10, 11].map((pid) => [pid, 'lockdep', false, 'read']),
  );
});

test('a writer is named by the lock itself', () => {
  assert.deepEqual(
    readersKeep(0n, ([first]) => first?.task ?? 0n),
    [[10, 'owner', true, 'write']],
  );
});

test('what lockdep notes of a task: bounded, and nothing of a count that cannot be', () => {
  const made = new WaitWriter();
  lockdep(made);
  const one = made.waits(10, 'one', ['__schedule']);
  const map = made.memory.alloc(64);
  note(made, one, map, -map, 0x123n);
  const prog = made.program();
  const by = made.at('takes_it');
  assert.deepEqual(notedLocks(prog, one.task), [
    { task: one.task, at: one.task + 616n, map, by, mode: 'write', trylock: false },
    { task: one.task, at: one.task + 656n, map, by, mode: 'read', trylock: false },
  ]);
  made.memory.u32(one.task + 600n, 4);
  assert.deepEqual(notedLocks(prog, one.task), []);
  const without = new WaitWriter();
  const other = without.waits(10, 'one', ['__schedule']);
  assert.equal(notedLocks(without.program(), other.task), undefined);
});

test('who waits for the readers of SRCU waits for those, and not for the grace period of RCU', () => {
  const made = new WaitWriter();
  const { memory } = made;
  lockdep(made);
  memory.type('srcu_struct', 64, { sda: 0, dep_map: 8, srcu_sup: 56 });
  memory.type('srcu_usage', 32, { 'work.work.func': 16 });
  memory.type('srcu_data', 32, { srcu_lock_count: [0, 16], srcu_unlock_count: [16, 16] });
  memory.type('completion', 32, { done: [0, 4], wait: 8 });
  memory.type('swait_queue_head', 24, { task_list: 8 });
  memory.type('swait_queue', 24, { task: 0, task_list: 8 });
  const reader = made.waits(10, 'reader', ['__schedule', 'msleep'], 1);
  const waits = made.waits(11, 'waits', ['__schedule', '__wait_for_common', '__synchronize_srcu', 'frees_it']);
  const [srcu, usage, done] = [memory.alloc(64), memory.alloc(32), memory.alloc(32)];
  memory.u64(srcu + 56n, usage);
  memory.u64(usage + 16n, made.at('process_srcu'));
  memory.u64(srcu, 0x800n); // in the area of each CPU
  const data = (made.tasks.runqueues[0] ?? 0n) + 0x700n;
  memory.u64(data + 8n, 5n); // entered five times by the second index, left four times
  memory.u64(data + 24n, 4n);
  memory.u64(waits.locals, waits.task);
  memory.circle(done + 16n, waits.locals + 8n);
  memory.u64(waits.locals + 64n, srcu);
  note(made, reader, -(srcu + 8n));
  const [wait] = waitGraph(made.program()).waits.filter((w) => w.task.pid === 11);
  const { resource } = wait ?? {};
  assert.deepEqual([resource?.type, resource?.address, resource?.state], ['srcu_struct', srcu, 'readers=1']);
  assert.deepEqual(resource?.holders, [{ task: reader.task, how: 'lockdep', sure: true, mode: 'read' }]);
  assert.equal(wait?.caller?.function, 'frees_it');
});
