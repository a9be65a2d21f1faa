import type { Phrase } from '../../base/phrase.ts';
import { formatSize } from '../../report/format-size.ts';
import type { CommonRule } from './common-findings.ts';
import type { Area, Death } from './death.ts';

/** Free memory below this share of all is little. */
const LITTLE = 0.05;
/** Amounts within this factor are about the same. */
const ALIKE = 2;

/**
 * All died with about the same little memory free, and at the same work. The field's example: four dumps of a machine, all
 * with about 100 MiB free, all dying where reclaim gives slab objects back. That is no proof that memory ran out: it shows
 * what kind of load brings the bug out.
 */
export const shortOfMemory: CommonRule = (deaths) => {
  const free = deaths.map((d) => d.report.memory.MemFree);
  const known = free.filter((f): f is number => f !== undefined);
  const short = deaths.every(
    (d, i) => (free[i] ?? Number.POSITIVE_INFINITY) < LITTLE * (d.report.memory.MemTotal ?? 0),
  );
  const [least, most] = [Math.min(...known), Math.max(...known)];
  if (known.length < deaths.length || !short || most > ALIKE * least) return undefined;
  const work = workPhrase(deaths);
  const middle = formatSize(1024 * Math.round(known.reduce((a, b) => a + b, 0) / known.length));
  const range = `${formatSize(1024 * least)} - ${formatSize(1024 * most)}`;
  const swapless = deaths.every((d) => d.report.memory.SwapTotal === 0);
  const count = deaths.length;
  return {
    rule: 'compare.short-of-memory',
    severity: 'suspect',
    confidence: count > 2 && work ? 'likely' : 'possible',
    title: {
      en: `All ${count} died with about ${middle} free${work ? `, ${work.en}` : ''}`,
      zh: `全部 ${count} 次崩溃时都只剩约 ${middle} 空闲内存${work ? `，且都${work.zh}` : ''}`,
    },
    sentence: {
      en: `Each of the ${count} kernels had little memory free (${range})${work ? ` and died ${work.en}` : ''}: pressure on memory brings the bug out. It need not be its cause.${swapless ? ' None of them had swap.' : ''}`,
      zh: `这 ${count} 个内核空闲内存都很少（${range}）${work ? `，并且都${work.zh}时死亡` : ''}：内存压力使缺陷暴露，但未必是其原因。${swapless ? '它们都没有交换空间。' : ''}`,
    },
    evidence: deaths.map((d) => ({
      what: { en: `${d.name}: free of all memory`, zh: `${d.name}：空闲与全部内存` },
      value: `${formatSize(1024 * (d.report.memory.MemFree ?? 0))} / ${formatSize(1024 * (d.report.memory.MemTotal ?? 0))}`,
    })),
    settle: [
      {
        en: 'Run the same load with more memory or with swap: if it does not die, pressure is needed; look for the bug where the stacks meet.',
        zh: '在更多内存或有交换空间的情况下运行同样的负载：若不再崩溃，说明需要内存压力；请在各调用栈的交汇处查找缺陷。',
      },
    ],
  };
};

/** What all were at. Inodes and dentries that go while memory is short are what reclaim of slabs throws out. */
function workPhrase(deaths: readonly Death[]): Phrase | undefined {
  const all = (...areas: readonly Area[]): boolean => deaths.every((d) => areas.some((area) => d.areas.has(area)));
  if (all('slab') && all('reclaim', 'dcache')) return { en: 'in slab reclaim', zh: '在回收 slab' };
  if (all('slab')) return { en: 'while slab objects were given back', zh: '在归还 slab 对象' };
  if (all('reclaim')) return { en: 'in reclaim of memory', zh: '在回收内存' };
  return undefined;
}
