import assert from 'node:assert/strict';
import { test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { writeElfCore } from '../../test/build/elf-core-writer.ts';
import { writeFlattened } from '../../test/build/flattened-writer.ts';
import { writeKdump } from '../../test/build/kdump-writer.ts';
import { testMemory } from '../../test/build/test-memory.ts';
import { bytesSource } from '../base/byte-source.ts';
import { BadDataError, UnsupportedError, UsageError } from '../base/errors.ts';
import { nodeCodecs } from '../node/codecs.ts';
import type { DumpImage } from '../program/ports.ts';
import { openImage } from './open-image.ts';

const codecs = nodeCodecs();
const latin1 = (text: string): Uint8Array => Uint8Array.from(text, (c) => c.charCodeAt(0));
const open = (...files: Uint8Array[]): DumpImage =>
  openImage(
    files.map((bytes, i) => bytesSource(`file${i}`, bytes)),
    codecs,
  );
const elf = (type: number, littleEndian = true): Uint8Array => writeElfCore({ type, littleEndian, segments: [] });
const at = (offset: number, text: string): Uint8Array => {
  const file = new Uint8Array(offset + 600);
  file.set(latin1(text), offset);
  return file;
};

test('formats are told by content', () => {
  const memory = testMemory(1, 4096, 60);
  const kdump = writeKdump(memory);
  const segments = [{ phys: 0, data: new Uint8Array(10) }];
  assert.equal(open(kdump).format, 'kdump-compressed (zlib)');
  assert.equal(open(writeElfCore({ segments })).format, 'ELF, 64-bit little-endian');
  assert.equal(open(writeElfCore({ segments, bits: 32, littleEndian: false })).format, 'ELF, 32-bit big-endian');
  assert.equal(open(writeFlattened(kdump)).format, 'kdump-compressed (zlib), flattened');
  const parts = [0, 20, 40].map((start) => writeKdump({ ...memory, split: { start, end: start + 20 } }));
  assert.equal(open(...parts.reverse()).format, 'kdump-compressed (zlib), split in 3');
});

const others: readonly (readonly [what: string, file: Uint8Array])[] = [
  ['an empty file', new Uint8Array(0)],
  ['a JPEG image', latin1('\xff\xd8\xff\xe0\0\x10JFIF')],
  ['a PNG image', latin1('\x89PNG\r\n\x1a\n\0\0\0\rIHDR')],
  ['a gzip file: unpack it first', new Uint8Array(gzipSync('x'))],
  ['an xz file: unpack it first', latin1('\xfd7zXZ\0\0\x04')],
  ['a zstd file: unpack it first', latin1('\x28\xb5\x2f\xfd\x04')],
  ['a tar archive: unpack it first', at(257, 'ustar\0')],
  ['a qcow2 disk image', at(0, 'QFI\xfb\0\0\0\x03')],
  ['a bootable Linux kernel (bzImage)', at(0x202, 'HdrS')],
  ['a bootable Linux kernel (arm64 Image)', at(56, 'ARMd')],
  ['an ext2, ext3 or ext4 file system', at(1080, '\x53\xef')],
  ['an ELF executable (ET_EXEC), such as a vmlinux', elf(2)],
  ['an ELF shared object (ET_DYN), such as a vmlinux that can be relocated', elf(3, false)],
  ['an ELF object file or kernel module (ET_REL)', elf(1)],
  ['an ELF file of type 77', elf(77)],
  ['a text file', latin1('hello,\n\tworld\n')],
  ['a file that begins with zeros', new Uint8Array(2000)],
  ['of no known format (it begins with 01 02 03)', Uint8Array.of(1, 2, 3)],
];
for (const [what, file] of others) {
  test(`not a dump: ${what}`, () => {
    assert.throws(() => open(file), { constructor: UnsupportedError, message: `file0: not a kernel dump but ${what}` });
  });
}

test('a file that ends inside its first header names file, offset, needed and present bytes', () => {
  const kdump = writeKdump(testMemory(1, 4096, 60));
  for (const [file, message] of [
    [kdump.slice(0, 5), 'file0: offset 0x0: kdump header: needs 0x1d0 bytes, the file ends at 0x5'],
    [kdump.slice(0, 463), 'file0: offset 0x0: kdump header: needs 0x1d0 bytes, the file ends at 0x1cf'],
    [kdump.slice(0, 4100), 'file0: offset 0x1000: kdump sub-header: needs 0x68 bytes, the file ends at 0x1004'],
    [
      writeFlattened(kdump).slice(0, 30),
      'file0: offset 0x0: flattened header: needs 0x1000 bytes, the file ends at 0x1e',
    ],
    [elf(4).slice(0, 5), 'file0: offset 0x0: ELF header: needs 0x10 bytes, the file ends at 0x5'],
    [elf(4).slice(0, 40), 'file0: offset 0x0: ELF header: needs 0x40 bytes, the file ends at 0x28'],
    [elf(4).slice(0, 70), 'file0: offset 0x40: 1 program headers: needs 0x38 bytes, the file ends at 0x46'],
  ] as const) {
    assert.throws(() => open(file), { constructor: BadDataError, message });
  }
});

test('no file, and files that do not go together', () => {
  const core = writeElfCore({ segments: [{ phys: 0, data: new Uint8Array(10) }] });
  const kdump = writeKdump(testMemory(1, 4096, 60));
  assert.throws(() => open(), UsageError);
  assert.throws(() => open(core, core), {
    constructor: UsageError,
    message: /file1: an ELF dump is one file, file0 is another/,
  });
  assert.throws(() => open(kdump, core), {
    constructor: BadDataError,
    message: /file1: offset 0x0: is not a kdump-compressed/,
  });
  assert.throws(() => open(kdump, latin1('some text')), {
    constructor: UnsupportedError,
    message: /file1: not a kernel dump/,
  });
});
