import assert from 'node:assert/strict';
import { test } from 'node:test';
import { KernelMemory } from '../../test/build/kernel-memory.ts';
import { OldLogWriter, RingWriter } from '../../test/build/log-writer.ts';
import { logRecords } from './printk.ts';

function texts(memory: KernelMemory): string[] {
  return logRecords(memory.program()).records.map((record) => record.text);
}

for (const littleEndian of [true, false]) {
  const order = littleEndian ? 'little' : 'big';
  test(`the lockless ring needs neither types nor symbols, ${order}-endian`, () => readsRing(littleEndian));
}

function readsRing(littleEndian: boolean): void {
  const memory = new KernelMemory(littleEndian);
  const ring = new RingWriter(memory, 4, 9);
  ring.add('Linux version 6.1', { level: 5 });
  ring.add('virtio0: ready', { caller: 0x80000001, device: '+virtio:virtio0' });
  ring.add('two\nlines', { state: 1, caller: 77 });
  const { records, problems } = logRecords(memory.program());
  assert.deepEqual(problems, []);
  assert.deepEqual(records[0], {
    sequence: 0n,
    timestampNs: 0n,
    level: 5,
    facility: 0,
    flags: 2,
    caller: 'T1',
    text: 'Linux version 6.1',
  });
  assert.equal(records[1]?.caller, 'C1');
  assert.deepEqual(records[1]?.dict, ['DEVICE=+virtio:virtio0']);
  assert.equal(records[2]?.text, 'two\nlines');
  assert.equal(records[2]?.timestampNs, 2_000_000n);
}

test('a ring that has gone round keeps its order, over the end of both arrays and of the text', () => {
  const memory = new KernelMemory();
  // Ids wrap at 2^62 and positions at 2^64: both are near their end.
  const ring = new RingWriter(memory, 3, 8, 0x3ffffffffffffffdn, 2n ** 64n - 512n);
  const all: string[] = [];
  const ids: bigint[] = [];
  for (let i = 0; i < 12; i++) {
    all.push(`record number ${i} ${'x'.repeat(i)}`);
    ids.push(ring.add(all[i] as string));
  }
  // Each record takes 24 to 40 bytes, so the last five fit into 256.
  ring.tail(ids[7] as bigint);
  assert.deepEqual(texts(memory), all.slice(7));
});

test('empty, lost, reserved and dropped records', () => {
  const memory = new KernelMemory();
  const ring = new RingWriter(memory, 4, 9);
  ring.add('dropped', { state: 3 });
  ring.add('');
  ring.add('LOST');
  ring.add('being written', { state: 0 });
  ring.add('last');
  const { records, problems } = logRecords(memory.program());
  assert.deepEqual(
    records.map((r) => r.text),
    ['', 'last'],
  );
  assert.deepEqual(problems, [{ what: 'kernel log', why: '1 of 5 records lost: text found no room' }]);
});

test('a block that ends exactly at the end of the text buffer', () => {
  const memory = new KernelMemory();
  const ring = new RingWriter(memory, 3, 6);
  const id = ring.add('a'.repeat(40)); // 48 of 64 bytes
  const at = ring.descriptor(id);
  // Moved by hand to the last 48 bytes, as newer kernels place it.
  memory.u64(ring.data + 16n, id);
  memory.bytes(ring.data + 24n, new TextEncoder().encode('b'.repeat(40)));
  memory.u64(at + 8n, 16);
  memory.u64(at + 16n, 64);
  assert.deepEqual(texts(memory), ['b'.repeat(40)]);
});

test('damage costs single records', () => {
  const memory = new KernelMemory();
  const ring = new RingWriter(memory, 9, 14);
  const ids: bigint[] = [];
  for (let i = 0; i < 300; i++) ids.push(ring.add(`message ${i} ${'.'.repeat(20)}`));
  memory.u64(ring.descriptor(ids[3] as bigint), 0xffffffffffffffffn); // id of nobody, reusable: as after an overrun
  memory.u64(ring.descriptor(ids[5] as bigint), 0x8000000000000fffn); // another id
  memory.u64(ring.descriptor(ids[9] as bigint) + 8n, 4n); // not a block's place
  memory.u64(ring.data + 40n * 20n, 0x4141414141414141n); // text overwritten
  memory.drop(ring.data + 4096n);
  const { records, problems } = logRecords(memory.program());
  assert.ok(records.length >= 190 && records.length <= 200, `${records.length} records`);
  assert.equal(records[0]?.text, `message 0 ${'.'.repeat(20)}`);
  assert.equal(records.at(-1)?.text, `message 299 ${'.'.repeat(20)}`);
  const why = problems.map((p) => p.why).join('; ');
  assert.match(why, /descriptor with another id/);
  assert.match(why, /text position makes no sense/);
  assert.match(why, /text of another record/);
  assert.match(why, /text (?:not mapped|excluded)/);
});

test('a ring whose header makes no sense is refused at once', () => {
  for (const [offset, value] of [
    [0n, 200n],
    [48n, 60n],
    [24n, 1n << 40n],
  ] as const) {
    const memory = new KernelMemory();
    const ring = new RingWriter(memory, 4, 9);
    ring.add('x');
    memory.u64(ring.ring + offset, value);
    const { records, problems } = logRecords(memory.program());
    assert.deepEqual(records, []);
    assert.match(problems[0]?.why ?? '', /log ring: .* exceed/);
  }
});

test('the older log needs neither types nor symbols', () => {
  const memory = new KernelMemory();
  const log = new OldLogWriter(memory, 4096);
  log.add('Linux version 4.19.0', []);
  log.add('usb 1-1: new device', ['SUBSYSTEM=usb', 'DEVICE=c189:1']);
  log.add('', []);
  log.add('end', []);
  const { records, problems } = logRecords(memory.program());
  assert.deepEqual(problems, []);
  assert.deepEqual(
    records.map((r) => r.text),
    ['Linux version 4.19.0', 'usb 1-1: new device', '', 'end'],
  );
  assert.deepEqual(records[1], {
    sequence: 1n,
    timestampNs: 1000n,
    level: 4,
    facility: 3,
    flags: 6,
    text: 'usb 1-1: new device',
    dict: ['SUBSYSTEM=usb', 'DEVICE=c189:1'],
  });
});

test('the older log starts over where a record of length 0 stands', () => {
  const memory = new KernelMemory();
  const log = new OldLogWriter(memory, 1024);
  for (let i = 0; i < 30; i++) log.add(`record ${i} ${'y'.repeat(30)}`);
  // A record takes 60 bytes, 16 fit before the end; the last 14 are at the beginning, so the oldest is number 15.
  log.startAt(15);
  assert.deepEqual(
    texts(memory).map((text) => Number(text.split(' ')[1])),
    Array.from({ length: 15 }, (_, i) => 15 + i),
  );
});

test('the older log goes on behind damage, and says how much it skipped', () => {
  const memory = new KernelMemory();
  const log = new OldLogWriter(memory, 16384);
  for (let i = 0; i < 100; i++) log.add(`record ${i} of the log`);
  memory.u16(log.buffer + BigInt(log.starts[40] as number) + 8n, 0xfff1);
  const { records, problems } = logRecords(memory.program());
  assert.equal(records.length, 99);
  assert.equal(records[40]?.text, 'record 41 of the log');
  assert.match(problems[0]?.why ?? '', /record of 65521 bytes with 20 of text .*; 36 bytes skipped/);
});

test('the older log ends although its records never meet the end', () => {
  const memory = new KernelMemory();
  const log = new OldLogWriter(memory, 4096);
  log.add('only one');
  memory.bytes(log.buffer + 28n, new Uint8Array(4000).fill(0xff));
  memory.u32(memory.program().vmcoreinfo.symbol('log_next_idx') as bigint, 3000);
  const { records, problems } = logRecords(memory.program());
  assert.equal(records.length, 1);
  assert.match(problems[0]?.why ?? '', /record of 65535 bytes/);
});

test('a kernel without a log buffer', () => {
  const { records, problems } = logRecords(new KernelMemory().program());
  assert.deepEqual(records, []);
  assert.match(problems[0]?.why ?? '', /no symbol log_buf/);
});

test('the older log is found by its shape where nothing leads to it', () => {
  const memory = new KernelMemory();
  const log = new OldLogWriter(memory, 16384);
  const all = Array.from({ length: 200 }, (_, i) => `message number ${i} ${'.'.repeat(i % 37)}`);
  for (const [i, text] of all.entries()) log.add(text, i % 9 === 0 ? ['SUBSYSTEM=usb', 'DEVICE=c189:1'] : []);
  memory.u64(memory.program().vmcoreinfo.symbol('log_buf') ?? 0n, 0xdead0000n);
  const { records, problems } = logRecords(memory.program());
  assert.deepEqual(
    records.map((r) => r.text),
    all,
  );
  assert.equal(problems.at(-1)?.why, '200 records found in memory by their shape');
});
