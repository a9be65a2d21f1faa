import assert from 'node:assert/strict';
import { test } from 'node:test';
import { writeNotes } from '../../test/build/elf-core-writer.ts';
import { type KdumpOptions, writeKdump } from '../../test/build/kdump-writer.ts';
import { pageCompressors } from '../../test/build/page-compressors.ts';
import type { TestMemory } from '../../test/build/test-memory.ts';
import { testDumpFormat } from '../../test/conformance/dump-format.ts';
import { bytesSource } from '../base/byte-source.ts';
import { BadDataError, UsageError } from '../base/errors.ts';
import { nodeCodecs } from '../node/codecs.ts';
import type { DumpImage } from '../program/ports.ts';
import { kdump } from './kdump.ts';

const codecs = nodeCodecs();
const page = (value: number, size = 4096): Uint8Array => new Uint8Array(size).fill(value);

function open(...files: Uint8Array[]): DumpImage {
  const [first, ...more] = files.map((bytes, i) => bytesSource(`vmcore.${i + 1}`, bytes));
  if (!first) throw new Error('no file');
  return kdump.open(first, codecs, more);
}

const firstByte = (image: DumpImage, pfn: number, size = 4096): unknown => {
  const into = new Uint8Array(1);
  return image.memory.read(pfn * size, into) ?? into[0];
};

function splitFiles(memory: TestMemory, cuts: readonly number[], options: Partial<KdumpOptions> = {}): Uint8Array[] {
  const edges = [0, ...cuts, memory.maxPfn];
  return edges
    .slice(1)
    .map((end, i) => writeKdump({ ...memory, ...options, split: { start: edges[i] as number, end } }));
}

for (const version of [1, 2, 3, 4, 5, 6]) {
  const littleEndian = version % 2 === 0;
  testDumpFormat(`kdump version ${version}, ${littleEndian ? 'little' : 'big'}-endian`, {
    format: kdump,
    build: (memory) => [writeKdump({ ...memory, version, littleEndian })],
    knowsExcluded: true,
  });
}

for (const name of ['none', 'lzo', 'snappy', 'zstd'] as const) {
  testDumpFormat(`kdump ${name}`, {
    format: kdump,
    build: (memory) => [writeKdump({ ...memory, compressor: pageCompressors[name] })],
    knowsExcluded: true,
  });
}

for (const pageSize of [8192, 16384, 65536]) {
  testDumpFormat(`kdump with blocks of ${pageSize >> 10} KiB`, {
    format: kdump,
    build: (memory) => [writeKdump({ ...memory, blockSize: pageSize, compressor: pageCompressors.lzo })],
    knowsExcluded: true,
    pageSize,
  });
}

testDumpFormat('kdump split in 4, one of them empty, given out of order', {
  format: kdump,
  build: (memory) => {
    const [a, b, c, d] = splitFiles(memory, [300, 800, 800]) as [Uint8Array, Uint8Array, Uint8Array, Uint8Array];
    return [c, a, d, b];
  },
  knowsExcluded: true,
});

test('headers: what they say is reported, and the sub-header gives VMCOREINFO and notes', () => {
  const notes = writeNotes([
    { name: 'CORE', type: 1, desc: page(5, 336) },
    { name: 'VMCOREINFO', type: 0, desc: Uint8Array.from('A=1\n', (c) => c.charCodeAt(0)) },
  ]);
  const both = { pages: new Map([[3, page(9)]]), maxPfn: 64, notes, dumpLevel: 31, physBase: 0xfffffffffe400000n };
  const image = open(writeKdump({ ...both, vmcoreinfo: 'OSRELEASE=6.1.0\n', eraseinfo: 'erased jprobe\n' }));
  assert.deepEqual(image.header, {
    utsname: {
      sysname: 'Linux',
      nodename: 'test',
      release: '6.1.0-test',
      version: '#1 SMP',
      machine: 'x86_64',
      domainname: '(none)',
    },
    timestampSeconds: 1700000000,
    dumpLevel: 31,
    physBase: 0xfffffffffe400000n,
    blockSize: 4096,
    cpuCount: 2,
  });
  assert.equal(image.vmcoreinfo, 'OSRELEASE=6.1.0\n');
  assert.deepEqual(image.cpuNotes, [page(5, 336)]);
  assert.deepEqual(image.codecs, ['zlib']);
  assert.equal(image.format, 'kdump-compressed (zlib)');
  assert.equal(open(writeKdump(both)).vmcoreinfo, 'A=1\n', 'from the note where the sub-header has none');
});

test('version 2 and older: what stands where later fields would be is not read', () => {
  for (const version of [0, 1, 2]) {
    const image = open(writeKdump({ pages: new Map([[3, page(9)]]), maxPfn: 64, version, vmcoreinfo: 'A=1\n' }));
    assert.equal(image.vmcoreinfo, undefined);
    assert.equal(image.header.dumpLevel, version === 0 ? undefined : 31);
    assert.equal(firstByte(image, 3), 9);
  }
});

test("QEMU's header: empty names are left out", () => {
  const utsname = ['', '', '', '', 'x86_64', ''];
  const image = open(writeKdump({ pages: new Map([[3, page(9)]]), maxPfn: 64, utsname, timestamp: 0 }));
  assert.deepEqual(image.header.utsname, { machine: 'x86_64' });
  assert.equal(image.header.timestampSeconds, undefined);
});

test('a missing part of a split set is named and its pages are not in the dump', () => {
  const pages = new Map([10, 40, 70].map((pfn) => [pfn, page(pfn)] as const));
  const [a, b, c] = splitFiles({ pages, maxPfn: 100, pageSize: 4096 }, [30, 60]) as [
    Uint8Array,
    Uint8Array,
    Uint8Array,
  ];
  const image = open(c, a);
  assert.deepEqual(
    [10, 40, 70, 50].map((pfn) => firstByte(image, pfn)),
    [10, 'not-in-dump', 70, 'not-in-dump'],
  );
  assert.deepEqual(image.problems, ['split dump: the part with page frames 0x1e to 0x3b is missing']);
  assert.deepEqual(
    [10, 40, 70].map((pfn) => firstByte(open(b), pfn)),
    ['not-in-dump', 40, 'not-in-dump'],
  );
  assert.equal(open(b).problems.length, 2);
  assert.match(open(a, b, a, c).problems.join(), /vmcore\.3 repeats page frames of vmcore\.1/);
});

test('files that do not belong together are refused', () => {
  const pages = new Map([[10, page(1)]]);
  const whole = writeKdump({ pages, maxPfn: 100 });
  const half = writeKdump({ pages, maxPfn: 100, split: { start: 0, end: 50 } });
  const other = writeKdump({ pages, maxPfn: 200, split: { start: 50, end: 200 } });
  assert.throws(() => open(whole, half), { constructor: UsageError, message: /vmcore\.1 is a whole dump/ });
  assert.throws(() => open(half, whole), { constructor: UsageError, message: /vmcore\.2 is a whole dump/ });
  assert.throws(() => open(half, other), { constructor: BadDataError, message: /not a part of the same split dump/ });
});

test('a writer that ran out of space: the dump is marked, unwritten pages are truncated', () => {
  const pages = new Map([10, 40].map((pfn) => [pfn, page(pfn)] as const));
  const image = open(writeKdump({ pages, maxPfn: 100, status: 1 | 8, unwritten: new Set([40]) }));
  assert.deepEqual([firstByte(image, 10), firstByte(image, 40)], [10, 'truncated']);
  assert.match(image.problems.join(), /marked incomplete/);
  assert.deepEqual(image.codecs, ['zlib']);
});

test('a cut file says how much is missing', () => {
  const pages = new Map([10, 40].map((pfn) => [pfn, page(pfn)] as const));
  const file = writeKdump({ pages, maxPfn: 100, compressor: pageCompressors.none });
  const image = open(file.slice(0, -1));
  assert.deepEqual(image.problems, [
    `the file is truncated: vmcore.1 has ${file.length - 1} bytes of at least ${file.length}`,
  ]);
  assert.deepEqual([firstByte(image, 10), firstByte(image, 40)], [10, 'truncated']);
});

test('a cut file whose first page is stored behind a page of zeros says how much is missing', () => {
  const pages = new Map(Array.from({ length: 300 }, (_, pfn) => [pfn, page(pfn % 3)] as const));
  const first = new Map([...pages].filter(([pfn]) => pfn > 0));
  for (const [set, zerosFirst] of [
    [first, true],
    [pages, true],
    [pages, false],
  ] as const) {
    const file = writeKdump({ pages: set, maxPfn: 400, zerosFirst });
    assert.deepEqual(open(file).problems, []);
    assert.deepEqual(open(file.slice(0, -9)).problems, [
      `the file is truncated: vmcore.1 has ${file.length - 9} bytes of at least ${file.length}`,
    ]);
  }
});

test('a damaged page is corrupt and costs only itself', () => {
  const random = Uint8Array.from({ length: 4096 }, (_, i) => (i * 7919) >> 5);
  const pages = new Map([10, 11, 12].map((pfn) => [pfn, random.map((b) => b ^ pfn)] as const));
  const file = writeKdump({ pages, maxPfn: 100 });
  file[file.length - 1500] = (file[file.length - 1500] as number) ^ 0x55;
  const image = open(file);
  const faults = [10, 11, 12].map((pfn) => image.memory.read(pfn * 4096, new Uint8Array(4096)));
  assert.equal(faults.filter((f) => f === 'corrupt').length, 1, faults.join());
  assert.equal(faults.filter((f) => f === undefined).length, 2, faults.join());
});

test('headers that cannot be are refused with offset and value', () => {
  const file = writeKdump({ pages: new Map([[10, page(1)]]), maxPfn: 100 });
  const patched = (at: number, value: number): Uint8Array => {
    const copy = file.slice();
    new DataView(copy.buffer).setUint32(at, value, true);
    return copy;
  };
  assert.throws(() => open(patched(428, 5000)), /vmcore\.1: offset 0x1ac: kdump header: block size 5000 is not/);
  assert.throws(() => open(patched(432, 0)), /sub_hdr_size 0 cannot be/);
  assert.match(
    open(patched(4096 + 96, 0x10000000)).problems.join(),
    /counts 268435456 page frames, its bitmap covers 32768/,
  );
  assert.throws(() => open(file.slice(0, 100)), /kdump header: needs 0x1d0 bytes, the file ends at 0x64/);
});

test('a dump of a 32-bit kernel is named as such', () => {
  const file = new Uint8Array(4096);
  file.set(Uint8Array.from('KDUMP   \x06', (c) => c.charCodeAt(0)));
  new DataView(file.buffer).setUint32(416, 4096, true);
  assert.throws(() => open(file), /32-bit kernel/);
});

test('a number of page frames that is damaged: what the bitmaps have is taken', () => {
  const pages = new Map([5, 6, 4000, 30_000].map((pfn) => [pfn, page((pfn % 200) + 1)] as const));
  const sound = writeKdump({ pages, maxPfn: 30_001, zerosFirst: true });
  assert.deepEqual(open(sound).problems, []);
  for (const [stated, told] of [
    [0, /counts 0 page frames, its bitmap covers 32768/],
    [4096, /counts 4096 page frames; 32768, as its bitmap has, fit the descriptors/],
  ] as const) {
    const file = sound.slice();
    new DataView(file.buffer).setBigUint64(4096 + 96, BigInt(stated), true);
    const image = open(file);
    assert.match(image.problems.join(), told);
    assert.deepEqual([firstByte(image, 5), firstByte(image, 30_000)], [6, 1]);
  }
});
