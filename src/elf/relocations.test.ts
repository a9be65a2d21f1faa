import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ByteWriter } from '../../test/build/byte-writer.ts';
import { writeElfSections } from '../../test/build/elf-sections-writer.ts';
import { bytesSource } from '../base/byte-source.ts';
import { UnsupportedError } from '../base/errors.ts';
import { ElfFile } from './elf-file.ts';
import type { RelocationRules } from './relocations.ts';
import type { SectionData } from './section-data.ts';

const RULES: RelocationRules = {
  1: { size: 8 },
  2: { size: 4, relative: true },
  10: { size: 4 },
  35: { size: 4, apply: 'add' },
  39: { size: 4, apply: 'subtract' },
  52: { size: 1, field: 'low-6', apply: 'subtract' },
  53: { size: 1, field: 'low-6' },
  60: { size: 1, field: 'uleb128' },
  61: { size: 1, field: 'uleb128', apply: 'subtract' },
};

/** An object file: symbol 1 is at .text+0x20; `entries` are offset, type, symbol, addend of .rela.debug_info. */
function object(entries: readonly (readonly [number, number, number, number])[], rules = RULES): ElfFile {
  const symbols = new ByteWriter();
  symbols.padTo(24).u32(1).u8(2).u8(0).u16(1).u64(0x20).u64(8);
  const rela = new ByteWriter();
  for (const [offset, type, symbol, addend] of entries) rela.u64(offset).u32(type).u32(symbol).u64(addend);
  const data = new Uint8Array(32);
  data[16] = 100;
  const bytes = writeElfSections(
    [
      { name: '.text', bytes: new Uint8Array(64), flags: 6 },
      { name: '.debug_info', bytes: data },
      { name: '.rela.debug_info', bytes: rela.done(), kind: 4, link: 4, info: 2, entry: 24 },
      { name: '.symtab', bytes: symbols.done(), kind: 2, link: 5, entry: 24 },
      { name: '.strtab', bytes: new TextEncoder().encode('\0code\0'), kind: 3 },
    ],
    1,
  );
  return new ElfFile(bytesSource('x.ko', bytes), { relocations: rules });
}

const ENTRIES = [
  [0, 1, 1, 5],
  [8, 10, 1, -1],
  [12, 2, 1, 0],
  [16, 35, 1, 0],
  [20, 39, 0, 3],
] as const;

test('relocations give data the addresses of the file, wherever it is read from', () => {
  for (const entries of [ENTRIES, [...ENTRIES].reverse()]) {
    const file = object(entries);
    const code = Number(file.sectionAddress(1)) + 0x20;
    assert.ok(code > 0x20);
    const section = file.section('.debug_info') as SectionData;
    const all = new DataView(section.bytes(0, 32, 'all').buffer);
    assert.equal(all.getBigUint64(0, true), BigInt(code + 5));
    assert.equal(all.getUint32(8, true), code - 1);
    assert.equal(all.getInt32(12, true), code - 12);
    assert.equal(all.getUint32(16, true), code + 100);
    assert.equal(all.getInt32(20, true), -3);
    const part = new DataView(section.bytes(8, 8, 'part').buffer);
    assert.equal(part.getUint32(0, true), code - 1);
    assert.equal(part.getInt32(4, true), code - 12);
  }
});

test('symbols have names and addresses, and an unknown relocation is said to be one', () => {
  const file = object([[0, 77, 1, 0]]);
  assert.equal(file.symbols()?.name(1), 'code');
  assert.equal(file.symbolAddress(1), file.sectionAddress(1) + 0x20n);
  assert.equal(file.symbolAddress(9), 0n);
  assert.throws(() => file.section('.debug_info')?.bytes(0, 8, 'data'), UnsupportedError);
});

test('parts of a byte and numbers of variable length are set and lessened, and keep what is beside them', () => {
  const file = object([
    [0, 53, 1, 0x10],
    [0, 52, 1, 1],
    [16, 60, 1, 300], // 100 there: one byte long, the value is cut to it
    [16, 61, 1, 0],
    [20, 60, 1, 0x1234],
    [20, 61, 1, 0],
  ]);
  const section = file.section('.debug_info') as SectionData;
  const data = section.bytes(0, 32, 'all');
  assert.equal(data[0], 0x0f);
  assert.equal(data[16], 300 & 0x7f);
  assert.equal(data[20], 0x34);
});
