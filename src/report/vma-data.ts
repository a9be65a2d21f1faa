import { center, digits, shortDigits } from './pad.ts';
import { arrayOf, hexString, integer, nullable, object, optional, type Schema, string } from './schema.ts';

/** An area of user memory as JSON. */
export interface VmaData {
  readonly vma: string;
  readonly start: string;
  readonly end: string;
  readonly flags: string;
  readonly flagNames: readonly string[];
  readonly file: string | null;
  readonly offset: string | null;
  readonly name: string;
  readonly pages?: readonly VmaPageData[];
}

export interface VmaPageData {
  readonly address: string;
  readonly physical: string | null;
  readonly offset: string | null;
  readonly swap?: { readonly path: string; readonly offset: string };
  readonly unknown?: string;
}

export const vmaSchema: Schema = object('An area of user memory.', {
  vma: hexString('Address of `struct vm_area_struct`.'),
  start: hexString('First address.'),
  end: hexString('First address behind it.'),
  flags: hexString('`vm_flags`.'),
  flagNames: arrayOf('The bits of `flags` by name.', string('One.')),
  file: nullable(hexString('Address of `struct file` of the mapped file; null of anonymous memory.')),
  offset: nullable(hexString('Where in the file it begins, in bytes; null of anonymous memory.')),
  name: string('As the last column of /proc/PID/maps: a path, `[heap]`, `[stack]`, `[anon:name]` or nothing.'),
  pages: optional(
    arrayOf(
      'Its pages (`-p`, `-P`, or the one that `-R` names).',
      object('A page.', {
        address: hexString('User address.'),
        physical: nullable(hexString('Physical address; null when it is not in memory.')),
        offset: nullable(hexString('Where its content is in the mapped file, in bytes; null of anonymous memory.')),
        swap: optional(
          object('Where it is in swap space.', {
            path: string('Device or file.'),
            offset: hexString('Slot, in pages.'),
          }),
        ),
        unknown: optional(string('Why it cannot be told, where the dump lacks page tables.')),
      }),
    ),
  ),
});

export const VMA_HEADER = '      VMA           START       END     FLAGS FILE';
const PAGE_HEADER = 'VIRTUAL     PHYSICAL';

/** The address space as a whole. */
export interface MmData {
  readonly mm: string | null;
  readonly pgd: string | null;
  readonly rssKiB: number;
  readonly totalVmKiB: number;
}

export const mmMembers = {
  mm: nullable(hexString('Address of `struct mm_struct`; null of a kernel thread.')),
  pgd: nullable(hexString('Kernel address of its top page table.')),
  rssKiB: integer('Resident size in KiB.'),
  totalVmKiB: integer('Virtual size in KiB.'),
};

/** Address space in two lines. */
export function mmLines(mm: MmData): string[] {
  const address = (value: string | null): string => center(value === null ? '0' : shortDigits(value), 16);
  return [
    '       MM               PGD          RSS    TOTAL_VM',
    `${address(mm.mm)}  ${address(mm.pgd)}  ${center(`${mm.rssKiB}k`, 6)}  ${center(`${mm.totalVmKiB}k`, 8)}`,
  ];
}

/** The line of an area: the path of its file, or the name that its process gave it. */
export function vmaLine(vma: VmaData): string {
  const start = shortDigits(vma.start).padStart(10);
  const end = shortDigits(vma.end).padStart(10);
  const shown = vma.file !== null || vma.name.startsWith('[anon') ? vma.name : '';
  return `${digits(vma.vma)} ${start} ${end} ${shortDigits(vma.flags).padStart(6)} ${shown}`;
}

/** The pages of an area. */
export function* vmaPageLines(vma: VmaData): Generator<string> {
  yield PAGE_HEADER;
  for (const page of vma.pages ?? []) yield `${shortDigits(page.address).padEnd(10)}  ${pagePlace(page, vma)}`;
}

function pagePlace(page: VmaPageData, vma: VmaData): string {
  if (page.physical !== null) return shortDigits(page.physical).padStart(8);
  if (page.swap) return `SWAP: ${page.swap.path}  OFFSET: ${BigInt(page.swap.offset)}`;
  if (page.unknown !== undefined) return `(unknown: its page table is ${page.unknown})`;
  return page.offset === null ? '(not mapped)' : `FILE: ${vma.name}  OFFSET: ${shortDigits(page.offset)}`;
}
