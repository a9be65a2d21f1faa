import assert from 'node:assert/strict';
import { test } from 'node:test';
import { WaitWriter } from '../../test/build/wait-writer.ts';
import { reachedLimits } from './limits.ts';

/** `children` tasks with pids from 300 on, all of one parent. */
function machine(children: number, pidMax: number): WaitWriter {
  const made = new WaitWriter();
  const parent = made.waits(50, 'spawner', ['do_wait'], 1);
  for (let i = 0; i < children; i++) {
    const child = made.waits(300 + i, 'worker', ['do_nanosleep'], 1);
    made.memory.u64(child.task + 48n, parent.task);
  }
  made.memory.u32(made.memory.symbol('pid_max', made.memory.alloc(8)), pidMax);
  return made;
}

test('no pid is left, and whose tasks have them', () => {
  const [found, ...more] = reachedLimits(machine(60, 360).program());
  assert.deepEqual(more, []);
  assert.deepEqual([found?.kind, found?.used, found?.limit], ['pids', 60, 360]);
  assert.deepEqual([found?.most?.task.comm, found?.most?.count, found?.most?.parent?.comm], ['worker', 60, 'spawner']);
});

test('a machine with room, and one whose limit makes no sense', () => {
  assert.deepEqual(reachedLimits(machine(30, 360).program()), []);
  assert.deepEqual(reachedLimits(machine(3, 200).program()), []);
});

test('as many threads as there may be', () => {
  const made = machine(5, 32768);
  made.memory.u32(made.memory.symbol('nr_threads', made.memory.alloc(8)), 90);
  made.memory.u32(made.memory.symbol('max_threads', made.memory.alloc(8)), 90);
  const [found] = reachedLimits(made.program());
  assert.deepEqual([found?.kind, found?.most?.parent?.pid], ['threads', 50]);
});
