import type { Case } from '../diagnosis/case.ts';
import { percent, pressure, share, sizeOf } from '../diagnosis/memory-pressure.ts';
import type { Rule } from '../diagnosis/rule.ts';
import { type HugePageSize, hugePageSizes } from '../kernel/hugetlb.ts';
import type { Finding } from '../report/finding.ts';
import { memoryJudgement } from '../report/memory-judgement-data.ts';

/** Unused huge pages from this part of the memory on are worth a word. */
const MUCH = 0.1;

/** Pools of huge pages that nobody uses keep memory from everybody. */
export const hugePagePools: Rule = {
  id: 'memory.huge-page-pools',
  title: 'Pools of huge pages hold memory that nobody uses',
  source: 'Documentation/admin-guide/mm/hugetlbpage.rst: memory in the pools cannot be used for anything else',
  *check(of: Case): Iterable<Finding> {
    const memory = memoryJudgement(of.prog);
    if ((memory.balance.held.hugetlb ?? 0) === 0) return;
    for (const pool of hugePageSizes(of.prog)) {
      const unused = (pool.free * pool.bytes) / memory.pageBytes;
      if (share(memory, unused) < MUCH) continue;
      const size = `${sizeOf(memory, unused)} (${percent(share(memory, unused))})`;
      yield {
        severity: pressure(memory) === 'nothing' ? 'context' : 'suspect',
        confidence: 'certain',
        title: { en: 'Huge pages hold memory that nobody uses', zh: '大页占用了无人使用的内存' },
        sentence: {
          en: `${size} of the memory are in ${pool.free} free huge pages of ${pool.total} in the pool ${pool.name}; nothing else can use them.`,
          zh: `大页池 ${pool.name} 的 ${pool.total} 个大页中有 ${pool.free} 个空闲，占 ${size} 的内存；其他用途无法使用它们。`,
        },
        subject: { address: `0x${pool.address.toString(16)}`, type: 'struct hstate' },
        evidence: [evidence('free', pool), evidence('total', pool)],
      };
    }
  },
};

function evidence(which: 'free' | 'total', pool: HugePageSize): Finding['evidence'][number] {
  const what =
    which === 'free'
      ? { en: `free huge pages of ${pool.name}`, zh: `${pool.name} 的空闲大页数` }
      : { en: `huge pages of ${pool.name}`, zh: `${pool.name} 的大页数` };
  return { what, value: String(pool[which]), command: 'kmem -h' };
}
