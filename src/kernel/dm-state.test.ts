import assert from 'node:assert/strict';
import { test } from 'node:test';
import { KernelMemory } from '../../test/build/kernel-memory.ts';
import { MapperWriter } from '../../test/build/mapper-writer.ts';
import { mapperStates } from './dm-state.ts';

const NOWHERE = 0xffff888fffff0000n;
/** MPATHF_QUEUE_IF_NO_PATH, and another bit. */
const [QUEUES, OTHER] = [2n, 1n];

test('suspended devices with what they hold back, and one that works', () => {
  const machine = new MapperWriter(new KernelMemory());
  const first = machine.device(0, 1n, 'vg-root'); // DMF_BLOCK_IO_FOR_SUSPEND
  machine.bios(first.mapped, 3);
  machine.device(1, 2n); // DMF_SUSPENDED
  machine.device(2, 4n); // frozen or otherwise: no I/O is held back
  machine.disks.disk('sda', 8, 0, 'sd_fops', machine.memory.alloc(128));
  const states = mapperStates(machine.memory.program());
  assert.deepEqual(
    states.map((s) => [s.disk.name, s.name, s.suspended, s.deferred]),
    [
      ['dm-0', 'vg-root', true, 3],
      ['dm-1', 'vg-lv1', true, 0],
      ['dm-2', 'vg-lv2', false, 0],
    ],
  );
  assert.equal(states[0]?.mapped, first.mapped);
});

test('the paths of multipath targets, of all their groups; other targets have none', () => {
  const machine = new MapperWriter(new KernelMemory());
  const { mapped } = machine.device(0, 0n);
  const [, lost, good] = machine.table(mapped, 'linear', 'multipath', 'multipath');
  machine.paths(lost as bigint, QUEUES | OTHER, 0, 2, 1);
  machine.paths(good as bigint, OTHER, 1, 4);
  assert.deepEqual(mapperStates(machine.memory.program())[0]?.multipath, [
    { paths: 3, valid: 0, queues: true },
    { paths: 4, valid: 1, queues: false },
  ]);
});

test('a name that belongs to another device is not told', () => {
  const machine = new MapperWriter(new KernelMemory());
  const { mapped } = machine.device(0, 1n);
  const other = machine.device(1, 0n).mapped;
  machine.memory.u64(machine.memory.kernel.memory.u64(machine.memory.physical(mapped + 16n)) + 16n, other);
  assert.equal(mapperStates(machine.memory.program())[0]?.name, undefined);
});

test('a chain of bios that runs into itself or leaves memory: those before the break', () => {
  const machine = new MapperWriter(new KernelMemory());
  const [first, second] = [machine.device(0, 1n), machine.device(1, 1n)];
  const circle = machine.bios(first.mapped, 4);
  machine.memory.u64((circle[3] as bigint) + 8n, circle[1] as bigint);
  const torn = machine.bios(second.mapped, 5);
  machine.memory.u64((torn[2] as bigint) + 8n, NOWHERE);
  const states = mapperStates(machine.memory.program());
  assert.deepEqual(
    states.map((s) => [s.suspended, s.deferred]),
    [
      [true, 4],
      [true, 3],
    ],
  );
});

test('a damaged target leaves the others, and a circle of groups is no count', () => {
  const machine = new MapperWriter(new KernelMemory());
  const { memory } = machine;
  const { mapped } = machine.device(0, 0n);
  const [, circle, lost] = machine.table(mapped, 'linear', 'multipath', 'multipath');
  const links = machine.paths(circle as bigint, QUEUES, 0, 2, 3);
  memory.u64(links[1] as bigint, links[0] as bigint);
  machine.paths(lost as bigint, QUEUES, 0, 1);
  const word = (at: bigint): bigint => memory.kernel.memory.u64(memory.physical(at));
  memory.u64(word(word(mapped + 8n) + 8n) + 8n, NOWHERE); // the type of the first target
  assert.deepEqual(
    mapperStates(memory.program())[0]?.multipath.map((m) => [m.paths, m.valid, m.queues]),
    [
      [undefined, 0, true],
      [1, 0, true],
    ],
  );
});

test('a table of more targets than there can be, and one that is nowhere', () => {
  const machine = new MapperWriter(new KernelMemory());
  const first = machine.device(0, 1n).mapped;
  const [own] = machine.table(first, 'multipath');
  machine.paths(own as bigint, QUEUES, 0, 1);
  machine.memory.u32(machine.memory.kernel.memory.u64(machine.memory.physical(first + 8n)), -1);
  const second = machine.device(1, 1n).mapped;
  machine.memory.u64(second + 8n, NOWHERE);
  const states = mapperStates(machine.memory.program());
  assert.deepEqual(
    states.map((s) => [s.disk.name, s.suspended]),
    [
      ['dm-0', true],
      ['dm-1', true],
    ],
  );
  assert.deepEqual(states[0]?.multipath[0], { paths: 1, valid: 0, queues: true });
  assert.deepEqual(states[1]?.multipath, []);
});

test('a device whose data is gone is left out, and without types or a list of disks there are none', () => {
  const machine = new MapperWriter(new KernelMemory());
  machine.device(0, 1n);
  machine.memory.u64(machine.device(1, 1n).made.disk + 48n, NOWHERE);
  assert.deepEqual(
    mapperStates(machine.memory.program()).map((s) => s.disk.name),
    ['dm-0'],
  );
  assert.deepEqual(mapperStates(new KernelMemory().program()), []);
  const bare = new KernelMemory();
  bare.type('mapped_device', 128, { flags: 0 });
  assert.deepEqual(mapperStates(bare.program()), []);
  machine.memory.kernel.types.delete('dm_target');
  machine.memory.kernel.types.delete('bio');
  const [left] = mapperStates(machine.memory.program());
  assert.deepEqual([left?.name, left?.suspended, left?.deferred, left?.multipath], ['vg-lv0', true, 0, []]);
});
