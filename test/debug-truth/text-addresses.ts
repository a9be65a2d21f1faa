import type { ElfFile } from '../../src/elf/elf-file.ts';
import type { Random } from './random.ts';

const SHF_ALLOC = 2n;
const SHF_EXECINSTR = 4n;

/** A section of code with its link-time address; of modules the made-up one. */
export interface CodeSection {
  readonly index: number;
  readonly name: string;
  readonly address: bigint;
  readonly size: number;
}

export function codeSections(elf: ElfFile): CodeSection[] {
  return elf.sections.flatMap((s, index) => {
    if ((s.flags & SHF_ALLOC) === 0n || (s.flags & SHF_EXECINSTR) === 0n || s.size === 0) return [];
    return [{ index, name: s.name, address: elf.relocatable ? elf.sectionAddress(index) : s.address, size: s.size }];
  });
}

/** `count` different addresses in the code of a file, every byte as likely (of fixed-size code: every instruction). */
export function textAddresses(elf: ElfFile, random: Random, count: number, align: number): bigint[] {
  const sections = codeSections(elf);
  const total = sections.reduce((sum, s) => sum + s.size, 0);
  const found = new Set<bigint>();
  const wanted = Math.min(count, Math.floor(total / align / 2));
  while (found.size < wanted) {
    let at = random.below(total);
    for (const s of sections) {
      if (at < s.size) {
        found.add(s.address + BigInt(at - (at % align)));
        break;
      }
      at -= s.size;
    }
  }
  return [...found];
}
