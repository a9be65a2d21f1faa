import { UsageError } from '../../base/errors.ts';
import { memoryOverview, sharedPages } from '../../kernel/memory-overview.ts';
import { commandPart } from '../../report/command-part.ts';
import { usageLine } from '../../report/kernel-memory-lines.ts';
import { type ProblemData, problemBlocks, problemsOf, problemsSchema } from '../../report/problems.ts';
import { integer, nullable, object, optional } from '../../report/schema.ts';

interface OverviewData {
  readonly pageSize: number;
  readonly total: number | null;
  readonly free: number | null;
  readonly used: number | null;
  readonly shared?: number;
  readonly buffers: number | null;
  readonly cached: number | null;
  readonly slab: number | null;
  readonly hugeTotal: number;
  readonly hugeFree: number;
  readonly swapTotal: number | null;
  readonly swapFree: number | null;
  readonly commitLimit: number | null;
  readonly committed: number | null;
  readonly problems?: readonly ProblemData[];
}

/** `kmem -i`: how memory is used. */
export const overview = commandPart<OverviewData>({
  name: 'overview',
  flag: 'i',
  schema: object('Memory usage in pages; null where the dump does not tell.', {
    pageSize: integer('Bytes of a page.'),
    total: nullable(integer('Pages that the kernel manages.')),
    free: nullable(integer('Free ones.')),
    used: nullable(integer('The others.')),
    shared: optional(integer('Pages with more than one reference; only with -i=shared.')),
    buffers: nullable(integer('Page cache of block devices.')),
    cached: nullable(integer('Page cache of files.')),
    slab: nullable(integer('Slab allocator.')),
    hugeTotal: integer('Huge pages, counted in ordinary ones.'),
    hugeFree: integer('Free ones of them.'),
    swapTotal: nullable(integer('Swap space.')),
    swapFree: nullable(integer('Free swap space.')),
    commitLimit: nullable(integer('What may be committed when overcommit is off.')),
    committed: nullable(integer('What is committed.')),
    problems: optional(problemsSchema),
  }),
  run({ prog }, args) {
    const option = args.value('i');
    if (option && option !== 'shared') throw new UsageError(`kmem: -i takes shared, not ${option}`);
    const { problems, ...facts } = memoryOverview(prog);
    return {
      pageSize: prog.pageSize,
      total: facts.total ?? null,
      free: facts.free ?? null,
      used: facts.total === undefined || facts.free === undefined ? null : facts.total - facts.free,
      ...(option === 'shared' && { shared: sharedPages(prog) }),
      buffers: facts.buffers ?? null,
      cached: facts.cached ?? null,
      slab: facts.slab ?? null,
      hugeTotal: facts.hugeTotal,
      hugeFree: facts.hugeFree,
      swapTotal: facts.swapTotal ?? null,
      swapFree: facts.swapFree ?? null,
      commitLimit: facts.commitLimit ?? null,
      committed: facts.committed ?? null,
      ...problemsOf(problems),
    };
  },
  *blocks(data) {
    yield { kind: 'lines', lines: overviewLines(data) };
    yield* problemBlocks(data);
  },
});

function overviewLines(data: OverviewData): string[] {
  const line = (name: string, pages: number | null, total?: number | null, of = 'TOTAL MEM'): string =>
    pages === null
      ? `${name.padStart(13)} (unknown)`
      : usageLine(name, pages, data.pageSize, total === undefined || total === null ? undefined : [total, of]);
  const swapUsed = data.swapTotal === null || data.swapFree === null ? null : data.swapTotal - data.swapFree;
  return [
    '                 PAGES        TOTAL      PERCENTAGE',
    line('TOTAL MEM', data.total),
    line('FREE', data.free, data.total),
    line('USED', data.used, data.total),
    ...(data.shared === undefined ? [] : [line('SHARED', data.shared, data.total)]),
    line('BUFFERS', data.buffers, data.total),
    line('CACHED', data.cached, data.total),
    line('SLAB', data.slab, data.total),
    '',
    line('TOTAL HUGE', data.hugeTotal),
    line('HUGE FREE', data.hugeFree, data.hugeTotal, 'TOTAL HUGE'),
    '',
    line('TOTAL SWAP', data.swapTotal),
    line('SWAP USED', swapUsed, data.swapTotal, 'TOTAL SWAP'),
    line('SWAP FREE', data.swapFree, data.swapTotal, 'TOTAL SWAP'),
    '',
    line('COMMIT LIMIT', data.commitLimit),
    line('COMMITTED', data.committed, data.commitLimit, 'TOTAL LIMIT'),
  ];
}
