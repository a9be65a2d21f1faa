import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import type { DumpImage } from '../src/program/ports.ts';
import { type runsOf, writeAvml, writeLime, writeRaw } from './build/ram-image-writer.ts';
import { answersOf, imageOf, openSample, SAMPLES } from './build/sample-dump.ts';
import { writeVmwareState } from './build/vmware-writer.ts';

/** The same memory as an image without any header gives the tasks, the modules and the log that the dump gives. */
const PAGE = 4096;

/** Runs of the pages that the dump has. */
function runsOfImage(image: DumpImage): ReturnType<typeof runsOf> {
  const runs: { start: number; parts: Uint8Array[] }[] = [];
  for (const { start, end } of image.memory.ranges()) {
    for (let at = start; at < end; at += PAGE) {
      const page = new Uint8Array(PAGE);
      if (image.memory.read(at, page) !== undefined) continue;
      const last = runs.at(-1);
      if (last && last.start + last.parts.length * PAGE === at) last.parts.push(page);
      else runs.push({ start: at, parts: [page] });
    }
  }
  return runs.map(({ start, parts }) => ({ start, data: Buffer.concat(parts) }));
}

/** Pages that the dump leaves out read as zeros in an image with no way to say so: what is there must be equal. */
const facts = (image: DumpImage): string => {
  const lines = answersOf(image, ['ps', 'mod', 'log']).split('\n');
  return lines.slice(-3).join('\n');
};

const opened = SAMPLES.map((name) => ({ name, ...openSample(name) }));
after(() => {
  for (const sample of opened) sample.close();
});

for (const { name, image } of opened) {
  const runs = runsOfImage(image);
  const start = Math.min(...runs.map((r) => r.start));
  const whole = start < 0x1000000 ? 0 : start - (start % 0x40000000);
  const expected = facts(image);

  test(`${name}: LiME`, () => assert.equal(facts(imageOf(writeLime(runs))), expected));
  test(`${name}: AVML`, () => assert.equal(facts(imageOf(writeAvml(runs))), expected));
  test(`${name}: raw memory`, () => {
    const raw = imageOf(writeRaw(runs, whole));
    assert.equal(raw.format, 'raw memory');
    assert.equal(raw.memory.ranges()[0]?.start, whole);
    assert.equal(facts(raw), expected);
  });
  test(`${name}: VMware`, () => {
    const state = writeVmwareState({
      memory: [
        ['regionsCount', [], 1],
        ['regionPageNum', [0], 0],
        ['regionPPN', [0], whole / PAGE],
        ['regionSize', [0], Math.ceil((Math.max(...runs.map((r) => r.start + r.data.length)) - whole) / PAGE)],
      ],
    });
    assert.equal(facts(imageOf(state, writeRaw(runs, whole))), expected);
  });
}
