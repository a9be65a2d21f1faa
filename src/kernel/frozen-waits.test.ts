import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { FilesystemState } from './filesystem-state.ts';
import { frozenWaits } from './frozen-waits.ts';
import type { TaskWait } from './wait-graph.ts';

function filesystem(superblock: bigint, frozen: number): FilesystemState {
  return {
    ...{ superblock, frozen, type: 'ext4', paths: ['/data'], options: '', readOnly: false, writeError: 0, devices: [] },
  };
}

function wait(pid: number, address: bigint | undefined, seconds: number): TaskWait {
  const resource = address === undefined ? undefined : { address };
  return { task: { pid }, seconds, ...(resource && { resource }) } as TaskWait;
}

test('who waits for what is part of the superblock of a frozen file system', () => {
  const waits = [
    wait(1, 0x1278n, 5),
    wait(2, 0x5278n, 9),
    wait(3, undefined, 9),
    wait(4, 0x1000n, 7),
    wait(5, 0x1800n, 9),
  ];
  const found = frozenWaits([filesystem(0x1000n, 4), filesystem(0x5000n, 0)], waits, 0x800);
  assert.deepEqual(
    found.map((f) => [f.filesystem.superblock, f.waits.map((w) => w.task.pid)]),
    [[0x1000n, [4, 1]]],
  );
});
