import assert from 'node:assert/strict';
import { test } from 'node:test';
import { architectures } from '../arch/index.ts';
import { likelyArchitectures } from './likely-architectures.ts';
import type { DumpImage } from './ports.ts';

function likely(image: Partial<DumpImage>): string[] {
  const base = { cpuNotes: [], header: {}, problems: [] } as unknown as DumpImage;
  return likelyArchitectures(architectures, { ...base, ...image }).map((a) => a.name);
}

test('what the file states decides, however it writes it', () => {
  assert.deepEqual(likely({ elfMachine: 183, cpuNotes: [new Uint8Array(336)] }), ['aarch64']);
  assert.deepEqual(likely({ header: { utsname: { machine: 'S390X' } } }), ['s390x']);
});

test('a file that states no machine is known by its notes', () => {
  const machine = { utsname: { machine: 'Unknown' } };
  const notes = (size: number, littleEndian: boolean): string[] =>
    likely({ header: machine, littleEndian, cpuNotes: [new Uint8Array(size)] });
  assert.deepEqual(notes(392, true), ['aarch64']);
  assert.deepEqual(notes(376, true), ['riscv64']);
  assert.deepEqual(notes(336, true), ['x86_64']);
  assert.deepEqual(notes(336, false), ['s390x']);
  // QEMU writes the files of a little-endian kernel in the order that the machine began with
  assert.deepEqual(notes(504, false), ['ppc64le']);
});

test('without notes the text speaks, and then the byte order', () => {
  assert.deepEqual(likely({ vmcoreinfo: 'NUMBER(phys_base)=0\n', littleEndian: true }), ['x86_64']);
  assert.ok(!likely({ littleEndian: true }).includes('s390x'));
  assert.equal(likely({ littleEndian: false }).length, architectures.length);
});
