import assert from 'node:assert/strict';
import { test } from 'node:test';
import { runsOf, writeLime } from '../../test/build/ram-image-writer.ts';
import { testDumpFormat } from '../../test/conformance/dump-format.ts';
import { bytesSource } from '../base/byte-source.ts';
import { nodeCodecs } from '../node/codecs.ts';
import type { DumpImage } from '../program/ports.ts';
import { lime } from './lime.ts';

testDumpFormat('LiME', { format: lime, build: (memory) => [writeLime(runsOf(memory))], knowsExcluded: false });

const SIZE = 0x3000;
const RUNS = [0x1000, 0x10000, 0x100000, 0x200000].map((start, i) => ({ start, data: Buffer.alloc(SIZE, i + 1) }));

/** @param damage is given the header of the second range */
function damaged(damage: (header: DataView) => void): DumpImage {
  const file = Uint8Array.from(writeLime(RUNS));
  damage(new DataView(file.buffer, 32 + SIZE, 32));
  return lime.open(bytesSource('ram', file), nodeCodecs(), []);
}

const firstBytes = (image: DumpImage): (number | string)[] =>
  RUNS.map(({ start }) => {
    const into = new Uint8Array(1);
    return image.memory.read(start, into) ?? (into[0] as number);
  });

test('a damaged header of a range costs no other range', () => {
  assert.deepEqual(damaged(() => {}).problems, []);
  for (const [at, value] of [
    [0, 0],
    [4, 77],
    [8, 5],
    [16, 3],
    [16, 0x7fffffff],
  ] as const) {
    const image = damaged((header) => header.setUint32(at, value, true));
    assert.deepEqual(firstBytes(image), [1, 2, 3, 4], `${at}`);
    assert.match(image.problems.join('\n'), /LiME header/);
  }
});

test('a range whose addresses are lost is left out, and that is told', () => {
  const image = damaged((header) => {
    header.setBigUint64(8, 0xffff_ffffn, true);
    header.setBigUint64(16, 7n, true);
  });
  assert.deepEqual(firstBytes(image), [1, 'not-in-dump', 3, 4]);
  assert.match(image.problems.join('\n'), /12288 bytes; its addresses are lost too/);
});
