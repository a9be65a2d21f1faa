import assert from 'node:assert/strict';
import { test } from 'node:test';
import { MapperWriter } from '../../test/build/mapper-writer.ts';
import { PageWaits, sleepClock } from '../../test/build/page-waits.ts';
import { type WaitingTask, WaitWriter } from '../../test/build/wait-writer.ts';
import type { Case } from '../diagnosis/case.ts';
import type { Finding } from '../report/finding.ts';
import { mapperStuck } from './mapper-stuck.ts';

const TAG = ['__schedule', 'schedule', 'io_schedule', 'blk_mq_get_tag', 'submit_bio'];
const NOWHERE = 0xffff888fffff0000n;

class Machine {
  readonly made = new WaitWriter();
  readonly pages = new PageWaits(this.made);
  readonly mapper = new MapperWriter(this.made.memory);
  readonly lines: string[] = [];

  /** Now it is second 100; the tasks sleep since these seconds. */
  sleep(...tasks: (readonly [WaitingTask, bigint])[]): this {
    sleepClock(this.made, 100n, tasks);
    return this;
  }

  check(kind = 'hung task'): Finding[] {
    const log = this.lines.map((text, i) => ({ text, level: 0, timestampNs: BigInt(i), facility: 0 }));
    return [...mapperStuck.check({ prog: this.made.program(), log, fatal: { kind } } as unknown as Case)];
  }
}

test('a suspended device and who waits for it, the longest first', () => {
  const machine = new Machine();
  const { mapped } = machine.mapper.device(3, 1n, 'vg-data');
  machine.mapper.bios(mapped, 2);
  const short = machine.pages.waits(10, 'short', 'dm-3');
  const long = machine.pages.waits(11, 'long', 'dm-3');
  machine.pages.waits(12, 'other', 'sda1');
  const maybe = machine.made.waits(13, 'maybe', TAG);
  const [found, ...more] = machine.sleep([short, 80n], [long, 10n], [maybe, 50n]).check();
  assert.equal(more.length, 0);
  assert.deepEqual([found?.severity, found?.confidence], ['cause', 'certain']);
  assert.match(found?.title.en ?? '', /^Device dm-3 \(vg-data\) is suspended/);
  assert.match(
    found?.sentence.en ?? '',
    /holds back 2 bios.*; 3 tasks wait for its I\/O, the longest since 90 s: PID 11/,
  );
  assert.match(found?.sentence.zh ?? '', /^设备 dm-3 \(vg-data\) 已挂起，压着 2 个 bio.*3 个任务.*已 90 秒/);
  assert.ok(!found?.sentence.en.includes('other'));
  assert.equal(found?.subject?.address, `0x${mapped.toString(16)}`);
  assert.ok(found?.settle?.[0]?.en.includes('dmsetup resume vg-data'));
  const [other] = machine.check('NULL pointer dereference');
  assert.equal(other?.severity, 'suspect');
});

test('a device that is suspended for a moment, or for which nobody surely waits, is none', () => {
  const moment = new Machine();
  moment.mapper.device(0, 1n);
  assert.deepEqual(moment.sleep([moment.pages.waits(10, 'reader', 'dm-0'), 95n]).check(), []);
  const alone = new Machine();
  alone.mapper.device(0, 1n);
  assert.deepEqual(alone.sleep([alone.made.waits(10, 'maybe', TAG), 10n]).check(), []);
  const other = new Machine();
  other.mapper.device(1, 1n);
  assert.deepEqual(other.sleep([other.pages.waits(10, 'reader', 'dm-12'), 10n]).check(), []);
});

test('who looks again every few seconds has waited as long as the detector said', () => {
  const machine = new Machine();
  machine.mapper.device(0, 2n);
  machine.lines.push('INFO: task reader:10 blocked for more than 60 seconds.');
  const [found] = machine.sleep([machine.pages.waits(10, 'reader', 'dm-0'), 98n]).check();
  assert.match(found?.sentence.en ?? '', /1 task waits for its I\/O, the longest since 60 s: PID 10 "reader"/);
});

test('a multipath device without paths that holds I/O back; with a path, or failing it, none', () => {
  for (const [flags, valid, count] of [
    [2n, 0, 1],
    [2n, 1, 0],
    [0n, 0, 0],
  ] as const) {
    const machine = new Machine();
    const { mapped } = machine.mapper.device(0, 0n, 'mpatha');
    machine.mapper.paths(machine.mapper.table(mapped, 'multipath')[0] as bigint, flags, valid, 2, 2);
    const failing = (device: string): string => `device-mapper: multipath: ${device}: Failing path 8:16.`;
    machine.lines.push(failing('253:0'), failing('253:01'), failing('253:7'));
    const found = machine.sleep([machine.made.waits(10, 'maybe', TAG), 10n]).check();
    assert.equal(found.length, count);
    if (count === 0) continue;
    assert.equal(found[0]?.confidence, 'likely');
    assert.match(found[0]?.title.en ?? '', /^Multipath device dm-0 \(mpatha\) has lost all its paths/);
    assert.match(found[0]?.sentence.en ?? '', /no path that works \(of 4\), and queue_if_no_path/);
    assert.match(found[0]?.sentence.zh ?? '', /没有可用的路径（共 4 条），而 queue_if_no_path/);
    const lines = found[0]?.evidence.filter((e) => e.command === 'log').map((e) => e.value);
    assert.deepEqual(lines, [failing('253:0')]);
  }
});

test('paths that cannot be counted are not counted, and a name that is gone is not told', () => {
  const machine = new Machine();
  const { memory } = machine.made;
  const { mapped } = machine.mapper.device(0, 0n, 'mpatha');
  const [multipath] = machine.mapper.table(mapped, 'multipath') as [bigint];
  machine.mapper.paths(multipath, 2n, 0, 2);
  memory.u64(multipath + 16n, NOWHERE);
  memory.u64(mapped + 16n, NOWHERE);
  const [found] = machine.sleep([machine.made.waits(10, 'maybe', TAG), 10n]).check();
  assert.match(found?.sentence.en ?? '', /^Device dm-0 has no path that works, and queue_if_no_path/);
  assert.match(found?.sentence.zh ?? '', /没有可用的路径，而/);
});

test('nothing is said where nobody knows since when, or where the list of disks cannot be walked', () => {
  const machine = new Machine();
  machine.mapper.device(0, 1n);
  const reader = machine.pages.waits(10, 'reader', 'dm-0');
  assert.deepEqual(machine.check(), []);
  assert.equal(machine.sleep([reader, 10n]).check().length, 1);
  machine.made.memory.kernel.types.delete('klist_node');
  assert.deepEqual(machine.check(), []);
});
