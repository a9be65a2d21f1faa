import { formatSize } from './format-size.ts';
import { PAGE_HEADER, type PageData, pageLine, pageSchema } from './kernel-memory-lines.ts';
import { shortDigits } from './pad.ts';
import { type EntryData, entryLines, entrySchema } from './page-table-lines.ts';
import {
  arrayOf,
  boolean,
  hexString,
  integer,
  nullable,
  object,
  oneOf,
  optional,
  type Schema,
  string,
} from './schema.ts';

/** How a virtual address is mapped, as data. */
export interface TranslationData {
  readonly address: string;
  readonly space: 'user' | 'kernel';
  /** Why it was not looked up. */
  readonly refused?: string;
  readonly physical?: number;
  readonly root?: string;
  readonly rootApart?: boolean;
  readonly rootShown?: boolean;
  readonly steps: readonly { readonly level: string; readonly at: string; readonly entry: string }[];
  readonly pageBytes?: number;
  readonly ordinaryPage?: number;
  readonly pageStart?: number;
  readonly entry?: EntryData;
  readonly vma?:
    | {
        readonly address: string;
        readonly start: string;
        readonly end: string;
        readonly flags: string;
        readonly path: string | null;
        readonly fileOffset: string | null;
      }
    | undefined;
  readonly page?: PageData;
}

export const translationSchema: Schema = object('How an address is mapped.', {
  address: hexString('Virtual address.'),
  space: oneOf('Whose address it is.', ['user', 'kernel']),
  refused: optional(string('Why it was not looked up.')),
  physical: optional(integer('Physical address; absent when it is not mapped.')),
  root: optional(hexString('Virtual address of the top-level table.')),
  rootApart: optional(boolean('The entry of the top level is printed apart from the others.')),
  rootShown: optional(boolean('The address of the top-level table is printed.')),
  steps: arrayOf(
    'The entries that were read, from the top level down.',
    object('One entry.', {
      level: string('PGD, P4D, PUD, PMD or PTE.'),
      at: hexString('Its address: physical, or virtual where debuggers of the CPU print that.'),
      entry: hexString('Its value.'),
    }),
  ),
  pageBytes: optional(integer('Bytes of the page.')),
  ordinaryPage: optional(integer('Bytes of an ordinary page.')),
  pageStart: optional(integer('Physical address of the page.')),
  entry: optional(entrySchema),
  vma: optional(
    object('The area of user space.', {
      address: hexString('Address of `struct vm_area_struct`.'),
      start: hexString('First address.'),
      end: hexString('Address behind the last.'),
      flags: hexString('`vm_flags`.'),
      path: nullable(string('File.')),
      fileOffset: nullable(hexString('Place of the address in the file.')),
    }),
  ),
  page: optional(pageSchema),
});

/** As crash's `vtop` prints it. */
export function* translationLines(data: TranslationData): Generator<string> {
  const width = data.space === 'kernel' ? 16 : 10;
  const address = shortDigits(data.address);
  yield `${'VIRTUAL'.padEnd(width)}  ${'PHYSICAL'.padEnd(16)}`;
  if (data.refused !== undefined) {
    yield `${address.padEnd(data.space === 'user' ? 10 : 8)}  (${data.refused})`;
    return;
  }
  yield `${address.padEnd(width)}  ${data.physical === undefined ? '(not mapped)' : data.physical.toString(16).padEnd(16)}`;
  yield '';
  yield* stepLines(data);
  if (data.entry) {
    yield '';
    yield* entryLines(data.entry);
  }
  if (data.vma) {
    const { vma } = data;
    yield '';
    yield '      VMA           START       END     FLAGS FILE';
    const range = `${shortDigits(vma.start).padStart(10)} ${shortDigits(vma.end).padStart(10)}`;
    yield `${shortDigits(vma.address)} ${range} ${shortDigits(vma.flags).padStart(6)}${vma.path === null ? '' : ` ${vma.path}`}`;
    if (data.physical === undefined && !data.entry && vma.path !== null) {
      yield '';
      yield `FILE: ${vma.path}  OFFSET: ${shortDigits(vma.fileOffset ?? '0')}`;
    }
  }
  if (data.page) {
    yield '';
    yield PAGE_HEADER;
    yield pageLine(data.page);
  }
}

function* stepLines(data: TranslationData): Generator<string> {
  const [first, ...others] = data.steps;
  if (data.rootApart) {
    yield `PGD DIRECTORY: ${shortDigits(data.root ?? '')}`;
    yield `PAGE DIRECTORY: ${shortDigits(first?.entry ?? '')}`;
  } else if (first && data.rootShown) yield `PAGE DIRECTORY: ${shortDigits(data.root ?? '')}`;
  for (const step of data.rootApart ? others : data.steps) {
    yield `${step.level.padStart(6)}: ${shortDigits(step.at)} => ${shortDigits(step.entry)}`;
  }
  if (data.pageStart === undefined) return;
  const huge = data.pageBytes !== undefined && data.pageBytes !== data.ordinaryPage;
  const size = huge ? `  (${formatSize(data.pageBytes ?? 0).replace(' ', '')})` : '';
  yield `  PAGE: ${data.pageStart.toString(16)}${size}`;
}
