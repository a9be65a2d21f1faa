import { closeSync, copyFileSync, openSync, writeSync } from 'node:fs';
import type { ElfFile } from '../../src/elf/elf-file.ts';

/** Of an Elf64_Shdr. */
const SH_ADDR = 16;
const SH_SIZE = 32;
const SHF_ALLOC = 2n;

/**
 * A copy of a module whose section headers have the addresses that we make up for them. All sections of an object file are
 * at address 0, and peers take one for the other; the BFD and LLVM libraries add `sh_addr` when they relocate debug
 * information, so that with the copy an address means one thing. `.debug_aranges` is emptied: LLVM does not relocate it and
 * would look for code at address 0; without it, it asks the units.
 */
export function writePlacedCopy(from: string, elf: ElfFile, to: string): void {
  copyFileSync(from, to);
  const fd = openSync(to, 'r+');
  const word = Buffer.alloc(8);
  elf.sections.forEach((section, i) => {
    const aranges = section.name.endsWith('.debug_aranges');
    if ((section.flags & SHF_ALLOC) === 0n && !aranges) return;
    const value = aranges ? 0n : elf.sectionAddress(i);
    if (elf.littleEndian) word.writeBigUInt64LE(value);
    else word.writeBigUInt64BE(value);
    const header = elf.header.sectionHeaderOffset + i * elf.header.sectionHeaderSize;
    writeSync(fd, word, 0, 8, header + (aranges ? SH_SIZE : SH_ADDR));
  });
  closeSync(fd);
}
