import assert from 'node:assert/strict';
import { test } from 'node:test';
import { KernelMemory } from '../../test/build/kernel-memory.ts';
import {
  fileLockCheck,
  hrTimerBaseCheck,
  hugePageCheck,
  runQueueCheck,
  swapCacheCheck,
  swapCacheCountCheck,
  swapTableCheck,
  timerBaseCheck,
} from './per-cpu-globals.ts';

const PLACE = 0x100n;

function machine(cpus = 2): { memory: KernelMemory; areas: bigint[] } {
  const memory = new KernelMemory();
  return { memory, areas: memory.cpus(cpus) };
}

test('run queues are known by their CPUs and idle tasks', () => {
  const { memory, areas } = machine();
  memory.type('rq', 64, { cpu: [0, 4], idle: 8 });
  memory.type('task_struct', 64, { pid: [16, 4] });
  const idle = memory.alloc(64);
  areas.forEach((area, cpu) => {
    memory.u32(area + PLACE, cpu);
    memory.u64(area + PLACE + 8n, idle);
  });
  assert.equal(runQueueCheck(memory.program())(PLACE), true);
  assert.equal(runQueueCheck(memory.program())(PLACE + 8n), false);
  memory.u32(idle + 16n, 77);
  assert.equal(runQueueCheck(memory.program())(PLACE), false, 'a task that has a number is not idle');
});

test('bases of timers are known by their CPUs and clocks', () => {
  const { memory, areas } = machine();
  memory.type('timer_base', 64, { cpu: [0, 4], clk: 8 });
  memory.u64(memory.symbol('jiffies', memory.alloc(8)), 0xffff_8abcn);
  areas.forEach((area, cpu) => {
    memory.u32(area + PLACE, cpu);
    memory.u64(area + PLACE + 8n, 0xffff_8a00n);
  });
  assert.equal(timerBaseCheck(memory.program())(PLACE), true);
  memory.u64((areas[1] as bigint) + PLACE + 8n, 0n);
  assert.equal(timerBaseCheck(memory.program())(PLACE), false);
});

test('bases of high-resolution timers are known by their way back', () => {
  const { memory, areas } = machine();
  memory.type('hrtimer_cpu_base', 64, { cpu: [0, 4], clock_base: 16 });
  memory.type('hrtimer_clock_base', 32, { cpu_base: 8 });
  areas.forEach((area, cpu) => {
    memory.u32(area + PLACE, cpu);
    memory.u64(area + PLACE + 24n, area + PLACE);
  });
  assert.equal(hrTimerBaseCheck(memory.program())(PLACE), true);
  memory.u64((areas[1] as bigint) + PLACE + 24n, areas[0] as bigint);
  assert.equal(hrTimerBaseCheck(memory.program())(PLACE), false);
});

test('tables of huge pages and of swap areas', () => {
  const { memory } = machine(1);
  memory.type('hstate', 64, { name: 16 });
  memory.type('swap_info_struct', 64, { type: [0, 1], pages: [4, 4], swap_file: 8 });
  const sizes = memory.alloc(64);
  assert.equal(hugePageCheck(memory.program())(sizes), false);
  memory.text(sizes + 16n, 'hugepages-2048kB');
  assert.equal(hugePageCheck(memory.program())(sizes), true);
  const area = memory.alloc(64);
  const table = memory.alloc(16);
  assert.equal(swapTableCheck(memory.program())(table), false, 'an empty table may be anything');
  memory.u64(table, area);
  assert.equal(swapTableCheck(memory.program())(table), true);
  memory.u64(area + 8n, 0x1234n);
  assert.equal(swapTableCheck(memory.program())(table), false);
});

test('lists of file locks are near the run queues, and their locks lead back', () => {
  const { memory, areas } = machine();
  memory.type('file_lock_list_struct', 16, { hlist: 8 });
  memory.symbol('runqueues', PLACE + 0x200n);
  const lock = memory.alloc(16);
  memory.u64((areas[0] as bigint) + PLACE + 8n, lock);
  assert.equal(fileLockCheck(memory.program())(PLACE), false);
  memory.u64(lock + 8n, (areas[0] as bigint) + PLACE + 8n);
  assert.equal(fileLockCheck(memory.program())(PLACE), true);
  assert.equal(fileLockCheck(memory.program())(PLACE + 0x40000n), false);
});

test('the tables of the swap cache', () => {
  const { memory } = machine(1);
  memory.type('address_space', 64, { a_ops: 8 });
  memory.type('swap_info_struct', 64, { max: [0, 4] });
  const area = memory.alloc(64);
  memory.u32(area, 3 * 16384 + 1);
  memory.u64(memory.symbol('swap_info', memory.alloc(8)), area);
  const counts = memory.alloc(8);
  memory.u32(counts, 3);
  assert.equal(swapCacheCountCheck(memory.program())(counts), false);
  memory.u32(counts, 4);
  assert.equal(swapCacheCountCheck(memory.program())(counts), true);
  const spaces = memory.alloc(8);
  const space = memory.alloc(64);
  memory.u64(spaces, space);
  assert.equal(swapCacheCheck(memory.program())(spaces), false);
  memory.u64(space + 8n, space);
  assert.equal(swapCacheCheck(memory.program())(spaces), true);
});
