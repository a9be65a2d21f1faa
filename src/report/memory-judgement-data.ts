import { perOwner } from '../base/lazy.ts';
import { memoryBalance } from '../kernel/memory-balance.ts';
import { type MemoryCgroup, memoryCgroups } from '../kernel/memory-cgroup.ts';
import { attempt } from '../kernel/note-problem.ts';
import { overcommit } from '../kernel/overcommit.ts';
import { reclaimTasks } from '../kernel/reclaim-tasks.ts';
import { slabSizes } from '../kernel/slab-sizes.ts';
import { longVariable } from '../kernel/variable.ts';
import { vmStat } from '../kernel/vm-stat.ts';
import type { Program } from '../program/program.ts';
import type { GroupData, MemoryJudgement, SlabShareData } from './memory-judgement-schema.ts';
import { oomScoresData } from './oom-score-data.ts';
import { type ProblemData, problemsOf } from './problems.ts';
import { watermarkData } from './zone-mark-data.ts';

const MOST_CACHES = 10;
const MOST_PROCESSES = 10;
const MOST_GROUPS = 20;
const MOST_RECLAIMERS = 50;

/** The memory of a dump, judged as its kernel judges it. Each part may be missing; why is in `problems`. */
export const memoryJudgement = perOwner((prog: Program): MemoryJudgement => {
  const problems: ProblemData[] = [];
  const balance = memoryBalance(prog);
  const commit = overcommit(prog);
  const reclaim = reclaimTasks(prog);
  problems.push(...balance.problems, ...commit.problems, ...reclaim.problems);
  return {
    pageBytes: prog.pageSize,
    watermarks: watermarkData(prog, problems),
    overcommit: {
      mode: commit.mode ?? null,
      ratio: commit.ratio ?? null,
      kbytes: commit.kbytes ?? null,
      ram: commit.ram ?? null,
      hugetlb: commit.hugetlb,
      swap: commit.swap ?? null,
      limit: commit.limit ?? null,
      committed: commit.committed ?? null,
    },
    swap: {
      total: commit.swap ?? null,
      free: attempt(problems, 'free swap', () => longVariable(prog, 'nr_swap_pages')) ?? null,
    },
    balance: {
      total: balance.total ?? null,
      held: Object.fromEntries(balance.held),
      unaccounted: balance.unaccounted ?? null,
      ...(balance.balloon !== undefined && balance.balloon !== 0 && { balloon: balance.balloon }),
      ...hugePages(prog, problems),
    },
    slab: slabShares(prog, problems),
    processes: oomScoresData(prog, MOST_PROCESSES, problems),
    reclaim: reclaim.tasks.slice(0, MOST_RECLAIMERS).map(({ task, kind, function: name, shrinker }) => ({
      pid: task.pid,
      comm: task.comm,
      kind,
      function: name,
      ...(shrinker !== undefined && { shrinker }),
    })),
    groups: groupData(prog, problems),
    ...problemsOf(problems),
  };
});

function slabShares(prog: Program, problems: ProblemData[]): SlabShareData[] {
  const { caches, problems: own } = slabSizes(prog);
  problems.push(...own);
  return caches.slice(0, MOST_CACHES).map((c) => ({
    cache: c.cache.name,
    pages: c.pages,
    objects: c.objects,
    objectBytes: c.cache.size,
    reclaimable: c.reclaimable,
  }));
}

/** NR_ANON_THPS counts pages in kernels that have NR_SWAPCACHE, huge pages before; see meminfo. */
function hugePages(prog: Program, problems: ProblemData[]): { readonly anonymousHuge?: number } {
  const stat = attempt(problems, 'transparent huge pages', () => vmStat(prog));
  const count = stat?.get('NR_ANON_THPS');
  if (stat === undefined || count === undefined) return {};
  return { anonymousHuge: stat.get('NR_SWAPCACHE') === undefined ? count * (prog.pageSize / 8) : count };
}

/** The groups that have a limit or ran out of memory; those nearest to their limit first. */
function groupData(prog: Program, problems: ProblemData[]): GroupData[] {
  const { groups, problems: own } = memoryCgroups(prog);
  problems.push(...own);
  const fullness = (g: MemoryCgroup): number => (g.max === undefined ? 0 : g.usage / Math.max(1, g.max));
  return groups
    .filter((g) => g.max !== undefined || g.high !== undefined || (g.oom ?? 0) > 0 || (g.oomKills ?? 0) > 0)
    .sort((a, b) => fullness(b) - fullness(a) || b.usage - a.usage)
    .slice(0, MOST_GROUPS)
    .map((g) => ({
      path: g.path,
      usage: g.usage,
      max: g.max ?? null,
      high: g.high ?? null,
      peak: g.peak,
      failures: g.failures,
      oom: g.oom ?? null,
      oomKills: g.oomKills ?? null,
    }));
}
