import { hex64 } from '../base/hex.ts';
import { swapAreas } from '../kernel/swap.ts';
import { command } from '../report/command.ts';
import { digits } from '../report/pad.ts';
import { type ProblemData, problemBlocks, problemsOf, problemsSchema } from '../report/problems.ts';
import { arrayOf, hexString, integer, nullable, object, oneOf, optional, string } from '../report/schema.ts';

interface SwapData {
  readonly areas: readonly {
    readonly address: string;
    readonly kind: string;
    readonly sizeKiB: number;
    readonly usedKiB: number;
    readonly priority: number;
    readonly path: string | null;
  }[];
  readonly problems?: readonly ProblemData[];
}

export const swap = command<SwapData>({
  name: 'swap',
  summary: 'swap areas',
  description: ['The swap areas in use with their sizes, as /proc/swaps shows them.'],
  args: {},
  examples: [
    {
      line: 'swap',
      shows: 'All swap areas:',
      output: [
        'SWAP_INFO_STRUCT    TYPE       SIZE       USED     PCT  PRI  FILENAME',
        'ffff8f13c2141a00  PARTITION   131068k      0k       0%   -2  /dev/vdb',
      ].join('\n'),
    },
  ],
  schema: object('Swap areas.', {
    areas: arrayOf(
      'In the order of their numbers.',
      object('One area.', {
        address: hexString('Address of `struct swap_info_struct`.'),
        kind: oneOf('What it is in.', ['PARTITION', 'FILE']),
        sizeKiB: integer('Size.'),
        usedKiB: integer('Used part.'),
        priority: integer('Priority.'),
        path: nullable(string('Device or file.')),
      }),
    ),
    problems: optional(problemsSchema),
  }),
  run({ prog }) {
    const { areas, problems } = swapAreas(prog);
    const kib = prog.pageSize / 1024;
    return {
      areas: areas.map((a) => ({
        address: hex64(a.address),
        kind: a.kind,
        sizeKiB: a.pages * kib,
        usedKiB: a.usedPages * kib,
        priority: a.priority,
        path: a.path ?? null,
      })),
      ...problemsOf(problems),
    };
  },
  *blocks(data) {
    const rows = data.areas.map((a) => {
      const percent = a.sizeKiB === 0 ? 0 : Math.floor((a.usedKiB * 100) / a.sizeKiB);
      const sizes = `${`${a.sizeKiB}k`.padStart(10)}  ${centered(`${a.usedKiB}k`, 10)}`;
      return `${digits(a.address)}  ${a.kind.padEnd(9)}${sizes} ${`${percent}%`.padStart(4)}  ${String(a.priority).padStart(3)}  ${a.path ?? '(unknown)'}`;
    });
    yield { kind: 'lines', lines: ['SWAP_INFO_STRUCT    TYPE       SIZE       USED     PCT  PRI  FILENAME', ...rows] };
    yield* problemBlocks(data);
  },
});

/** In the middle of a column, what is left over before it. */
function centered(text: string, width: number): string {
  return text.padStart(Math.ceil((width + text.length) / 2)).padEnd(width);
}
