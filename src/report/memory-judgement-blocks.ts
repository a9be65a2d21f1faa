import type { Language, Phrase } from '../base/phrase.ts';
import { MEMORY_HOLDERS } from '../kernel/memory-balance.ts';
import type { Block } from './block.ts';
import { formatSize } from './format-size.ts';
import type { MemoryJudgement } from './memory-judgement-schema.ts';
import { HOLDER_NAMES, overcommitSentence, RECLAIM_NAMES, swapSentence, thumbSentence } from './memory-sentences.ts';
import { oomScoreBlocks } from './oom-score-data.ts';
import { type AllocationData, OUTCOMES, testText, type WatermarkData } from './zone-mark-data.ts';

const WORDS = {
  allocation: { en: 'What an allocation of one page would meet', zh: '申请一页内存会发生什么' },
  commit: { en: 'Commitment', zh: '内存提交' },
  swap: { en: 'Swap', zh: '交换空间' },
  balance: { en: 'Where the memory is', zh: '内存的去向' },
  unaccounted: { en: 'unaccounted', zh: '未统计' },
  total: { en: 'total', zh: '合计' },
  slab: { en: 'Largest slab caches', zh: '最大的 slab 缓存' },
  processes: { en: 'Processes as the OOM killer weighs them', zh: 'OOM killer 眼中的进程' },
  reclaim: { en: 'Tasks that reclaim memory', zh: '正在回收内存的任务' },
  groups: { en: 'Control groups with a limit', zh: '有内存上限的控制组' },
} as const satisfies Record<string, Phrase>;

/** The judgement for people. */
export function* memoryJudgementBlocks(data: MemoryJudgement, language: Language): Iterable<Block> {
  const part = (name: keyof typeof WORDS): Block => ({ kind: 'heading', level: 3, text: WORDS[name][language] });
  const { allocations } = data.watermarks;
  if (allocations.length > 0) yield part('allocation');
  if (allocations.length > 0)
    yield { kind: 'list', items: allocations.map((a) => `${a.kind}: ${OUTCOMES[a.outcome][language]}`) };
  const { mode, limit, committed } = data.overcommit;
  if (mode !== null || limit !== null || committed !== null) {
    yield part('commit');
    yield { kind: 'lines', lines: commitLines(data, language) };
    yield { kind: 'text', text: overcommitSentence(data.overcommit)[language] };
  }
  yield part('swap');
  yield { kind: 'text', text: swapSentence(data)[language] };
  if ((data.balance.total ?? 0) > 0) {
    yield part('balance');
    yield balanceTable(data, language);
  }
  if (data.slab.length > 0) {
    yield part('slab');
    yield slabTable(data, language);
  }
  if (data.processes.processes.length > 0) {
    yield part('processes');
    yield* oomScoreBlocks(data.processes, language);
  }
  if (data.reclaim.length > 0) {
    yield part('reclaim');
    yield { kind: 'lines', lines: reclaimLines(data, language) };
  }
  if (data.groups.length > 0) {
    yield part('groups');
    yield groupTable(data);
  }
}

const MODES = {
  heuristic: { number: 0, en: 'heuristic', zh: '启发式' },
  always: { number: 1, en: 'always', zh: '总是允许' },
  never: { number: 2, en: 'never', zh: '不超过上限' },
} as const;

function commitLines({ overcommit: o, pageBytes }: MemoryJudgement, language: Language): string[] {
  const zh = language === 'zh';
  const unknown = zh ? '（未知）' : '(unknown)';
  const size = (pages: number | null): string => {
    if (pages === null) return unknown;
    const bytes = formatSize(pages * pageBytes);
    return zh ? `${pages} 页（${bytes}）` : `${pages} pages (${bytes})`;
  };
  const mode = o.mode === null ? undefined : MODES[o.mode];
  const name = mode?.[language];
  const words = zh ? `${mode?.number}（${name}）` : `${mode?.number} (${name})`;
  const lines = [`vm.overcommit_memory ${mode ? words : unknown}`];
  if (o.limit !== null) lines.push(`CommitLimit  ${size(o.limit)} = ${limitSum(o, pageBytes, language)}`);
  const share = o.limit === null || o.committed === null || o.limit === 0 ? undefined : o.committed / o.limit;
  const percent = share === undefined ? '' : `${Math.round(share * 100)}%`;
  const part = percent === '' ? '' : zh ? `，为上限的 ${percent}` : `, ${percent} of the limit`;
  lines.push(`Committed_AS ${size(o.committed)}${part}`);
  return lines;
}

function limitSum(o: MemoryJudgement['overcommit'], pageBytes: number, language: Language): string {
  const say = (en: string, zh: string): string => (language === 'zh' ? zh : en);
  const swap = `${say('swap', '交换空间')} ${o.swap}`;
  if (o.kbytes) return `vm.overcommit_kbytes ${o.kbytes} / ${pageBytes / 1024} + ${swap}`;
  const ram = `${say('memory', '内存')} ${o.ram}`;
  const huge = o.hugetlb === 0 ? ram : `(${ram} - ${say('huge pages', '大页')} ${o.hugetlb})`;
  return `${huge} * vm.overcommit_ratio ${o.ratio} / 100 + ${swap}`;
}

function balanceTable({ balance, pageBytes }: MemoryJudgement, language: Language): Block {
  const total = balance.total ?? 0;
  const row = (name: Phrase, pages: number): [string, number, string, string] => [
    name[language],
    pages,
    formatSize(Math.max(0, pages) * pageBytes),
    total === 0 ? '' : `${((pages * 100) / total).toFixed(1)}%`,
  ];
  const rows = MEMORY_HOLDERS.flatMap((holder) => {
    const pages = balance.held[holder];
    return pages === undefined || pages === 0 ? [] : [row(HOLDER_NAMES[holder], pages)];
  });
  rows.sort((a, b) => b[1] - a[1]);
  if (balance.unaccounted !== null) rows.push(row(WORDS.unaccounted, balance.unaccounted));
  rows.push(row(WORDS.total, total));
  return {
    kind: 'table',
    columns: [
      { title: 'HOLDER', align: 'left' },
      { title: 'PAGES', align: 'right', width: 9 },
      { title: 'SIZE', align: 'right', width: 9 },
      { title: 'SHARE', align: 'right', width: 6 },
    ],
    rows,
  };
}

function slabTable({ slab, pageBytes }: MemoryJudgement, language: Language): Block {
  const [yes, no] = language === 'zh' ? ['是', '否'] : ['yes', 'no'];
  return {
    kind: 'table',
    columns: [
      { title: 'PAGES', align: 'right', width: 9 },
      { title: 'SIZE', align: 'right', width: 9 },
      { title: 'OBJECTS', align: 'right', width: 9 },
      { title: 'OBJSIZE', align: 'right' },
      { title: 'RECLAIMABLE', align: 'left' },
      { title: 'CACHE', align: 'left' },
    ],
    rows: slab.map((c) => [
      c.pages,
      formatSize(c.pages * pageBytes),
      c.objects,
      c.objectBytes,
      c.reclaimable ? yes : no,
      c.cache,
    ]),
  };
}

function reclaimLines({ reclaim }: MemoryJudgement, language: Language): string[] {
  return reclaim.map((t) => {
    const shrinker = t.shrinker === undefined ? '' : ` < ${t.shrinker}`;
    return `${String(t.pid).padStart(7)} ${t.comm.padEnd(15)}  ${RECLAIM_NAMES[t.kind][language]} (${t.function}${shrinker})`;
  });
}

function groupTable({ groups }: MemoryJudgement): Block {
  const pages = (n: number | null): string | number => n ?? '-';
  return {
    kind: 'table',
    columns: [
      { title: 'USAGE', align: 'right', width: 9 },
      { title: 'HIGH', align: 'right', width: 9 },
      { title: 'MAX', align: 'right', width: 9 },
      { title: 'PEAK', align: 'right', width: 9 },
      { title: 'FAILS', align: 'right', width: 6 },
      { title: 'OOM', align: 'right' },
      { title: 'KILLS', align: 'right' },
      { title: 'GROUP', align: 'left' },
    ],
    rows: groups.map((g) => [
      g.usage,
      pages(g.high),
      pages(g.max),
      g.peak,
      g.failures,
      pages(g.oom),
      pages(g.oomKills),
      g.path,
    ]),
  };
}

/** The zones with every comparison that the allocator makes. */
export function* watermarkBlocks(data: WatermarkData, language: Language): Iterable<Block> {
  if (data.minFreeKiB !== null) {
    const text = `vm.min_free_kbytes ${data.minFreeKiB}, vm.watermark_scale_factor ${data.scaleFactor}`;
    yield { kind: 'lines', lines: [text] };
  }
  yield {
    kind: 'table',
    columns: [
      { title: 'NODE', align: 'right' },
      { title: 'ZONE', align: 'left' },
      { title: 'MANAGED', align: 'right', width: 9 },
      { title: 'FREE', align: 'right', width: 9 },
      { title: 'MIN', align: 'right', width: 7 },
      { title: 'LOW', align: 'right', width: 7 },
      { title: 'HIGH', align: 'right', width: 7 },
      { title: 'BOOST', align: 'right' },
      { title: 'HIGHATOMIC', align: 'right' },
      { title: 'CMA', align: 'right' },
      { title: 'LOWMEM_RESERVE', align: 'left' },
    ],
    rows: data.zones.map((z) => [
      ...[z.node, z.zone, z.managed, z.free, z.min, z.low, z.high, z.boost, z.highAtomic, z.freeCma],
      z.reserves.join(' '),
    ]),
  };
  const thumb = thumbSentence(data);
  if (thumb) yield { kind: 'text', text: thumb[language] };
  for (const allocation of data.allocations) {
    yield { kind: 'text', text: `${allocation.kind}: ${OUTCOMES[allocation.outcome][language]}` };
    yield { kind: 'lines', lines: testLines(allocation) };
  }
}

function testLines({ low, min, retry, outcome }: AllocationData): string[] {
  const asked = [
    ['low  ', low],
    ['min  ', min],
    ['retry', retry],
  ] as const;
  // the allocator asks the next question only when no zone passes
  const count = outcome === 'nothing' ? 1 : outcome === 'kswapd' ? 2 : 3;
  return [
    'MARK   NODE ZONE       AVAILABLE - KEPT > MARK + RESERVE',
    ...asked
      .slice(0, count)
      .flatMap(([name, tests]) =>
        tests.map((t) => `${name}  ${String(t.node).padStart(4)} ${t.zone.padEnd(9)}  ${testText(t)}`),
      ),
  ];
}
