import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isDeadState, isTaskState, taskStateCode, taskStateLetter, taskStateNames } from './task-state.ts';

test('states as /proc and crash name them', () => {
  // state, exit state, crash's code, /proc's letter
  const table = [
    [0x0000, 0x00, 'RU', 'R'],
    [0x0001, 0x00, 'IN', 'S'],
    [0x2001, 0x00, 'IN', 'S'], // may be frozen
    [0x0002, 0x00, 'UN', 'D'],
    [0x0102, 0x00, 'UN', 'D'], // may be killed
    [0x1000, 0x00, 'UN', 'D'], // sleeping spinlock of PREEMPT_RT
    [0x8000, 0x00, 'UN', 'D'], // frozen
    [0x0402, 0x00, 'ID', 'I'],
    [0x2402, 0x00, 'ID', 'I'],
    [0x0104, 0x00, 'ST', 'T'],
    [0x0108, 0x00, 'TR', 't'],
    [0x0040, 0x00, 'PA', 'P'],
    [0x0800, 0x00, 'NE', 'R'],
    [0x0200, 0x00, 'WA', 'R'],
    [0x0080, 0x20, 'ZO', 'Z'],
    [0x0080, 0x10, 'DE', 'X'],
    [0x0080, 0x30, 'ZO', 'Z'], // EXIT_TRACE
    [0x20000, 0x00, '??', 'R'],
  ] as const;
  for (const [state, exitState, code, letter] of table) {
    const of = `${state.toString(16)} ${exitState.toString(16)}`;
    assert.equal(taskStateCode(state, exitState), code, of);
    assert.equal(taskStateLetter(state, exitState), letter, of);
    assert.ok(isTaskState(state, exitState), of);
  }
});

test('what is no state, and who is dead', () => {
  assert.ok(!isTaskState(0x6b6b6b6b, 0));
  assert.ok(!isTaskState(-1, 0));
  assert.ok(!isTaskState(0, 1));
  assert.ok(isDeadState(0x80, 0));
  assert.ok(isDeadState(0, 0x20));
  assert.ok(!isDeadState(0x402, 0));
});

test('all bits of a state by their names', () => {
  assert.deepEqual(taskStateNames(0, 0), ['TASK_RUNNING']);
  assert.deepEqual(taskStateNames(0x402, 0), ['TASK_UNINTERRUPTIBLE', 'TASK_NOLOAD']);
  assert.deepEqual(taskStateNames(0x104, 0), ['TASK_STOPPED', 'TASK_WAKEKILL']);
  assert.deepEqual(taskStateNames(0x2001, 0), ['TASK_INTERRUPTIBLE']);
  assert.deepEqual(taskStateNames(0x80, 0x20), ['TASK_DEAD', 'EXIT_ZOMBIE']);
});
