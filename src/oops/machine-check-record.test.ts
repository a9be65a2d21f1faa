import assert from 'node:assert/strict';
import { test } from 'node:test';
import { machineCheckRecords, statusWords } from './machine-check-record.ts';

test('a record with its address; one whose status says that it has none', () => {
  const lines = [
    'mce: [Hardware Error]: CPU 1: Machine Check Exception: 4 Bank 9: bd80000000100134',
    'mce: [Hardware Error]: RIP 10:<ffffffff81000000> {default_idle+0xf/0x20}',
    'mce: [Hardware Error]: TSC 2a ADDR 1234a000 MISC 86 ',
    'mce: [Hardware Error]: CPU 0: Machine Check: 0 Bank 4: b200000000070f0f',
    'mce: [Hardware Error]: TSC 0 ADDR 77 ',
  ];
  const [first, second, ...more] = machineCheckRecords(lines);
  assert.deepEqual([first?.cpu, first?.bank, first?.address, first?.line], [1, 9, 0x1234a000n, 0]);
  assert.deepEqual([second?.cpu, second?.status, second?.address], [0, 0xb200000000070f0fn, undefined]);
  assert.deepEqual(more, []);
});

test('what a status says', () => {
  assert.equal(statusWords(0xbd80000000100134n).en, 'an error of a cache (code 0x0134, uncorrected)');
  assert.match(
    statusWords(0x8c0000400001009fn).en,
    /^an error of the memory behind a memory controller \(code 0x009f, corrected/,
  );
  assert.match(
    statusWords(0xfe00000000800400n).en,
    /timeout inside the CPU.*uncorrected, the state of the CPU is lost, more errors/,
  );
  assert.match(statusWords(0xb200000000070f0fn).en, /bus or the interconnect/);
});
