import assert from 'node:assert/strict';
import { test } from 'node:test';
import { numberSegments } from './btf-numbering.ts';
import type { DamagedRecords, Segment } from './btf-resync.ts';

const FUNC = 12;
const COUNT = 4000;

/** Records of functions whose prototypes are nowhere, behind holes of any number of types. */
function rubbish(): { records: DamagedRecords; segments: Segment[] } {
  const words = new Uint32Array(COUNT * 3);
  for (let i = 0; i < COUNT; i++) words.set([1, FUNC << 24, 10_000_000 + i], i * 3);
  const starts = Array.from({ length: COUNT }, (_, i) => i * 3);
  const segments = Array.from({ length: 200 }, (_, i) => ({
    from: 400_000 * (i + 1),
    to: 400_000 * i + 412_000,
    starts,
  }));
  const lost = { touches: () => false } as unknown as DamagedRecords['lost'];
  const sizes = {} as DamagedRecords['sizes'];
  const strings = new Uint8Array(0);
  const common = { lost, sizes, strings, lostStrings: lost, firstString: 0, firstId: 1, pointerSize: 8 };
  return { records: { words, end: 1e9, ...common }, segments };
}

test('segments that nothing gives a number take no time', () => {
  const { records, segments } = rubbish();
  const start = process.cpuUsage();
  assert.deepEqual(numberSegments(records, segments), { numbered: [], complete: false });
  const { user, system } = process.cpuUsage(start);
  assert.ok(user + system < 5_000_000, `${user + system} us`);
});
