import type { Phrase } from '../base/phrase.ts';
import type { AllocationOutcome } from '../kernel/allocation-outlook.ts';
import type { MemoryHolder } from '../kernel/memory-balance.ts';
import type { Evidence } from '../report/finding.ts';
import { formatSize } from '../report/format-size.ts';
import type { MemoryJudgement } from '../report/memory-judgement-schema.ts';
import { HOLDER_NAMES } from '../report/memory-sentences.ts';
import { testText } from '../report/zone-mark-data.ts';

/** What the kernel's own allocations would meet; `nothing` where the dump does not tell. */
export function pressure(memory: MemoryJudgement): AllocationOutcome {
  return memory.watermarks.allocations.find((a) => a.kind === 'GFP_KERNEL')?.outcome ?? 'nothing';
}

/** Part of all memory, 0 to 1; 0 where the total is unknown. */
export function share(memory: MemoryJudgement, pages: number): number {
  const { total } = memory.balance;
  return total === null || total === 0 ? 0 : pages / total;
}

export function sizeOf(memory: MemoryJudgement, pages: number): string {
  return formatSize(pages * memory.pageBytes);
}

/** `12%` */
export function percent(part: number): string {
  return `${Math.round(part * 100)}%`;
}

/** Who holds the most, free memory left out. */
export function largestHolders(memory: MemoryJudgement, most: number): { holder: MemoryHolder; pages: number }[] {
  return (Object.entries(memory.balance.held) as [MemoryHolder, number][])
    .filter(([holder]) => holder !== 'free' && holder !== 'cpuLists')
    .map(([holder, pages]) => ({ holder, pages }))
    .sort((a, b) => b.pages - a.pages)
    .slice(0, most);
}

/** The comparison of each zone that decided what an allocation would meet. */
export function watermarkEvidence(memory: MemoryJudgement): Evidence[] {
  const allocation = memory.watermarks.allocations.find((a) => a.kind === 'GFP_KERNEL');
  if (!allocation) return [];
  const { outcome } = allocation;
  const tests = outcome === 'oom' ? allocation.retry : outcome === 'nothing' ? allocation.low : allocation.min;
  const mark = outcome === 'nothing' ? 'low' : 'min';
  const of: Phrase =
    outcome === 'oom'
      ? { en: 'free and reclaimable pages', zh: '空闲页与可回收页' }
      : { en: 'free pages', zh: '空闲页' };
  return tests.slice(0, 4).map((t) => ({
    what: {
      en: `zone ${t.zone} of node ${t.node}: ${of.en} less those kept for others, against ${mark} and its reserve`,
      zh: `节点 ${t.node} 区域 ${t.zone}：${of.zh}减去留给其他用途的页，与 ${mark} 水位加保留页比较`,
    },
    value: testText(t),
    command: 'memory -z',
  }));
}

/** Those that hold the most, in pages. */
export function holderEvidence(memory: MemoryJudgement, most: number): Evidence[] {
  return largestHolders(memory, most).map(({ holder, pages }) => ({
    what: {
      en: `pages of: ${HOLDER_NAMES[holder].en} (${sizeOf(memory, pages)})`,
      zh: `页数：${HOLDER_NAMES[holder].zh}（${sizeOf(memory, pages)}）`,
    },
    value: String(pages),
    command: 'memory',
  }));
}

/** The processes with the most points of the OOM killer. */
export function processEvidence(memory: MemoryJudgement, most: number): Evidence[] {
  return memory.processes.processes
    .filter((p) => p.exempt === undefined)
    .slice(0, most)
    .map((p) => ({
      what: {
        en: `points of ${p.comm} (pid ${p.pid}): rss ${p.rss} + swap ${p.swap} + page tables ${p.pageTables}, oom_score_adj ${p.adjust}`,
        zh: `${p.comm}（pid ${p.pid}）的得分：rss ${p.rss} + swap ${p.swap} + 页表 ${p.pageTables}，oom_score_adj ${p.adjust}`,
      },
      value: String(p.points),
      command: 'memory -o',
    }));
}
