import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { gzipSync, zstdCompressSync } from 'node:zlib';
import { AnalysisError } from '../src/base/errors.ts';
import { packingOf } from '../src/node/archive/packing.ts';
import { openFileSource } from '../src/node/file-source.ts';
import { openDump } from '../src/node/open-dump.ts';
import { writeLz4, writeTar, writeXz, writeZip } from './build/archive-writer.ts';
import { writeElfCore } from './build/elf-core-writer.ts';
import { answersOf, openSample, samplePath } from './build/sample-dump.ts';

/** A dump in every packing gives what the dump itself gives. */
const folder = mkdtempSync(join(tmpdir(), 'inquest-archives-'));
after(() => rmSync(folder, { recursive: true }));

const NAME = 'amd64-6.1-softirq';
const whole = new Uint8Array(readFileSync(samplePath(NAME)));
const frames = (bytes: Uint8Array, size: number): Uint8Array =>
  Buffer.concat(
    Array.from({ length: Math.ceil(bytes.length / size) }, (_, i) =>
      zstdCompressSync(bytes.subarray(i * size, (i + 1) * size)),
    ),
  );
const text = new TextEncoder().encode('notes of the machine\n'.repeat(20));

const packed: Readonly<Record<string, Uint8Array>> = {
  gz: gzipSync(whole, { level: 1 }),
  zst: zstdCompressSync(whole),
  'frames.zst': frames(whole, 1_000_000),
  xz: writeXz(whole, 0x200000),
  'one.xz': writeXz(whole, whole.length),
  lz4: writeLz4(whole, false),
  'linked.lz4': writeLz4(whole, true),
  tar: writeTar({ 'crash/dmesg.txt': text, 'crash/vmcore': whole }),
  zip: writeZip({ 'dmesg.txt': text, vmcore: whole }, true),
  'stored.zip': writeZip({ 'dmesg.txt': text, vmcore: whole }, false),
  'tar.gz': gzipSync(writeTar({ 'dmesg.txt': text, 'vmcore.gz': gzipSync(whole, { level: 1 }) }), { level: 1 }),
};

async function answers(path: string): Promise<string> {
  const dump = await openDump([path]);
  try {
    return answersOf(dump.program.image, ['ps', 'log']);
  } finally {
    dump.close();
  }
}

const sample = openSample(NAME);
const expected = answersOf(sample.image, ['ps', 'log']);
after(() => sample.close());

for (const [ending, bytes] of Object.entries(packed)) {
  test(`a dump in a .${ending}`, async () => {
    const path = join(folder, `vmcore.${ending}`);
    writeFileSync(path, bytes);
    assert.equal(await answers(path), expected);
  });
}

test('nothing is left in the folder of temporary files', async () => {
  const before = readdirSync(tmpdir()).filter((n) => n.startsWith('inquest-') && !n.startsWith('inquest-archives-'));
  await answers(join(folder, 'vmcore.gz'));
  assert.deepEqual(
    readdirSync(tmpdir()).filter((n) => n.startsWith('inquest-') && !n.startsWith('inquest-archives-')),
    before,
  );
});

test('a cut archive gives what is there and says so, or an error with a reason', async () => {
  for (const [ending, bytes] of Object.entries(packed)) {
    for (const share of [0.02, 0.5, 0.97]) {
      const path = join(folder, `cut.${ending}`);
      writeFileSync(path, bytes.subarray(0, Math.floor(bytes.length * share)));
      try {
        const dump = await openDump([path]);
        assert.ok(dump.program.image.problems.length > 0, `${ending} at ${share}: no problem is named`);
        dump.close();
      } catch (e) {
        assert.ok(e instanceof AnalysisError, `${ending} at ${share}: ${e}`);
      }
    }
  }
});

test('an archive without a dump, and what is in an archive in an archive in an archive', async () => {
  const path = join(folder, 'other.tar');
  writeFileSync(path, writeTar({ a: text, b: text }));
  await assert.rejects(openDump([path]), /none of the 2 files in this tar archive is a dump/);
  let deep: Uint8Array = writeTar({ a: text });
  for (let i = 0; i < 6; i++) deep = gzipSync(deep);
  writeFileSync(path, deep);
  await assert.rejects(openDump([path]), /more than 4 deep/);
});

test('packings are told by content', () => {
  const path = join(folder, 'any');
  for (const [ending, bytes] of Object.entries(packed)) {
    writeFileSync(path, bytes);
    const file = openFileSource(path);
    const expectedKind = { gz: 'gzip', zst: 'zstd', xz: 'xz', lz4: 'lz4', tar: 'tar', zip: 'zip' }[
      ending.split('.').at(-1) as 'gz'
    ];
    assert.equal(packingOf(file), expectedKind, ending);
    file.close();
  }
  const elf = writeElfCore({ segments: [] });
  writeFileSync(path, elf);
  const file = openFileSource(path);
  assert.equal(packingOf(file), undefined);
  file.close();
});

async function problemsOf(bytes: Uint8Array): Promise<string[]> {
  const path = join(folder, 'damaged.archive');
  writeFileSync(path, bytes);
  const dump = await openDump([path]);
  try {
    const own = dump.program.image.problems.filter((p) => !sample.image.problems.includes(p));
    const answer = answersOf({ ...dump.program.image, problems: sample.image.problems }, ['ps', 'log']);
    assert.equal(answer, expected);
    return own;
  } finally {
    dump.close();
  }
}

test('a zip without its directory, or with a damaged one, is read by the headers before its files', async () => {
  for (const deflate of [true, false]) {
    const bytes = writeZip({ 'dmesg.txt': text, vmcore: whole, 'z.txt': text }, deflate);
    const first = Buffer.from(bytes).indexOf('PK\u0001\u0002', bytes.length - 400);
    const damaged = Uint8Array.from(bytes);
    damaged.fill(0x55, first, first + 30);
    // Sizes that are told behind the data, as in a zip that was written to a pipe.
    const streamed = Uint8Array.from(bytes.subarray(0, first));
    for (const name of ['dmesg.txt', 'vmcore', 'z.txt']) {
      const at = Buffer.from(streamed).indexOf(name) - 30;
      streamed[at + 6] = 8;
      streamed.fill(0, at + 14, at + 26);
    }
    assert.ok(first > 0);
    for (const form of [bytes.subarray(0, first), damaged, deflate ? streamed : damaged]) {
      const problems = await problemsOf(form);
      assert.ok(
        problems.some((p) => /zip: the directory at its end is lost or damaged/.test(p)),
        problems.join(),
      );
    }
    assert.deepEqual(await problemsOf(bytes), []);
  }
});

test('a tar with a damaged header goes on with the next one, and gives what stood behind it', async () => {
  const bytes = writeTar({ 'dmesg.txt': text, vmcore: whole, 'z.txt': text });
  const dump = 512 + 512;
  for (const at of [0, dump]) {
    for (const [from, to] of [
      [10, 11],
      [124, 130],
      [0, at === 0 ? 200 : 512],
    ] as const) {
      const damaged = Uint8Array.from(bytes);
      damaged.fill(0x41, at + from, at + to);
      const problems = await problemsOf(damaged);
      assert.ok(
        problems.some((p) => p.includes(`tar: the header at 0x${at.toString(16)} is damaged`)),
        problems.join(),
      );
    }
  }
});
