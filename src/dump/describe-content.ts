import type { ByteSource } from '../base/byte-source.ts';
import { asciiBytes } from '../base/text.ts';
import { ET_CORE, ET_DYN, ET_EXEC, ET_REL, hasElfMagic } from '../elf/elf-header.ts';
import { readStart } from './read-start.ts';

type Signature = readonly [offset: number, bytes: Uint8Array, what: string];

const text = (offset: number, magic: string, what: string): Signature => [offset, asciiBytes(magic), what];

/** Magic bytes of what people hand over instead of a dump. Sources: each format's own specification, file(1). */
const SIGNATURES: readonly Signature[] = [
  text(0, '\xff\xd8\xff', 'a JPEG image'),
  text(0, '\x89PNG\r\n\x1a\n', 'a PNG image'),
  text(0, 'GIF8', 'a GIF image'),
  text(0, '%PDF-', 'a PDF document'),
  text(0, '\x1f\x8b', 'a gzip file: unpack it first'),
  text(0, '\xfd7zXZ\0', 'an xz file: unpack it first'),
  text(0, '\x28\xb5\x2f\xfd', 'a zstd file: unpack it first'),
  text(0, 'BZh', 'a bzip2 file: unpack it first'),
  text(0, '\x04\x22\x4d\x18', 'an lz4 file: unpack it first'),
  text(0, '\x89LZO\0\r\n\x1a\n', 'an lzop file: unpack it first'),
  text(0, 'PK\x03\x04', 'a zip archive: unpack it first'),
  text(0, '7z\xbc\xaf\x27\x1c', 'a 7-Zip archive: unpack it first'),
  text(257, 'ustar', 'a tar archive: unpack it first'),
  text(0, '!<arch>\n', 'an ar archive or a Debian package'),
  text(0, '\xed\xab\xee\xdb', 'an RPM package'),
  text(0, '070701', 'a cpio archive'),
  text(0, 'QFI\xfb', 'a qcow2 disk image'),
  text(0, 'KDMV', 'a VMware disk image'),
  text(0, 'QEVM', 'a QEMU migration stream; make a dump with dump-guest-memory'),
  text(0, 'LibvirtQemudSave', 'a libvirt saved guest; make a dump with "virsh dump --memory-only"'),
  text(0, 'LibvirtQemudPart', 'an unfinished libvirt saved guest'),
  text(0, 'DISKDUMP', 'a diskdump file of a 2.6 kernel, which is not supported'),
  text(0, 'PAGEDU64', 'a Windows crash dump'),
  text(0, 'PAGEDUMP', 'a Windows crash dump'),
  text(0, 'MDMP', 'a Windows minidump'),
  text(0x202, 'HdrS', 'a bootable Linux kernel (bzImage)'),
  text(0x38, 'ARM\x64', 'a bootable Linux kernel (arm64 Image)'),
  text(0x8001, 'CD001', 'a CD image'),
  text(0x438, '\x53\xef', 'an ext2, ext3 or ext4 file system'),
];

const ELF_KINDS: Readonly<Record<number, string>> = {
  [ET_REL]: 'an ELF object file or kernel module (ET_REL)',
  [ET_EXEC]: 'an ELF executable (ET_EXEC), such as a vmlinux',
  [ET_DYN]: 'an ELF shared object (ET_DYN), such as a vmlinux that can be relocated',
  [ET_CORE]: 'an ELF core file',
};

/** What a file is, in words that follow "it is"; never throws. */
export function describeContent(src: ByteSource): string {
  if (src.size === 0) return 'an empty file';
  const start = readStart(src, 0x8100);
  if (hasElfMagic(start) && start.length >= 18) {
    const [low, high] = [start[16] as number, start[17] as number];
    const type = start[5] === 2 ? (low << 8) | high : low | (high << 8);
    return ELF_KINDS[type] ?? `an ELF file of type ${type}`;
  }
  const known = SIGNATURES.find(([offset, bytes]) => bytes.every((b, i) => start[offset + i] === b));
  if (known) return known[2];
  const head = start.subarray(0, 512);
  if (head.every((b) => b === 0)) return 'a file that begins with zeros';
  if (head.every((b) => (b >= 0x20 && b !== 0x7f) || (b >= 7 && b <= 13) || b === 0x1b)) return 'a text file';
  const bytes = Array.from(start.subarray(0, 8), (b) => b.toString(16).padStart(2, '0'));
  return `of no known format (it begins with ${bytes.join(' ')})`;
}
