import assert from 'node:assert/strict';
import { test } from 'node:test';
import { writeElfCore } from '../../test/build/elf-core-writer.ts';
import { writeKdump } from '../../test/build/kdump-writer.ts';
import { writeAvml, writeLime } from '../../test/build/ram-image-writer.ts';
import { writeVmwareState } from '../../test/build/vmware-writer.ts';
import { type ByteSource, bytesSource } from '../base/byte-source.ts';
import { BadDataError } from '../base/errors.ts';
import { nodeCodecs } from '../node/codecs.ts';
import type { DumpImage } from '../program/ports.ts';
import { openImage } from './open-image.ts';

const PAGE = 4096;
const TIB = 2 ** 40;
const pages = (count: number): Uint8Array => Uint8Array.from({ length: count * PAGE }, (_, i) => (i >> 12) + 1);
const open = (...files: Uint8Array[]): DumpImage =>
  openImage(
    files.map((f) => bytesSource('dump', f)),
    nodeCodecs(),
  );
const byte = (image: DumpImage, at: number): number | string => {
  const into = new Uint8Array(1);
  return image.memory.read(at, into) ?? (into[0] as number);
};
const stated = (image: DumpImage): number => image.memory.ranges().reduce((sum, r) => sum + r.end - r.start, 0);
const setWord = (file: Uint8Array, at: number, value: bigint): Uint8Array => {
  const out = file.slice();
  new DataView(out.buffer).setBigUint64(at, value, true);
  return out;
};

/** One wrong bit in a size: every page that is there is found, and nobody has to look at 2^34 that are not. */
test('memory of impossible size is not believed', () => {
  const runs = [{ start: 0x100000, data: pages(4) }];
  const end = 0x7f0000000000n; // of the range, in the second word behind magic and version
  const vmem = pages(4);
  const state = writeVmwareState({
    memory: [
      ['regionsCount', [], 1],
      ['regionPageNum', [0], 0],
      ['regionPPN', [0], 0x100],
      ['regionSize', [0], 0x7f000000],
    ],
  });
  const elf = writeElfCore({ segments: [{ phys: 0x100000, data: pages(4), memorySize: 100 * TIB }] });
  for (const image of [
    open(setWord(writeLime(runs), 16, end)),
    open(setWord(writeAvml(runs), 16, end)),
    open(state, vmem),
    open(elf),
  ]) {
    assert.equal(byte(image, 0x103fff), 4, image.format);
    assert.ok(stated(image) < TIB, `${image.format}: ${stated(image)}`);
  }
});

test('a program header with impossible numbers costs its segment only', () => {
  const segments = [0x100000, 0x200000, 0x300000].map((phys) => ({ phys, data: pages(2) }));
  const second = 64 + 2 * 56; // behind the header and those of the notes and the first segment
  for (const field of [8, 32, 40]) {
    const image = open(setWord(writeElfCore({ segments }), second + field, 0xff00000000001000n));
    assert.equal(byte(image, 0x101000), 2);
    assert.equal(byte(image, 0x301000), 2);
    assert.match(image.problems.join(' '), /program headers: p_\w+ 0xff00000000001000 exceeds 2\^53/);
  }
});

test('an impossible offset of sections is no matter to a dump', () => {
  const file = writeElfCore({ segments: [{ phys: 0x100000, data: pages(2) }] });
  assert.equal(byte(open(setWord(file, 40, 0xff00000000001000n)), 0x101000), 2);
});

test('an impossible number in the sub-header of a kdump file costs what it is for only', () => {
  const image = (field: number): DumpImage => {
    const file = writeKdump({ pages: new Map([[3, pages(9).subarray(8 * PAGE)]]), maxPfn: 64, vmcoreinfo: 'A=1\n' });
    return open(setWord(file, PAGE + field, 2n ** 60n));
  };
  for (const field of [16, 24, 32, 40, 48, 56, 64, 72, 80, 88, 96]) {
    assert.equal(byte(image(field), 3 * PAGE), 9, `field at ${field}`);
    assert.equal(image(field).vmcoreinfo, field === 32 || field === 40 ? undefined : 'A=1\n');
  }
});

test('a segment without a size in memory is as large as its bytes', () => {
  const segments = [{ phys: 0x100000, data: pages(2) }];
  const image = open(setWord(writeElfCore({ segments }), 64 + 56 + 40, 0n));
  assert.equal(byte(image, 0x101fff), 2);
});

test('what cannot be read is missing, and the reason is told', () => {
  const file = bytesSource('dump', writeElfCore({ segments: [{ phys: 0, data: pages(64) }] }));
  const bad = file.size - 16 * PAGE;
  const src: ByteSource = {
    ...file,
    read(offset, into) {
      if (offset + into.length > bad) throw new BadDataError('dump', offset, 'cannot be read: input/output error');
      return file.read(offset, into);
    },
  };
  const image = openImage([src], nodeCodecs());
  assert.equal(byte(image, 0x1000), 2);
  assert.deepEqual(image.problems, []);
  assert.equal(byte(image, 63 * PAGE), 'truncated');
  assert.equal(byte(image, 62 * PAGE), 'truncated');
  assert.equal(byte(image, 0x1fff), 2);
  assert.match(image.problems.join(', '), /^dump: offset 0x\w+: cannot be read: input\/output error$/);
});

test('a file whose first bytes cannot be read fails with the reason', () => {
  const read = (): number => {
    throw new BadDataError('dump', 0, 'cannot be read: input/output error');
  };
  assert.throws(() => openImage([{ name: 'dump', size: 1e6, read }], nodeCodecs()), /input\/output error/);
});
