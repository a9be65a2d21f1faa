import assert from 'node:assert/strict';
import { test } from 'node:test';
import { pointerType } from '../../test/build/c-types.ts';
import { flatType, KernelMemory, type Place } from '../../test/build/kernel-memory.ts';
import type { Problem } from '../program/ports.ts';
import { btrfsState } from './btrfs.ts';
import { ext4State } from './ext4.ts';
import { xfsState } from './xfs.ts';

const EXT4 = 0;

/** ext4 of a kernel from v5.11 on, whose flags are numbered bits of a long. */
function ext4(more: Readonly<Record<string, Place>> = {}): { memory: KernelMemory; info: bigint; disk: bigint } {
  const memory = new KernelMemory();
  const journal = flatType('journal_s', 128, {
    j_flags: 0,
    j_errno: [8, 4],
    j_devname: [16, 32],
    j_task: 48,
    j_running_transaction: 56,
    j_committing_transaction: 64,
  });
  memory.kernel.type(journal);
  memory.type('ext4_sb_info', 512, {
    s_mount_opt: [EXT4, 4],
    s_mount_state: [4, 4],
    s_journal: [8, pointerType(journal)],
    s_ext4_flags: 16,
    s_mount_flags: 24,
    s_es: 32,
    s_add_error_count: [40, 4],
    s_first_error_func: [48, pointerType(flatType('char', 1, {}))],
    s_first_error_line: [56, 4],
    s_first_error_ino: [60, 4],
    s_first_error_block: 64,
    s_first_error_time: 72,
    s_last_error_func: [80, pointerType(flatType('char', 1, {}))],
    s_last_error_line: [88, 4],
    s_last_error_ino: [92, 4],
    s_last_error_block: 96,
    s_last_error_time: 104,
    ...more,
  });
  memory.type('ext4_super_block', 256, {
    s_error_count: [0, 4],
    s_first_error_func: [8, 32],
    s_first_error_line: [40, 4],
    s_first_error_time: [44, 4],
    s_first_error_time_hi: [48, 4],
    s_first_error_ino: [52, 4],
    s_first_error_block: 56,
    s_last_error_func: [64, 32],
    s_last_error_line: [96, 4],
    s_last_error_time: [100, 4],
    s_last_error_time_hi: [104, 4],
    s_last_error_ino: [108, 4],
    s_last_error_block: 112,
  });
  const info = memory.alloc(512);
  const disk = memory.alloc(256);
  memory.u64(info + 32n, disk);
  return { memory, info, disk };
}

test('ext4: the mode of its journal, options, and no error', () => {
  for (const [bits, data] of [
    [0x400, 'journal'],
    [0x800, 'ordered'],
    [0xc00, 'writeback'],
  ] as const) {
    const { memory, info } = ext4();
    memory.u32(info, bits | 0x20 | 0x8000000);
    memory.u64(info + 8n, memory.alloc(128));
    const problems: Problem[] = [];
    const state = ext4State(memory.program(), info, problems);
    assert.deepEqual([state.data, state.onError, state.options], [data, 'remount-ro', ['nobarrier', 'delalloc']]);
    assert.deepEqual([state.hasErrors, state.stopped, state.errorCount], [false, false, 0]);
    assert.deepEqual(problems, []);
  }
  const { memory, info } = ext4();
  memory.u32(info, 0x20800);
  const state = ext4State(memory.program(), info, []);
  assert.deepEqual([state.data, state.journal, state.options], ['no journal', undefined, []]);
});

test('ext4: errors on disk and those that are not yet written, an aborted journal', () => {
  const { memory, info, disk } = ext4();
  memory.u32(disk, 3);
  memory.text(disk + 8n, 'ext4_find_entry');
  memory.u32(disk + 40n, 1463);
  memory.u32(disk + 44n, 1000);
  memory.u32(disk + 48n, 1);
  memory.u32(info + 4n, 3);
  memory.u32(info + 40n, 2);
  memory.u64(info + 80n, memory.string('ext4_lookup'));
  memory.u32(info + 88n, 1855);
  memory.u64(info + 104n, 77);
  const journal = memory.alloc(128);
  memory.u64(info + 8n, journal);
  memory.u64(journal, 2);
  memory.u32(journal + 8n, -5);
  memory.text(journal + 16n, 'sda1-8');
  const state = ext4State(memory.program(), info, []);
  assert.deepEqual([state.hasErrors, state.errorCount], [true, 5]);
  assert.deepEqual(state.first, { function: 'ext4_find_entry', line: 1463, time: 1000 + 2 ** 32, inode: 0, block: 0n });
  assert.deepEqual([state.last?.function, state.last?.line, state.last?.time], ['ext4_lookup', 1855, 77]);
  assert.deepEqual([state.journal?.device, state.journal?.aborted, state.journal?.error], ['sda1-8', true, -5]);
});

test('ext4: shut down, by the flags of its time', () => {
  const shut = ext4();
  shut.memory.u64(shut.info + 16n, 2);
  assert.equal(ext4State(shut.memory.program(), shut.info, []).stopped, true);
  const older = ext4({ s_mount_flags: [24, 4] });
  older.memory.u32(older.info + 24n, 2);
  assert.equal(ext4State(older.memory.program(), older.info, []).stopped, true);
  // bit 1 has another meaning where no enumerator says that it is EXT4_MF_FS_ABORTED
  const newer = ext4();
  newer.memory.u64(newer.info + 24n, 2);
  assert.equal(ext4State(newer.memory.program(), newer.info, []).stopped, false);
});

test('ext4: a superblock that is not in the dump leaves the count unknown', () => {
  const { memory, info } = ext4();
  const away = memory.allocPage();
  memory.u64(info + 32n, away);
  memory.drop(away);
  const problems: Problem[] = [];
  const state = (): unknown[] => {
    const { errorCount, first, last } = ext4State(memory.program(), info, problems);
    return [errorCount, first?.line, last?.line];
  };
  assert.deepEqual(state(), [undefined, undefined, undefined]);
  memory.u32(info + 40n, 1);
  memory.u32(info + 56n, 123);
  assert.deepEqual(state(), [undefined, 123, 0]);
  assert.deepEqual(problems, []);
});

test('XFS: shut down, in flags of both makes', () => {
  const newer = new KernelMemory();
  newer.type('xfs_mount', 64, { m_opstate: 0, m_log: 8 });
  newer.type('xlog', 32, { l_opstate: 0 });
  const mount = newer.alloc(64);
  assert.deepEqual(xfsState(newer.program(), mount), { address: mount, shutdown: false, logError: false });
  const log = newer.alloc(32);
  newer.u64(mount, 4);
  newer.u64(mount + 8n, log);
  newer.u64(log, 4);
  assert.deepEqual(xfsState(newer.program(), mount), { address: mount, shutdown: true, logError: true });
  const older = new KernelMemory();
  older.type('xfs_mount', 64, { m_flags: 0, m_log: 8 });
  const at = older.alloc(64);
  older.u64(at, 16);
  assert.equal(xfsState(older.program(), at).shutdown, true);
});

test('btrfs: errors and the devices', () => {
  const memory = new KernelMemory();
  memory.type('btrfs_fs_info', 64, { fs_state: 0, fs_devices: 8, fs_error: [16, 4] });
  memory.type('btrfs_fs_devices', 64, { devices: [16, 16] });
  memory.type('btrfs_device', 64, { dev_list: [8, 16], bdev: 32 });
  const info = memory.alloc(64);
  const list = memory.alloc(64);
  const devices = [memory.alloc(64), memory.alloc(64)];
  memory.u64(info + 8n, list);
  memory.circle(list + 16n, ...devices.map((d) => d + 8n));
  memory.u64((devices[0] as bigint) + 32n, 0xffff888000abc000n);
  const state = (): unknown[] => {
    const { hasErrors, aborted, devices: found } = btrfsState(memory.program(), info, []);
    return [hasErrors, aborted, found];
  };
  assert.deepEqual(state(), [false, false, [0xffff888000abc000n, 0n]]);
  memory.u64(info, 5);
  assert.deepEqual(state().slice(0, 2), [true, true]);
  memory.u64(info, 0);
  memory.u32(info + 16n, -30);
  assert.equal(state()[0], true);
});
