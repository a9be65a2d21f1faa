import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ByteWriter } from '../../../test/build/byte-writer.ts';
import { writeElfSections } from '../../../test/build/elf-sections-writer.ts';
import { TestKernel } from '../../../test/build/test-program.ts';
import { arm64 } from '../../arch/arm64.ts';
import { x86_64 } from '../../arch/x86-64.ts';
import { bytesSource } from '../../base/byte-source.ts';
import { AnalysisError } from '../../base/errors.ts';
import type { Architecture } from '../../program/ports.ts';
import { openDebugFile } from './debug-file.ts';
import { dwarfProvider } from './dwarf-provider.ts';
import { FileCode } from './file-code.ts';
import { Placement } from './placement.ts';

const noCodecs = {
  decoder(): never {
    throw new AnalysisError('test', 'no decoder');
  },
};
const RUN = 0xffffffffc0100000n;
const LINK = 0xffffffff81000000n;

type Entry = readonly [offset: number, type: number, symbol: number, addend: number];

/** A module: symbol 1 is .data+8, symbol 2 is `outside`, symbol 3 is `nowhere`; 32 bytes of code. */
function moduleCode(arch: Architecture, entries: readonly Entry[], sites: readonly Entry[] = []): FileCode {
  const k = new TestKernel();
  k.symbol('outside', 0xffffffff81234560n, 16, 'T');
  const rela = (list: readonly Entry[]): Uint8Array => {
    const w = new ByteWriter();
    for (const [offset, type, symbol, addend] of list) w.u64(offset).u32(type).u32(symbol).u64(addend);
    return w.done();
  };
  const symbols = new ByteWriter();
  symbols.padTo(24).u32(0).u8(1).u8(0).u16(2).u64(8).u64(8);
  symbols.u32(1).u8(16).u8(0).u16(0).u64(0).u64(0);
  symbols.u32(9).u8(16).u8(0).u16(0).u64(0).u64(0);
  symbols.u32(0).u8(3).u8(0).u16(1).u64(0).u64(0);
  const bytes = writeElfSections(
    [
      { name: '.text', bytes: new Uint8Array(32).fill(0x11), flags: 6 },
      { name: '.data', bytes: new Uint8Array(32), flags: 3 },
      { name: '.rela.text', bytes: rela(entries), kind: 4, link: 7, info: 1, entry: 24 },
      { name: '.return_sites', bytes: new Uint8Array(8), flags: 2 },
      { name: '.rela.return_sites', bytes: rela(sites), kind: 4, link: 7, info: 4, entry: 24 },
      { name: '.bss', bytes: new Uint8Array(0), flags: 3, kind: 8 },
      { name: '.symtab', bytes: symbols.done(), kind: 2, link: 8, entry: 24 },
      { name: '.strtab', bytes: new TextEncoder().encode('\0outside\0nowhere\0'), kind: 3 },
    ],
    1,
    arch.elfMachine,
  );
  const file = openDebugFile(bytesSource('m.ko', bytes), noCodecs, [arch]);
  const part = (index: number, start: bigint) => ({ start, end: start + 32n, link: file.elf.sectionAddress(index) });
  return new FileCode(k.program(arch), new Placement(file, 'm', [part(1, RUN), part(2, RUN + 0x1000n)]));
}

test('relocations of a module have the values of the running kernel', () => {
  const code = moduleCode(x86_64, [
    [1, 4, 2, -4], // call outside
    [8, 11, 1, 2], // $data+8+2
    [16, 2, 3, 0], // not known to the kernel
    [24, 99, 1, 0], // a type that nobody knows
  ]);
  const text = code.at(RUN, 32);
  assert.ok(text);
  const view = new DataView(text.bytes.buffer);
  assert.equal(view.getInt32(1, true), Number(BigInt.asIntN(32, 0xffffffff81234560n - 4n - (RUN + 1n))));
  assert.equal(view.getUint32(8, true), Number((RUN + 0x1000n + 10n) & 0xffffffffn));
  assert.equal(text.bytes[0], 0x11);
  assert.deepEqual(
    [...(text.unknown ?? [])],
    [...Array(16).fill(0), 255, 255, 255, 255, 0, 0, 0, 0, ...Array(8).fill(255)],
  );
  assert.equal(text.moved, 0n);
  const part = code.at(RUN + 8n, 4);
  assert.deepEqual(part?.bytes, text.bytes.subarray(8, 12));
});

test('fields of instructions that are not computed are unknown bit by bit', () => {
  const text = moduleCode(arm64, [
    [4, 283, 2, 0],
    [8, 275, 1, 0],
  ]).at(RUN, 12);
  assert.deepEqual([...(text?.unknown ?? [])], [0, 0, 0, 0, 255, 255, 255, 0x03, 0xe0, 255, 255, 0x60]);
});

test('addresses outside of what is loaded, sizes of nothing, and the end of a section', () => {
  const code = moduleCode(x86_64, []);
  assert.equal(code.at(RUN - 1n, 4), undefined);
  assert.equal(code.at(RUN + 0x1000n, 4), undefined, 'data is no code');
  assert.equal(code.at(RUN, 0), undefined);
  assert.equal(code.at(RUN, Number.NaN), undefined);
  assert.equal(code.at(RUN + 30n, 100)?.bytes.length, 2);
});

test('the places that a module lists for patching', () => {
  const code = moduleCode(
    x86_64,
    [],
    [
      [0, 2, 4, 6],
      [4, 2, 4, 20],
    ],
  );
  assert.deepEqual(code.at(RUN, 32)?.sites(), [
    { offset: 6, size: 5, kind: 'return thunk' },
    { offset: 20, size: 5, kind: 'return thunk' },
  ]);
  assert.deepEqual(code.at(RUN + 8n, 8)?.sites(), [{ offset: -2, size: 5, kind: 'return thunk' }]);
});

test('the kernel itself: read as it was linked, its tables by their sections', () => {
  const sites = new ByteWriter();
  sites.u32(0xfffff004 >>> 0).u32(0); // one page before
  const vmlinux = writeElfSections([
    { name: '.text', bytes: Uint8Array.from({ length: 64 }, (_, i) => i), flags: 6, address: LINK },
    { name: '.retpoline_sites', bytes: sites.done(), flags: 2, address: LINK + 0x1000n },
  ]);
  const prog = new TestKernel().program(x86_64);
  prog.add(dwarfProvider([openDebugFile(bytesSource('vmlinux', vmlinux), noCodecs, [x86_64])], 'of another build'));
  const text = prog.fileText(LINK + 2n, 4);
  assert.deepEqual([...(text?.bytes ?? [])], [2, 3, 4, 5]);
  assert.equal(text?.unknown, undefined);
  assert.equal(text?.doubt, 'of another build');
  assert.deepEqual(text?.sites(), [{ offset: 2, size: 6, kind: 'retpoline' }]);
  assert.equal(prog.fileText(LINK + 64n, 4), undefined);
});

test('a cut file, and tables that lead nowhere', () => {
  const vmlinux = writeElfSections([
    { name: '.return_sites', bytes: new Uint8Array(7).fill(0xff), flags: 2, address: LINK + 0x1000n },
    { name: '.altinstructions', bytes: new Uint8Array(64).fill(0xff), flags: 2, address: LINK + 0x2000n },
    { name: '.text', bytes: new Uint8Array(64), flags: 6, address: LINK },
  ]);
  const prog = new TestKernel().program(x86_64);
  prog.add(dwarfProvider([openDebugFile(bytesSource('vmlinux', vmlinux), noCodecs, [x86_64])]));
  assert.deepEqual(prog.fileText(LINK, 64)?.sites(), []);
  const view = new DataView(vmlinux.buffer);
  const headers = Number(view.getBigUint64(40, true));
  view.setBigUint64(headers + 3 * 64 + 24, BigInt(vmlinux.length + 10), true); // .text beyond the end of the file
  const cut = new TestKernel().program(x86_64);
  cut.add(dwarfProvider([openDebugFile(bytesSource('vmlinux', vmlinux), noCodecs, [x86_64])]));
  assert.equal(cut.fileText(LINK, 8), undefined);
});
