import { attempt } from '../base/attempt.ts';
import { swapAreas } from '../kernel/swap.ts';
import type { Program } from '../program/program.ts';
import type { MemoryJudgement } from '../report/memory-judgement-schema.ts';
import { type HeldBy, pagesOf } from './held-by.ts';
import { sizeOf } from './memory-pressure.ts';

/** Page tables, by the process that has the most of them. */
export function tablesHolder(_: Program, memory: MemoryJudgement, pages: number): HeldBy {
  const { processes } = memory.processes;
  const top = processes.reduce<(typeof processes)[number] | undefined>(
    (most, p) => ((most?.pageTables ?? 0) < p.pageTables ? p : most),
    undefined,
  );
  const size = sizeOf(memory, top?.pageTables ?? 0);
  const who = top ? `${top.comm} (pid ${top.pid})` : '?';
  return {
    words: {
      en: `page tables, ${size} of them of ${who}, whose own pages are ${sizeOf(memory, top?.rss ?? 0)},`,
      zh: `页表（其中 ${size} 属于 ${who}，而其自身的页只有 ${sizeOf(memory, top?.rss ?? 0)}）`,
    },
    ends: {
      en: 'which only the end of such a process, or munmap(), gives back',
      zh: '只有该进程结束或 munmap() 才能收回',
    },
    ofProcess: true,
    subject: { ...(top && { pid: top.pid }) },
    evidence: [
      pagesOf({ en: 'page tables', zh: '页表' }, pages),
      ...(top
        ? [
            {
              what: { en: `pages of the page tables of ${who}`, zh: `${who} 的页表页数` },
              value: String(top.pageTables),
              command: 'memory -o',
            },
          ]
        : []),
    ],
    settle: {
      en: `What ${top?.comm ?? 'it'} maps: a mapping that is touched here and there costs a page of page table for each 2 MB (of pages of 4 KB); many processes that map the same shared memory pay for it each. Huge pages need far less.`,
      zh: `${top?.comm ?? '它'} 映射了什么：零散访问的映射每 2 MB 就要占一页页表（4 KB 页时）；多个进程映射同一共享内存时各付一份。使用大页则少得多。`,
    },
  };
}

/** What zsmalloc holds: swap space that is itself in memory. */
export function compressedHolder(prog: Program, memory: MemoryJudgement, pages: number): HeldBy {
  const zram = (attempt(() => swapAreas(prog).areas) ?? []).filter((a) => /^\/dev\/zram\d+$/.test(a.path ?? ''));
  const swapped = zram.reduce((sum, a) => sum + a.usedPages, 0);
  const names = zram.map((a) => a.path).join(', ');
  const { processes } = memory.processes;
  const top = processes.reduce<(typeof processes)[number] | undefined>(
    (most, p) => ((most?.swap ?? 0) < p.swap ? p : most),
    undefined,
  );
  const whose = top ? ` (most of ${top.comm}, pid ${top.pid}: ${sizeOf(memory, top.swap)})` : '';
  const whoseZh = top ? `（最多的是 ${top.comm}，pid ${top.pid}：${sizeOf(memory, top.swap)}）` : '';
  const of =
    zram.length > 0
      ? ` of the swap device ${names}, in which ${sizeOf(memory, swapped)} are stored${whose},`
      : ' (zram or zswap)';
  const ofZh =
    zram.length > 0 ? `（交换设备 ${names}，其中存有 ${sizeOf(memory, swapped)}${whoseZh}）` : '（zram 或 zswap）';
  return {
    words: { en: `compressed pages${of}`, zh: `压缩页${ofZh}` },
    ends: {
      en: 'so that swapping out has freed little: swap space of this sort is memory itself',
      zh: '因此换出并没有腾出多少内存：这种交换空间本身就在内存中',
    },
    ofProcess: true,
    subject: { ...(top && { pid: top.pid }) },
    evidence: [
      pagesOf({ en: 'compressed memory', zh: '压缩内存' }, pages),
      ...zram.slice(0, 1).map((a) => ({
        what: { en: 'the swap device', zh: '交换设备' },
        value: a.path ?? '',
        command: 'swap',
      })),
    ],
    settle: {
      en: 'Limit it (mem_limit of the zram device, zswap.max_pool_percent) and see how well the data compress: mm_stat of the device tells stored against used.',
      zh: '加以限制（zram 设备的 mem_limit、zswap.max_pool_percent），并查看压缩效果：设备的 mm_stat 给出原始大小与实际占用。',
    },
  };
}
