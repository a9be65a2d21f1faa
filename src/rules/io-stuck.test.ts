import assert from 'node:assert/strict';
import { test } from 'node:test';
import { clockAt, DiskWriter, type MadeDisk, requestTypes, startRequests } from '../../test/build/disk-writer.ts';
import { OpenFilesWriter } from '../../test/build/open-files.ts';
import { PageWaits, sleepClock } from '../../test/build/page-waits.ts';
import { networkDevice, SocketWriter } from '../../test/build/socket-writer.ts';
import { type WaitingTask, WaitWriter } from '../../test/build/wait-writer.ts';
import { AnalysisError } from '../base/errors.ts';
import type { Case } from '../diagnosis/case.ts';
import type { Rule } from '../diagnosis/rule.ts';
import type { Finding } from '../report/finding.ts';
import { ioSlow } from './io-slow.ts';
import { ioStuck } from './io-stuck.ts';

const SECOND = 1_000_000_000n;
const NOWHERE = 0xffff888fffff0000n;

/** A kernel whose clocks stand at 100 s. */
class Machine {
  readonly made = new WaitWriter();
  readonly memory = this.made.memory;
  readonly pages = new PageWaits(this.made);
  readonly disks = new DiskWriter(this.memory);
  readonly lines: string[] = [];
  readonly modules: { name: string; taints: string }[] = [];

  constructor() {
    requestTypes(this.memory);
    clockAt(this.memory, 100n);
  }

  /** A disk whose requests are writes since these times. */
  disk(name: string, ...starts: number[]): MadeDisk {
    const made = this.disks.disk(name, 8, 0, `${name.replace(/\W/g, '')}_fops`);
    startRequests(
      this.memory,
      made,
      starts.map((s) => BigInt(Math.round(s * 1e9))),
    );
    return made;
  }

  sleep(...tasks: (readonly [WaitingTask, bigint])[]): this {
    sleepClock(this.made, 100n, tasks);
    return this;
  }

  check(rule: Rule, kind = 'hung task'): Finding[] {
    const log = this.lines.map((text, i) => ({ text, level: 0, timestampNs: BigInt(i), facility: 0 }));
    const modules = { modules: this.modules, problems: [] };
    return [...rule.check({ prog: this.made.program(), log, fatal: { kind }, modules } as unknown as Case)];
  }

  word(at: bigint): bigint {
    return this.memory.kernel.memory.u64(this.memory.physical(at));
  }
}

test('a disk that has not answered for long: its oldest request, and who waits', () => {
  const machine = new Machine();
  machine.disk('sda', 60, 20, 99.5);
  machine.disk('sdb', 99);
  machine.pages.waits(10, 'cp', 'sda1');
  machine.pages.waits(11, 'other', 'sdb1');
  machine.made.waits(12, 'maybe', ['__schedule', 'schedule', 'io_schedule', 'blk_mq_get_tag', 'submit_bio']);
  const [found, ...more] = machine.check(ioStuck);
  assert.equal(more.length, 0);
  assert.equal(found?.severity, 'cause');
  assert.match(
    found?.sentence.en ?? '',
    /^Disk sda has not answered 2 requests for more than 30 s, the oldest a write since 80 s; 2 tasks wait for I\/O, 1 of them surely/,
  );
  assert.match(found?.sentence.zh ?? '', /^磁盘 sda 有 2 个请求超过 30 秒未完成，最早的写请求已 80 秒；2 个任务/);
  assert.ok(found?.evidence.some((e) => e.value === String(20n * SECOND)));
  assert.equal(machine.check(ioStuck, 'NULL pointer dereference')[0]?.severity, 'suspect');
});

test('a disk for which nobody surely waits is a suspect; one that answers, or has nothing to do, is none', () => {
  const machine = new Machine();
  machine.disk('sda', 20);
  machine.disk('sdb', 71, 200); // a second too young, and one from the future
  machine.disk('sdc');
  machine.disks.disk('ram0', 1, 0, 'brd_fops'); // no request queue
  const found = machine.check(ioStuck);
  assert.deepEqual(
    found.map((f) => [f.title.en, f.severity]),
    [['Disk sda does not answer', 'suspect']],
  );
});

test('the driver that takes the requests is blamed when it is none of the kernel', () => {
  for (const [taints, blamed] of [
    ['OE', 'fast_queue_rq'],
    ['', undefined],
  ] as const) {
    const machine = new Machine();
    const { queue } = machine.disk('sda', 20);
    const handler = machine.memory.alloc(64);
    machine.memory.kernel.symbol('fast_queue_rq', handler, 64, 't', 'fast');
    machine.memory.u64(machine.word(queue), handler);
    machine.modules.push({ name: 'fast', taints });
    const [found] = machine.check(ioStuck);
    assert.match(found?.sentence.en ?? '', /Its driver takes requests in fast_queue_rq \[fast\]/);
    assert.equal(found?.subject?.function, blamed);
  }
});

test('a network disk whose server is a process of this machine', () => {
  const machine = new Machine();
  const files = new OpenFilesWriter(machine.made);
  const sockets = new SocketWriter(files);
  const [own, server] = sockets.unix('/run/disk');
  const made = machine.disks.disk('nbd0', 43, 0, 'nbd_fops', networkDevice(machine.memory, [own.socket]));
  startRequests(machine.memory, made, [20n * SECOND]);
  files.open(machine.made.waits(20, 'nbd-server', ['pause'], 4).task, [server.file]);
  const [found] = machine.check(ioStuck);
  assert.match(
    found?.sentence.en ?? '',
    / Its server is at .*, connection ESTABLISHED: PID 20 "nbd-server" of this machine, which is stopped \(SIGSTOP\)\.$/,
  );
  assert.ok(found?.evidence.some((e) => e.command === 'ps 20'));
  machine.memory.u64(made.disk + 48n, NOWHERE);
  assert.ok(!machine.check(ioStuck)[0]?.sentence.en.includes('Its server'));
});

test('disks whose requests are damaged are left out, and at most four are told', () => {
  const machine = new Machine();
  for (let i = 0; i < 6; i++) machine.disk(`sd${'abcdef'[i]}`, 20);
  const titles = (): string[] => machine.check(ioStuck).map((f) => f.title.en.split(' ')[1] as string);
  assert.deepEqual(titles(), ['sda', 'sdb', 'sdc', 'sdd']);
  const disks = new Machine();
  const [a, b, c, d] = ['sda', 'sdb', 'sdc', 'sdd'].map((name) => disks.disk(name, 20, 10)) as MadeDisk[];
  const tags = (made: MadeDisk | undefined): bigint => disks.word(disks.word(disks.word((made?.queue ?? 0n) + 16n)));
  disks.memory.u64((a?.queue ?? 0n) + 16n, NOWHERE);
  disks.memory.u32(tags(b) + 64n, -1); // the depth of its bitmap
  disks.memory.u64(disks.word(tags(c) + 8n), NOWHERE); // its first request
  disks.memory.u32((d?.queue ?? 0n) + 8n, -1); // more hardware queues than there can be
  assert.deepEqual(
    disks.check(ioStuck).map((f) => f.sentence.en.slice(0, 38)),
    ['Disk sdc has not answered 1 request for'.slice(0, 38)],
  );
});

test('a list of disks that has no end, or no types, is told by no other exception than those of analysis', () => {
  const machine = new Machine();
  const made = machine.disk('sda', 20);
  machine.memory.u64(made.link, made.link);
  assert.deepEqual(
    machine.check(ioStuck).map((f) => f.title.en),
    ['Disk sda does not answer'],
  );
  for (const type of ['klist_node', 'block_device', 'request', 'timekeeper']) {
    const bare = new Machine();
    bare.disk('sda', 20);
    bare.memory.kernel.types.delete(type);
    try {
      assert.deepEqual(bare.check(ioStuck), [], type);
    } catch (e) {
      assert.ok(e instanceof AnalysisError, String(e));
    }
    assert.deepEqual(bare.check(ioSlow), [], type);
  }
});

/** A disk that works on requests since these seconds, and a task that has waited 90 s for it. */
function slow(name: string, ...starts: number[]): Machine {
  const machine = new Machine();
  machine.disk(name, ...starts);
  machine.pages.waits(11, 'other', 'sdz');
  return machine.sleep([machine.pages.waits(10, 'sync', name), 10n]);
}

test('a disk that answers slowly; not one that answers soon, or not at all', () => {
  const [found, ...more] = slow('sda', 97, 95.5).check(ioSlow);
  assert.equal(more.length, 0);
  assert.equal(found?.severity, 'cause');
  assert.match(found?.title.en ?? '', /^Disk sda is slow/);
  assert.match(
    found?.sentence.en ?? '',
    /works on 2 requests, the oldest a write since 4\.5 s; 1 task waits for it, the longest since 90 s: PID 10 "sync"/,
  );
  assert.deepEqual(slow('sda', 99.5).check(ioSlow), []);
  assert.deepEqual(slow('sda', 50).check(ioSlow), []);
  assert.deepEqual(slow('sda').check(ioSlow), []);
  const soon = new Machine();
  soon.disk('sda', 95);
  assert.deepEqual(soon.sleep([soon.pages.waits(10, 'sync', 'sda'), 90n]).check(ioSlow), []);
});

test('a disk whose requests time out, by what the kernel said of this disk', () => {
  const machine = slow('sda', 95);
  const own = 'blk_update_request: I/O error, dev sda, sector 2048 op 0x1:(WRITE)';
  machine.lines.push('blk_update_request: I/O error, dev sdaa, sector 1', own, 'sd 0:0:0:0: [sdb] timed out');
  const [found] = machine.check(ioSlow);
  assert.match(found?.title.en ?? '', /^Disk sda does not answer: its requests time out/);
  assert.deepEqual(
    found?.evidence.filter((e) => e.command === 'log').map((e) => e.value),
    [own],
  );
});

test('the name of a disk is text, whatever damage made of it', () => {
  for (const name of ['sd(a', 'sd[', '(x+x+)+y', 'a\\', '*']) {
    const machine = slow(name, 95);
    machine.lines.push(`I/O error, dev ${'x'.repeat(60)}, sector 1`);
    assert.match(machine.check(ioSlow)[0]?.title.en ?? '', / is slow, and tasks wait for it$/, name);
  }
});
