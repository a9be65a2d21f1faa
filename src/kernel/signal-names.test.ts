import assert from 'node:assert/strict';
import { test } from 'node:test';
import { UsageError } from '../base/errors.ts';
import { actionFlagNames, parseSignalSet, signalName, signalNames, signalsOf } from './signal-names.ts';

test('signals by number', () => {
  assert.equal(signalNames(1), 'SIGHUP');
  assert.equal(signalNames(6), 'SIGABRT/SIGIOT');
  assert.equal(signalName(6), 'SIGABRT');
  assert.equal(signalNames(32), 'SIGRTMIN');
  assert.equal(signalNames(48), 'SIGRTMIN+16');
  assert.equal(signalNames(49), 'SIGRTMAX-15');
  assert.equal(signalNames(64), 'SIGRTMAX');
});

test('the signals of a set', () => {
  assert.deepEqual(signalsOf(0x800a000000000201n), [1, 10, 50, 52, 64]);
  assert.equal(parseSignalSet('0x4a02'), 0x4a02n);
  assert.throws(() => parseSignalSet('12345678901234567'), UsageError);
});

test('flags of an action', () => {
  assert.deepEqual(actionFlagNames(0x10000004n), ['SA_SIGINFO', 'SA_RESTART']);
});
