import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isPstoreRecord, type PstoreFile, pstoreLog } from './pstore-records.ts';

const file = (name: string, text: string): PstoreFile => ({ name, bytes: new Uint8Array(Buffer.from(text)) });
const line = (seconds: number): string => `<6>[ ${seconds}.000000] message at ${seconds}\n`;
const lines = (...seconds: number[]): string => seconds.map(line).join('');

function text(files: readonly PstoreFile[]): string {
  return Buffer.concat(pstoreLog(files)).toString();
}

test('parts are put in order: the highest is the oldest', () => {
  const parts = [
    file('dmesg-efi-170116549201001', `Panic#1 Part1\n${lines(30, 31)}`),
    file('dmesg-efi-170116549202001', `Panic#1 Part2\n${lines(20, 21)}`),
    file('dmesg-efi-170116549210001', `Panic#1 Part10\n${lines(10, 11)}`),
  ];
  assert.equal(text(parts), lines(10, 11, 20, 21, 30, 31));
  assert.equal(text([...parts].reverse()), lines(10, 11, 20, 21, 30, 31));
  const all = Buffer.concat(parts.map((part) => part.bytes)).toString();
  assert.equal(text([file('all', all)]), lines(10, 11, 20, 21, 30, 31), 'also in one file');
});

test('what a later dump of the same log repeats is there once', () => {
  const oops = file('a', `Oops#1 Part1\n${lines(10, 11, 12)}`);
  const panic = file('b', `Panic#2 Part1\n${lines(11, 12, 13)}`);
  assert.equal(text([panic, oops]), lines(10, 11, 12, 13));
  const other = file('b', `Panic#2 Part1\n${lines(1, 2)}`);
  assert.equal(text([other, oops]), lines(10, 11, 12, 1, 2), 'of another boot, all stays');
});

test("ramoops's memory: records by the time that their headers tell", () => {
  const dump = `====1701165500.000001-D\nPanic#2 Part1\n${lines(50)}====1701165400.000001-D\nOops#1 Part1\n${lines(5)}`;
  assert.equal(text([file('dump', dump)]), lines(5, 50));
});

test('other files are no records', () => {
  for (const start of ['Panic#1', 'Panic #1 Part1', 'Panic#1 Part1x', '====', '====1701165500', lines(1)]) {
    assert.equal(isPstoreRecord(new Uint8Array(Buffer.from(`${start}\n${lines(1)}`))), false, start);
  }
});
