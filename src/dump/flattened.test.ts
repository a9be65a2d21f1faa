import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ByteWriter, seededRandom } from '../../test/build/byte-writer.ts';
import { writeElfCore } from '../../test/build/elf-core-writer.ts';
import { type FlattenedOptions, writeFlattened } from '../../test/build/flattened-writer.ts';
import { writeKdump } from '../../test/build/kdump-writer.ts';
import { testDumpFormat } from '../../test/conformance/dump-format.ts';
import { bytesSource } from '../base/byte-source.ts';
import { nodeCodecs } from '../node/codecs.ts';
import { elfCore } from './elf-core.ts';
import { flattened } from './flattened.ts';
import { FlattenedSource } from './flattened-source.ts';
import { kdump } from './kdump.ts';

const format = flattened([kdump, elfCore]);

const layouts: readonly (readonly [string, FlattenedOptions])[] = [
  ['in order', {}],
  ['interleaved, header written again at the end', { interleave: true, rewriteStart: true, recordSize: 600 }],
  ['big records', { recordSize: 70_000 }],
];
for (const [name, options] of layouts) {
  testDumpFormat(`flattened kdump, ${name}`, {
    format,
    build: (memory) => [writeFlattened(writeKdump(memory), options)],
    knowsExcluded: true,
    opensWhenCut: !options.rewriteStart,
  });
}

testDumpFormat('flattened ELF', {
  format,
  build: ({ pages, pageSize }) => {
    const segments = [...pages].flatMap(([pfn, data]) => (data === 'excluded' ? [] : [{ phys: pfn * pageSize, data }]));
    return [writeFlattened(writeElfCore({ segments }), { interleave: true, recordSize: 5000 })];
  },
  knowsExcluded: false,
});

testDumpFormat('flattened parts of a split kdump, one of them not flattened', {
  format,
  build: (memory) => [
    writeFlattened(writeKdump({ ...memory, split: { start: 0, end: 400 } })),
    writeKdump({ ...memory, split: { start: 400, end: 500 } }),
    writeFlattened(writeKdump({ ...memory, split: { start: 500, end: memory.maxPfn } }), { interleave: true }),
  ],
  knowsExcluded: true,
});

/** Flattened file of arbitrary records. */
function records(list: readonly (readonly [at: number, part: Uint8Array])[]): FlattenedSource {
  const w = new ByteWriter(false).text('makedumpfile', 16).u64(1).u64(1).padTo(4096);
  for (const [at, part] of list) w.u64(at).u64(part.length).bytes(part);
  return new FlattenedSource(bytesSource('flat', w.u64(-1).u64(-1).done()));
}

test('overlapping records: the later one wins, holes are zero; against a file that is really written', () => {
  for (let seed = 1; seed <= 60; seed++) {
    const random = seededRandom(seed);
    const real = new Uint8Array(3000);
    let size = 0;
    const list = Array.from({ length: 1 + random(40) }, (_, i) => {
      const at = random(2500);
      const part = new Uint8Array(1 + random(random(4) === 0 ? 500 : 60)).fill(i + 1);
      real.set(part, at);
      size = Math.max(size, at + part.length);
      return [at, part] as const;
    });
    const source = records(list);
    assert.equal(source.problem, undefined);
    assert.equal(source.size, size);
    const whole = new Uint8Array(3000);
    assert.equal(source.read(0, whole), size);
    assert.deepEqual(whole, real, `seed ${seed}`);
    for (let i = 0; i < 40; i++) {
      const at = random(size + 10);
      const part = new Uint8Array(1 + random(300));
      const got = source.read(at, part);
      assert.equal(got, Math.max(0, Math.min(part.length, size - at)));
      assert.deepEqual(part.slice(0, got), real.slice(at, at + got));
    }
  }
});

test('many records, small and big ones mixed, are all found', () => {
  const list = Array.from({ length: 5000 }, (_, i) => [i * 50, new Uint8Array(50).fill(i)] as const);
  const big = [250_000, new Uint8Array(600_000).fill(7)] as const;
  const source = records([...list.slice(0, 2500), big, ...list.slice(2500)]);
  assert.equal(source.size, 850_000);
  const one = new Uint8Array(1);
  for (let i = 0; i < 5000; i += 7) {
    source.read(i * 50 + 49, one);
    assert.equal(one[0], i & 255);
  }
  source.read(849_999, one);
  assert.equal(one[0], 7);
});

test('a file cut inside a record opens and says so', () => {
  const file = writeFlattened(writeKdump({ pages: new Map([[3, new Uint8Array(4096).fill(1)]]), maxPfn: 64 }));
  const open = (bytes: Uint8Array) => format.open(bytesSource('vmcore', bytes), nodeCodecs(), []);
  assert.match(open(file.slice(0, -20)).problems.join(), /the file is truncated: vmcore ends inside a record/);
  assert.deepEqual(open(file.slice(0, -16)).problems, ['the file is truncated: vmcore has no end record']);
  assert.deepEqual(open(file).problems, []);
  assert.equal(open(file).format, 'kdump-compressed (zlib), flattened');
});

test('a record that cannot be ends the index and is named', () => {
  const w = new ByteWriter(false).text('makedumpfile', 16).u64(1).u64(1).padTo(4096);
  w.u64(0).u64(4).text('good').u64(-5).u64(9).text('bad bytes');
  const source = new FlattenedSource(bytesSource('flat', w.done()));
  assert.equal(source.size, 4);
  assert.match(source.problem ?? '', /flat: offset 0x1014: a flattened record of 9 bytes for offset -/);
});

test('a flattened file of something else says what it holds', () => {
  const png = Uint8Array.from('\x89PNG\r\n\x1a\n and more', (c) => c.charCodeAt(0));
  const source = bytesSource('vmcore', writeFlattened(png));
  assert.throws(() => format.open(source, nodeCodecs(), []), /flattened file that holds a PNG image/);
});
