import assert from 'node:assert/strict';
import { test } from 'node:test';
import { writeVmwareState } from '../../test/build/vmware-writer.ts';
import { bytesSource } from '../base/byte-source.ts';
import { AnalysisError, UsageError } from '../base/errors.ts';
import { nodeCodecs } from '../node/codecs.ts';
import { openImage } from './open-image.ts';

const memory = Uint8Array.from({ length: 0x6000 }, (_, i) => (i >> 12) + 1);
const regions = {
  memory: [
    ['regionsCount', [], 2],
    ['regionPageNum', [0], 0],
    ['regionPPN', [0], 0],
    ['regionSize', [0], 2],
    ['regionPageNum', [1], 2],
    ['regionPPN', [1], 0x100000],
    ['regionSize', [1], 4],
  ],
  cpu: [
    ['rip', [0], 0xffffffff81000000n],
    ['rsp', [0], 0xffffc90000003000n],
    ['rip', [1], 0x401000n],
  ],
} as const;

const open = (...files: Uint8Array[]) =>
  openImage(
    files.map((bytes, i) => bytesSource(`file${i}`, bytes)),
    nodeCodecs(),
  );
const byte = (image: ReturnType<typeof open>, at: number): unknown => {
  const into = new Uint8Array(1);
  return image.memory.read(at, into) ?? into[0];
};

test('a state file and its .vmem, in any order, with the hole below 4 GiB', () => {
  const state = writeVmwareState(regions);
  for (const image of [open(state, memory), open(memory, state)]) {
    assert.equal(image.format, 'VMware state and .vmem');
    assert.deepEqual(image.problems, []);
    assert.equal(byte(image, 0x1fff), 2);
    assert.equal(byte(image, 0x2000), 'not-in-dump');
    assert.equal(byte(image, 0x100000000), 3);
    assert.equal(byte(image, 0x100003fff), 6);
    assert.equal(byte(image, 0x100004000), 'not-in-dump');
  }
});

test('registers become notes, CPUs in their order', () => {
  const [first, second, ...none] = open(writeVmwareState(regions), memory).cpuNotes;
  assert.deepEqual(none, []);
  const at = (note: Uint8Array | undefined, index: number): bigint =>
    new DataView((note as Uint8Array).buffer).getBigUint64(112 + 8 * index, true);
  assert.equal(at(first, 16), 0xffffffff81000000n);
  assert.equal(at(first, 19), 0xffffc90000003000n);
  assert.equal(at(second, 16), 0x401000n);
});

test('memory inside of the state file', () => {
  const image = open(writeVmwareState({ memory: [['Memory', [0, 0], memory]] }));
  assert.equal(image.format, 'VMware state with memory');
  assert.equal(byte(image, 0x5000), 6);
  assert.equal(byte(image, 0x6000), 'not-in-dump');
});

test('a state file alone says what is missing; damage is an error or a shorter answer', () => {
  const state = writeVmwareState(regions);
  assert.throws(() => open(state), UsageError);
  for (let size = 1; size < state.length; size += 7) {
    for (const file of [state.slice(0, size), state.map((b, i) => (i === size ? b ^ 0xff : b))]) {
      try {
        byte(open(file, memory), 0x100000000);
      } catch (e) {
        assert.ok(e instanceof AnalysisError, String(e));
      }
    }
  }
});
