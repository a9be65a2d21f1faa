import { levelTexts, type MemoryPresence, memoryPresence, missingText } from '../kernel/memory-presence.ts';
import type { Block } from '../report/block.ts';
import { command } from '../report/command.ts';
import { formatSize } from '../report/format-size.ts';
import { type ProblemData, problemBlocks, problemsOf, problemsSchema } from '../report/problems.ts';
import { arrayOf, integer, nullable, object, optional, string } from '../report/schema.ts';

interface CoverageData {
  readonly pages: number;
  readonly present: number;
  readonly pageSize: number;
  readonly every: number;
  readonly dumpLevel: number | null;
  readonly file: readonly string[];
  readonly kinds: readonly {
    readonly kind: string;
    readonly present: number;
    readonly missing: readonly { readonly why: string; readonly pages: number }[];
  }[];
  readonly problems?: readonly ProblemData[];
}

/** What the kinds mean to a reader. */
const KINDS: Readonly<Record<MemoryPresence['counts'][number]['kind'], string>> = {
  image: 'kernel image',
  slab: 'kernel, slab caches',
  table: 'page tables',
  anonymous: 'user, anonymous',
  file: 'cached files',
  free: 'free',
  kernel: 'kernel, other',
  unknown: 'use unknown',
};

export const coverage = command<CoverageData>({
  name: 'coverage',
  summary: "how much of the machine's memory is in the dump, by what it is used for",
  description: [
    "Looks for every page that the machine had, and says by the kernel's page descriptors what the pages are used for, how " +
      'many of them the dump holds, and why the others are not there: left out by a filter, cut off with the end of the file, ' +
      'damaged. On large machines evenly spread pages are looked at and the numbers are estimates.',
    'Page tables are told apart where the types of the kernel name that kind (6.6 and newer); before they count as other memory of ' +
      'the kernel. Where the descriptors are lost, the use is unknown.',
  ],
  args: {},
  examples: [{ line: 'coverage', shows: 'What is there, and what is missing:' }],
  schema: object('Memory that is in the dump.', {
    pages: integer('Pages that the machine had, as far as the dump tells.'),
    present: integer('Those in the dump.'),
    pageSize: integer('Bytes of a page.'),
    every: integer('Every so many-th page was looked at; the numbers are estimates unless it is 1.'),
    dumpLevel: nullable(integer('Filter level of makedumpfile, 0 to 31.')),
    file: arrayOf('What is wrong with the file.', string('One thing.')),
    kinds: arrayOf(
      'By use.',
      object('Pages of one use.', {
        kind: string('image, slab, table, anonymous, file, free, kernel (other memory of the kernel), unknown.'),
        present: integer('Pages in the dump.'),
        missing: arrayOf(
          'The others, by reason.',
          object('One reason.', { why: string('In words.'), pages: integer('Pages.') }),
        ),
      }),
    ),
    problems: optional(problemsSchema),
  }),
  run({ prog }) {
    const { pages, every, counts, problems } = memoryPresence(prog);
    return {
      pages,
      present: counts.reduce((sum, c) => sum + c.present, 0),
      pageSize: prog.pageSize,
      every,
      dumpLevel: prog.image.header.dumpLevel ?? null,
      file: prog.image.problems,
      kinds: counts.map(({ kind, present, missing }) => ({
        kind,
        present,
        missing: [...missing].map(([why, n]) => ({ why: missingText(why), pages: n })),
      })),
      ...problemsOf(problems),
    };
  },
  *blocks(data) {
    yield* coverageBlocks(data);
    yield* problemBlocks(data);
  },
});

function* coverageBlocks(data: CoverageData): Iterable<Block> {
  const size = (pages: number): string => formatSize(pages * data.pageSize);
  const share = (part: number, of: number): string => (of === 0 ? '-' : `${((100 * part) / of).toFixed(1)}%`);
  const about = data.every === 1 ? '' : ` (every ${data.every}th page was looked at)`;
  yield {
    kind: 'lines',
    lines: [
      `${size(data.present)} of ${size(data.pages)} are in the dump: ${share(data.present, data.pages)}${about}`,
      ...data.file,
      ...(data.dumpLevel
        ? [`filter level ${data.dumpLevel} leaves out: ${levelTexts(data.dumpLevel).join(', ')}`]
        : []),
    ],
  };
  yield {
    kind: 'table',
    columns: [
      { title: 'USE', align: 'left' },
      { title: 'PRESENT', align: 'right' },
      { title: 'SHARE', align: 'right' },
      { title: 'MISSING', align: 'right' },
      { title: 'WHY', align: 'left' },
    ],
    rows: data.kinds.flatMap(({ kind, present, missing }) => {
      const lost = missing.reduce((sum, m) => sum + m.pages, 0);
      const name = KINDS[kind as keyof typeof KINDS];
      const first = [name, size(present), share(present, present + lost)];
      if (missing.length === 0) return [[...first, '', '']];
      return missing.map((m, i) => [...(i === 0 ? first : ['', '', '']), size(m.pages), m.why]);
    }),
  };
}
