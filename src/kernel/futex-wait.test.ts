import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type WaitingTask, WaitWriter } from '../../test/build/wait-writer.ts';
import { futexWait } from './futex-wait.ts';
import { findTask } from './task.ts';
import { waitGraph } from './wait-graph.ts';

const FUTEX = ['schedule', 'futex_wait_queue', 'futex_wait', 'do_futex'];

/** A process of two threads, one of which waits for a futex; user memory is what the test writes. */
function process(word: number, owner = 0) {
  const made = new WaitWriter();
  const { memory } = made;
  memory.type('futex_q', 112, { task: 40, key: 56 });
  memory.type('futex_key', 24, { 'private.mm': 0, 'private.address': 8, 'private.offset': [16, 4] });
  memory.type('mm_struct', 64, { pgd: 0 });
  const holder = made.waits(10, 'holder', ['__schedule', 'schedule', 'do_sys_poll', 'poll'], 1);
  const waiter = made.waits(11, 'waiter', FUTEX, 1);
  const mm = memory.alloc(64);
  memory.u64(mm, memory.alloc(64));
  for (const { task } of [holder, waiter]) {
    memory.u32(task + 20n, 10);
    memory.u64(task + 40n, mm);
  }
  const futex = memory.alloc(64);
  memory.u32(futex + 4n, word);
  memory.u32(futex + 12n, owner);
  const page = futex & ~0xfffn;
  const q = waiter.locals;
  memory.u64(q + 40n, waiter.task);
  memory.u64(q + 56n, mm);
  memory.u64(q + 64n, page);
  memory.u32(q + 72n, Number(futex - page) + 4);
  const program = made.program();
  program.userMemory = () => program.memory;
  return { program, holder, waiter, futex: futex + 4n, memory };
}

const holderOf = ({ program, waiter }: { program: ReturnType<WaitWriter['program']>; waiter: WaitingTask }) => {
  const task = findTask(program, waiter.task);
  assert.ok(task);
  return futexWait(program, task);
};

test('a word with a thread in it names who has it', () => {
  const made = process(0x80000000 | 10);
  const wait = holderOf(made);
  assert.deepEqual(
    [wait?.address, wait?.word, wait?.holder],
    [made.futex, 0x8000000a, { task: made.holder.task, how: 'futex', sure: true }],
  );
  const found = waitGraph(made.program).waits.find((w) => w.task.pid === 11);
  assert.equal(found?.resource?.kind, 'futex');
  assert.deepEqual(
    waitGraph(made.program).roots.map((r) => [r.task.pid, r.waiting.length]),
    [[10, 1]],
  );
});

test('a contended mutex of the C library: its owner is inferred', () => {
  assert.deepEqual(holderOf(process(2, 10))?.holder?.sure, false);
});

test('other words, threads that are not there and oneself name nobody, and the graph leaves such waits out', () => {
  for (const made of [
    process(0),
    process(1, 10),
    process(2, 0),
    process(2, 99),
    process(0x80000000 | 77),
    process(2, 11),
  ]) {
    assert.equal(holderOf(made)?.holder, undefined);
    assert.deepEqual(waitGraph(made.program).waits, []);
  }
});

test('a stack without a futex of this task, and memory that is not there', () => {
  const made = process(2, 10);
  made.memory.u64(made.waiter.locals + 56n, 0xffff888000000000n);
  assert.equal(holderOf(made), undefined);
  const lost = process(2, 10);
  lost.memory.u64(lost.waiter.locals + 64n, 0xdead000n);
  assert.equal(holderOf(lost)?.word, undefined);
});
