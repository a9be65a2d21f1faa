import { hex64 } from '../base/hex.ts';
import type { Language } from '../base/phrase.ts';
import { type OomScore, oomScores } from '../kernel/oom-score.ts';
import type { Program } from '../program/program.ts';
import type { Block } from './block.ts';
import type { ProblemData } from './problems.ts';
import { arrayOf, hexString, integer, nullable, object, optional, type Schema, string } from './schema.ts';

/** A process as the OOM killer weighs it; pages. */
export interface OomScoreData {
  readonly pid: number;
  readonly comm: string;
  readonly task: string;
  readonly rss: number;
  readonly swap: number;
  readonly pageTables: number;
  readonly adjust: number;
  readonly points: number;
  readonly exempt?: string;
}

export interface OomScoresData {
  /** Memory and swap, in pages: oom_score_adj is in thousandths of it. */
  readonly totalPages: number | null;
  readonly count: number;
  readonly processes: readonly OomScoreData[];
}

export const oomScoresSchema: Schema = object('Processes as the OOM killer weighs them.', {
  totalPages: nullable(integer('Memory and swap in pages; oom_score_adj is in thousandths of it.')),
  count: integer('Processes with memory of their own.'),
  processes: arrayOf(
    'The first to be killed first; those that it passes over at the end.',
    object('A process. Pages.', {
      pid: integer('Process id.'),
      comm: string('Command name.'),
      task: hexString('Address of `struct task_struct`.'),
      rss: integer('Resident, as the kernel has added it up.'),
      swap: integer('In swap.'),
      pageTables: integer('Of its page tables.'),
      adjust: integer('oom_score_adj, -1000 to 1000.'),
      points: integer('rss + swap + pageTables + adjust * (totalPages / 1000).'),
      exempt: optional(string('Why it is passed over.')),
    }),
  ),
});

/** @param most processes to list */
export function oomScoresData(prog: Program, most: number, problems: ProblemData[]): OomScoresData {
  const { totalPages, scores, problems: own } = oomScores(prog);
  problems.push(...own);
  return { totalPages: totalPages ?? null, count: scores.length, processes: scores.slice(0, most).map(scoreData) };
}

function scoreData({ task, rss, swap, pageTables, adjust, points, exempt }: OomScore): OomScoreData {
  const names = { pid: task.pid, comm: task.comm, task: hex64(task.address) };
  return { ...names, rss, swap, pageTables, adjust, points, ...(exempt !== undefined && { exempt }) };
}

/** The table with the sum of each process. */
export function* oomScoreBlocks(data: OomScoresData, language: Language = 'en'): Iterable<Block> {
  const zh = language === 'zh';
  yield {
    kind: 'table',
    columns: [
      { title: 'PID', align: 'right', width: 7 },
      { title: 'RSS', align: 'right', width: 9 },
      { title: '+ SWAP', align: 'right', width: 9 },
      { title: '+ PGTABLES', align: 'right' },
      { title: '+ ADJUST', align: 'right', width: 9 },
      { title: '= POINTS', align: 'right', width: 9 },
      { title: 'OOM_SCORE_ADJ', align: 'right' },
      { title: 'COMMAND', align: 'left' },
    ],
    rows: data.processes.map((p) => {
      const adjustment = p.points - p.rss - p.swap - p.pageTables;
      const never = zh ? `（不会被杀死：${p.exempt}）` : ` (never killed: ${p.exempt})`;
      const command = p.exempt === undefined ? p.comm : p.comm + never;
      return [p.pid, p.rss, p.swap, p.pageTables, adjustment, p.points, p.adjust, command];
    }),
  };
  const rest = data.count - data.processes.length;
  if (rest > 0) yield { kind: 'lines', lines: [zh ? `... 还有 ${rest} 个进程` : `... ${rest} more processes`] };
  if (data.totalPages !== null) {
    const step = Math.floor(data.totalPages / 1000);
    const sum = `${data.totalPages} / 1000 = ${step}`;
    const text = zh ? `单位为页；oom_score_adj 每一分计 ${sum} 页` : `pages; oom_score_adj counts ${sum} pages each`;
    yield { kind: 'lines', lines: [text] };
  }
}
