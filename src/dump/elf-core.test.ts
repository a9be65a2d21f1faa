import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type CoreSegment, writeElfCore } from '../../test/build/elf-core-writer.ts';
import type { TestMemory } from '../../test/build/test-memory.ts';
import { testDumpFormat } from '../../test/conformance/dump-format.ts';
import { bytesSource } from '../base/byte-source.ts';
import { UnsupportedError } from '../base/errors.ts';
import { nodeCodecs } from '../node/codecs.ts';
import type { DumpImage } from '../program/ports.ts';
import { elfCore } from './elf-core.ts';

const codecs = nodeCodecs();
const bytes = (n: number, value: number): Uint8Array => new Uint8Array(n).fill(value);
const ascii = (text: string): Uint8Array => Uint8Array.from(text, (c) => c.charCodeAt(0));
const open = (file: Uint8Array): DumpImage => elfCore.open(bytesSource('vmcore', file), codecs, []);

/** Runs of pages as segments; excluded pages at the end of one make it longer in memory than in the file. */
function segmentsOf({ pages, pageSize }: TestMemory): CoreSegment[] {
  const out: { phys: number; data: Uint8Array; memorySize: number; excluded: boolean }[] = [];
  for (const [pfn, page] of [...pages].sort((a, b) => a[0] - b[0])) {
    const last = out.at(-1);
    const follows = last && last.phys + last.memorySize === pfn * pageSize;
    if (page === 'excluded') {
      if (follows) Object.assign(last, { memorySize: last.memorySize + pageSize, excluded: true });
      else out.push({ phys: pfn * pageSize, data: new Uint8Array(0), memorySize: pageSize, excluded: true });
    } else if (follows && !last.excluded) {
      const data = new Uint8Array(last.data.length + pageSize);
      data.set(last.data);
      data.set(page, last.data.length);
      Object.assign(last, { data, memorySize: data.length });
    } else out.push({ phys: pfn * pageSize, data: page, memorySize: pageSize, excluded: false });
  }
  return out;
}

for (const bits of [64, 32] as const) {
  for (const littleEndian of [true, false]) {
    testDumpFormat(`ELF ${bits} ${littleEndian ? 'little' : 'big'}-endian`, {
      format: elfCore,
      build: (memory) => [writeElfCore({ bits, littleEndian, segments: segmentsOf(memory) })],
      knowsExcluded: true,
    });
  }
}

testDumpFormat('ELF with its segment count in section 0, one segment a page', {
  format: elfCore,
  build: ({ pages, pageSize }) => [
    writeElfCore({
      extendedCount: true,
      segments: [...pages].map(([pfn, page]) => ({
        phys: pfn * pageSize,
        data: page === 'excluded' ? new Uint8Array(0) : page,
        memorySize: pageSize,
      })),
    }),
  ],
  knowsExcluded: true,
});

test('notes: CPUs that saved nothing are left out, QEMU notes are kept apart, padding is skipped', () => {
  const status = (fill: number): Uint8Array => bytes(336, fill);
  const image = open(
    writeElfCore({
      machine: 183,
      segments: [{ phys: 0x1000, virt: 0xffff800000001000n, data: bytes(4096, 1) }],
      notes: [
        { name: 'CORE', type: 1, desc: status(0x11) },
        { name: 'CORE', type: 1, desc: status(0) },
        { name: 'CORE', type: 1, desc: new Uint8Array(0) },
        { name: 'CORE', type: 1, desc: status(0x22) },
        { name: 'QEMU', type: 0, desc: bytes(440, 3) },
        { name: 'VMCOREINFO', type: 0, desc: ascii('OSRELEASE=6.1.0\nPAGESIZE=4096\n\0junk') },
      ],
    }),
  );
  assert.deepEqual(
    image.cpuNotes.map((n) => [n.length, n[0]]),
    [
      [336, 0x11],
      [336, 0x22],
    ],
  );
  assert.deepEqual(
    image.qemuNotes?.map((n) => n.length),
    [440],
  );
  assert.equal(image.vmcoreinfo, 'OSRELEASE=6.1.0\nPAGESIZE=4096\n');
  assert.equal(image.elfMachine, 183);
  assert.deepEqual(image.virtualSegments, [{ virt: 0xffff800000001000n, phys: 0x1000, size: 4096 }]);
  assert.deepEqual(image.problems, []);
});

test('all-zero note headers between notes are padding', () => {
  const one = writeElfCore({ segments: [], notes: [{ name: 'CORE', type: 1, desc: bytes(112, 7) }] }).slice(64 + 56);
  const rawNotes = new Uint8Array(one.length * 2 + 400);
  rawNotes.set(one, 0);
  rawNotes.set(one, one.length + 360);
  const image = open(writeElfCore({ rawNotes, segments: [{ phys: 0, data: bytes(16, 1) }] }));
  assert.equal(image.cpuNotes.length, 2);
  assert.deepEqual(image.problems, []);
});

test('a note that reaches beyond its region is named and costs only itself', () => {
  const rawNotes = writeElfCore({
    segments: [],
    notes: [
      { name: 'VMCOREINFO', type: 0, desc: ascii('A=1\n') },
      { name: 'CORE', type: 1, desc: bytes(336, 1) },
    ],
  }).slice(64 + 56, -20);
  const image = open(writeElfCore({ rawNotes, segments: [{ phys: 0, data: bytes(16, 1) }] }));
  assert.equal(image.vmcoreinfo, 'A=1\n');
  assert.equal(image.cpuNotes.length, 0);
  assert.match(image.problems.join(), /336 bytes reach beyond the end of the notes/);
});

test('QEMU without paging: a virtual address that repeats the physical one is none', () => {
  const image = open(writeElfCore({ segments: [{ phys: 0x1000, virt: 0x1000, data: bytes(16, 1) }] }));
  assert.deepEqual(image.virtualSegments, []);
});

test('overlapping segments: what is in the file wins over what is cut off', () => {
  const whole = writeElfCore({
    segments: [
      { phys: 0x2000, data: bytes(0x1000, 2), memorySize: 0x4000 },
      { phys: 0x1000, data: bytes(0x4000, 1) },
    ],
  });
  const into = new Uint8Array(1);
  const at = (image: DumpImage, phys: number): unknown => image.memory.read(phys, into) ?? into[0];
  const image = open(whole);
  assert.deepEqual(
    [0xfff, 0x1000, 0x2000, 0x3000, 0x4fff, 0x5000, 0x6000].map((p) => at(image, p)),
    ['not-in-dump', 1, 1, 1, 1, 'excluded', 'not-in-dump'],
  );
  const cut = open(whole.slice(0, whole.length - 0x3800));
  assert.deepEqual(
    [0x1000, 0x17ff, 0x1800, 0x2000, 0x2fff, 0x3000].map((p) => at(cut, p)),
    [1, 1, 'truncated', 2, 2, 'truncated'],
  );
});

test('segments with impossible addresses are left out and named', () => {
  const image = open(
    writeElfCore({
      segments: [
        { phys: 0xffffffffffffffffn, data: bytes(16, 1) },
        { phys: 0, data: bytes(16, 2) },
      ],
    }),
  );
  assert.deepEqual(image.memory.ranges(), [{ start: 0, end: 16 }]);
  assert.match(image.problems.join(), /1 of the segments state impossible addresses/);
});

test('the core dump of a process is refused', () => {
  const notes = [
    { name: 'CORE', type: 1, desc: bytes(336, 1) },
    { name: 'CORE', type: 6, desc: bytes(320, 1) },
  ];
  const file = writeElfCore({ notes, segments: [{ phys: 0, virt: 0x400000, data: bytes(16, 1) }] });
  assert.throws(() => open(file), {
    constructor: UnsupportedError,
    message: 'vmcore: the core dump of a process, not of a kernel',
  });
});

test('70000 segments are found by binary search', () => {
  const data = Uint8Array.of(1, 2, 3, 4);
  const segments = Array.from({ length: 70_000 }, (_, i) => ({ phys: i * 0x1000, data }));
  const { memory } = open(writeElfCore({ segments, extendedCount: true }));
  const into = new Uint8Array(4);
  for (let i = 0; i < 70_000; i += 997) assert.equal(memory.read(i * 0x1000, into), undefined);
  assert.deepEqual(into, data);
  assert.equal(memory.read(0x1004, into), 'not-in-dump');
  assert.equal(memory.ranges().length, 70_000);
});

test('hostile counts: segments and notes beyond reason are refused or left out, quickly', () => {
  const desc = bytes(0x100000, 1);
  const file = writeElfCore({
    extendedCount: true,
    notes: [{ name: 'CORE', type: 1, desc }],
    segments: [{ phys: 0, data: bytes(16, 1) }],
  });
  const view = new DataView(file.buffer);
  const tooMany = file.slice();
  new DataView(tooMany.buffer).setUint32(64 + 2 * 56 + 44, 0x1000000, true);
  // the number is refused; those that stand in the table are taken
  const counted = open(tooMany);
  assert.match(counted.problems.join(), /states nothing, 2 stand at 64.*program headers: 16777216 exceed 1048576/);
  assert.equal(counted.memory.ranges().length, 1);
  // 2000 program headers, all but one the same notes of a mebibyte.
  const count = 2000;
  const many = new Uint8Array(file.length + count * 56);
  many.set(file);
  const entry = file.slice(64, 64 + 56);
  for (let i = 0; i < count; i++) many.set(i === 0 ? file.slice(64 + 56, 64 + 112) : entry, file.length + i * 56);
  new DataView(many.buffer).setBigUint64(32, BigInt(file.length), true);
  new DataView(many.buffer).setUint32(64 + 2 * 56 + 44, count, true);
  assert.equal(view.getUint32(64 + 2 * 56 + 44, true), 2);
  const image = open(many);
  assert.match(image.problems.join(), /notes: more than a machine can have/);
  assert.ok(image.cpuNotes.length < 100);
});

test('a file header that is damaged: the table behind it tells what the dump has', () => {
  const segments = [0, 1, 2].map((n) => ({ phys: n * 0x10000, data: bytes(0x1000, n + 1) }));
  const sound = writeElfCore({ segments });
  assert.deepEqual(open(sound).problems, []);
  const damages: readonly [number, number, number][] = [
    [16, 2, 0x4d00], // e_type
    [32, 8, 2 ** 54], // e_phoff
    [32, 8, 0],
    [54, 2, 32], // e_phentsize
    [56, 2, 0], // e_phnum
    [56, 2, 1],
    [4, 1, 1], // 32 bits
    [5, 1, 9], // no byte order
  ];
  for (const [at, width, value] of damages) {
    const file = sound.slice();
    for (let i = 0; i < width; i++) file[at + i] = Math.floor(value / 256 ** i) % 256;
    const source = bytesSource('vmcore', file);
    assert.ok(elfCore.probe(source), `${at}`);
    const image = open(file);
    const [, second] = image.memory.ranges();
    const page = new Uint8Array(0x1000);
    assert.deepEqual([second?.start, image.memory.read(0x10000, page)], [0x10000, undefined], `${at}`);
    assert.deepEqual(page, bytes(0x1000, 2));
    assert.equal(image.problems.length, at === 16 ? 0 : 1, image.problems.join());
  }
});
