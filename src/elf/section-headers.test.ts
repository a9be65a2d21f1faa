import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ByteWriter } from '../../test/build/byte-writer.ts';
import { bytesSource } from '../base/byte-source.ts';
import { BadDataError } from '../base/errors.ts';
import { readElfHeader } from './elf-header.ts';
import { readSectionHeaders, type SectionHeader } from './section-headers.ts';

/** An ELF file with a section of code and a table of names, 64 or 32 bits. */
function writeSections(wide: boolean, littleEndian: boolean, extended = false): Uint8Array {
  const w = new ByteWriter(littleEndian);
  const word = (n: number): ByteWriter => (wide ? w.u64(n) : w.u32(n));
  const size = wide ? 64 : 40;
  const namesAt = (wide ? 64 : 52) + 3 * size;
  w.u8(0x7f)
    .text('ELF')
    .u8(wide ? 2 : 1)
    .u8(littleEndian ? 1 : 2)
    .u8(1)
    .padTo(16);
  w.u16(1).u16(183).u32(1);
  word(0);
  word(0);
  word(wide ? 64 : 52);
  w.u32(0)
    .u16(wide ? 64 : 52)
    .u16(0)
    .u16(0)
    .u16(size)
    .u16(extended ? 0 : 3)
    .u16(extended ? 0xffff : 2);
  const section = (name: number, type: number, at: number, length: number, link = 0): void => {
    w.u32(name).u32(type);
    word(6);
    word(0x1000);
    word(at);
    word(length);
    w.u32(link).u32(9);
    word(4);
    word(24);
  };
  section(0, 0, 0, extended ? 3 : 0, extended ? 2 : 0);
  section(1, 1, namesAt, 7);
  section(7, 3, namesAt, 17);
  return w.text('\0.text\0.shstrtab\0').done();
}

const read = (bytes: Uint8Array): SectionHeader[] => {
  const src = bytesSource('file', bytes);
  return readSectionHeaders(src, readElfHeader(src));
};

for (const wide of [true, false]) {
  for (const littleEndian of [true, false]) {
    test(`sections of an ELF file, ${wide ? 64 : 32} bits, ${littleEndian ? 'little' : 'big'}-endian`, () => {
      for (const extended of [false, true]) {
        const sections = read(writeSections(wide, littleEndian, extended));
        assert.deepEqual(
          sections.map((s) => s.name),
          ['', '.text', '.shstrtab'],
        );
        const { type, flags, address, size, info, align, entrySize } = sections[1] as SectionHeader;
        assert.deepEqual(
          { type, flags, address, size, info, align, entrySize },
          { type: 1, flags: 6n, address: 0x1000n, size: 7, info: 9, align: 4n, entrySize: 24 },
        );
      }
    });
  }
}

test('a section table that is cut off is refused, a bad name table gives no names', () => {
  const file = writeSections(true, true);
  assert.throws(() => read(file.slice(0, 200)), {
    constructor: BadDataError,
    message: /3 section headers: needs 0xc0 bytes/,
  });
  new DataView(file.buffer).setBigUint64(64 + 2 * 64 + 32, 1n << 40n, true);
  assert.deepEqual(
    read(file).map((s) => s.name),
    ['', '', ''],
  );
});

test('what is no ELF header is refused with its place', () => {
  const file = writeSections(true, true);
  const patched = (at: number, value: number): Uint8Array => file.map((b, i) => (i === at ? value : b));
  assert.throws(() => read(patched(0, 1)), /offset 0x0: ELF header: the magic bytes are missing/);
  assert.throws(() => read(patched(4, 3)), /offset 0x4: ELF header: class 3 is neither/);
  assert.throws(() => read(patched(5, 0)), /offset 0x5: ELF header: byte order 0 is neither/);
  assert.throws(() => read(patched(58, 8)), /e_shentsize 8 is less than 64/);
});
