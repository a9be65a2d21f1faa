import type { MemoryHolder } from '../kernel/memory-balance.ts';
import type { OvercommitMode } from '../kernel/overcommit.ts';
import type { ReclaimKind } from '../kernel/reclaim-tasks.ts';
import { type OomScoresData, oomScoresSchema } from './oom-score-data.ts';
import { type ProblemData, problemsSchema } from './problems.ts';
import {
  arrayOf,
  boolean,
  integer,
  nullable,
  object,
  oneOf,
  optional,
  record,
  type Schema,
  secret,
  string,
} from './schema.ts';
import { type WatermarkData, watermarkSchema } from './zone-mark-data.ts';

/** How much may be asked for, and how much was; pages, `kbytes` but for. */
export interface OvercommitData {
  readonly mode: OvercommitMode | null;
  readonly ratio: number | null;
  readonly kbytes: number | null;
  readonly ram: number | null;
  readonly hugetlb: number;
  readonly swap: number | null;
  readonly limit: number | null;
  readonly committed: number | null;
}

export interface SlabShareData {
  readonly cache: string;
  readonly pages: number;
  readonly objects: number;
  readonly objectBytes: number;
  readonly reclaimable: boolean;
}

export interface GroupData {
  readonly path: string;
  readonly usage: number;
  readonly max: number | null;
  readonly high: number | null;
  readonly peak: number;
  readonly failures: number;
  readonly oom: number | null;
  readonly oomKills: number | null;
}

export interface BalanceData {
  readonly total: number | null;
  readonly held: Readonly<Partial<Record<MemoryHolder, number>>>;
  readonly unaccounted: number | null;
  readonly balloon?: number;
  readonly anonymousHuge?: number;
}

/** The memory judged as the kernel judges it. Sizes in pages of `pageBytes`. */
export interface MemoryJudgement {
  readonly pageBytes: number;
  readonly watermarks: WatermarkData;
  readonly overcommit: OvercommitData;
  readonly swap: { readonly total: number | null; readonly free: number | null };
  readonly balance: BalanceData;
  readonly slab: readonly SlabShareData[];
  readonly processes: OomScoresData;
  readonly reclaim: readonly {
    readonly pid: number;
    readonly comm: string;
    readonly kind: ReclaimKind;
    readonly function: string;
    readonly shrinker?: string;
  }[];
  readonly groups: readonly GroupData[];
  readonly problems?: readonly ProblemData[];
}

const pagesOrNull = (what: string): Schema => nullable(integer(what));

const overcommitSchema = object('How much processes may ask for, and how much they have asked for. Pages.', {
  mode: nullable(oneOf('vm.overcommit_memory: 0, 1, 2.', ['heuristic', 'always', 'never'])),
  ratio: pagesOrNull('vm.overcommit_ratio, percent.'),
  kbytes: pagesOrNull('vm.overcommit_kbytes, KiB; when not 0 it is used instead of the ratio.'),
  ram: pagesOrNull('Memory.'),
  hugetlb: integer('Of that in pools of huge pages.'),
  swap: pagesOrNull('Swap space.'),
  limit: pagesOrNull('CommitLimit: enforced in mode `never` only.'),
  committed: pagesOrNull('Committed_AS.'),
});

const balanceSchema = object('Where the memory is. Pages, each counted once.', {
  total: pagesOrNull('MemTotal.'),
  held: record('By holder; what this kernel does not count is absent.', integer('Pages.')),
  unaccounted: pagesOrNull('The rest: taken from the page allocator by code that counts it nowhere.'),
  balloon: optional(integer('Given back to the host by a balloon; mostly taken out of the total too.')),
  anonymousHuge: optional(integer('Of the anonymous pages those in transparent huge pages.')),
});

export const memoryJudgementSchema: Schema = object('The memory, judged as the kernel judges it. Pages.', {
  pageBytes: integer('Size of a page.'),
  watermarks: watermarkSchema,
  overcommit: overcommitSchema,
  swap: object('Swap space. Pages.', { total: pagesOrNull('All.'), free: pagesOrNull('Free.') }),
  balance: balanceSchema,
  slab: arrayOf(
    'The largest slab caches.',
    object('A cache.', {
      cache: string('Name.'),
      pages: integer('Pages of its slabs.'),
      objects: integer('Objects that fit into them.'),
      objectBytes: integer('Bytes from one object to the next.'),
      reclaimable: boolean('The kernel can free its objects on demand.'),
    }),
  ),
  processes: oomScoresSchema,
  reclaim: arrayOf(
    'Tasks that reclaim memory, by the functions in their stacks.',
    object('A task.', {
      pid: integer('Process id.'),
      comm: string('Command name.'),
      kind: string('What it does: kswapd, direct-reclaim, oom ...'),
      function: string('The function that says so.'),
      shrinker: optional(string('Function of the shrinker that it is in.')),
    }),
  ),
  groups: arrayOf(
    'Memory control groups with a limit, or that ran out of memory; the fullest first.',
    object('A group. Pages.', {
      path: secret('path', string('From the root of the hierarchy.')),
      usage: integer('memory.current.'),
      max: pagesOrNull('memory.max; null for no limit.'),
      high: pagesOrNull('memory.high; null for no limit.'),
      peak: integer('The most it had.'),
      failures: integer('How often it met its limit.'),
      oom: pagesOrNull('How often it ran out of memory.'),
      oomKills: pagesOrNull('How many processes were killed for that.'),
    }),
  ),
  problems: optional(problemsSchema),
});
