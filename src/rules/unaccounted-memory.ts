import type { Case } from '../diagnosis/case.ts';
import type { HeldBy } from '../diagnosis/held-by.ts';
import { percent, pressure, share, sizeOf } from '../diagnosis/memory-pressure.ts';
import type { Rule } from '../diagnosis/rule.ts';
import { unknownHolder } from '../diagnosis/uncounted-holder.ts';
import type { Finding } from '../report/finding.ts';
import { memoryJudgement } from '../report/memory-judgement-data.ts';
import type { MemoryJudgement } from '../report/memory-judgement-schema.ts';

/** Drivers take a few percent of small machines at most. */
const MUCH = 0.1;

/** Pages that nobody counts: taken from the page allocator by a driver. */
export const unaccountedMemory: Rule = {
  id: 'memory.unaccounted',
  title: 'Much memory is in no counter of the kernel',
  source:
    "The same sum as drgn-tools' memstate makes (10 %); pages of alloc_pages() are in no counter of /proc/meminfo",
  *check(of: Case): Iterable<Finding> {
    const memory = memoryJudgement(of.prog);
    const { unaccounted, balloon = 0 } = memory.balance;
    if (unaccounted === null || share(memory, unaccounted) < MUCH) return;
    const size = `${sizeOf(memory, unaccounted)} (${percent(share(memory, unaccounted))})`;
    const holder = unknownHolder(of.prog, memory, unaccounted);
    if (holder.ofProcess) {
      yield known(memory, holder, size);
      return;
    }
    yield {
      severity: pressure(memory) === 'nothing' ? 'context' : 'suspect',
      confidence: 'possible',
      title: { en: 'Much memory is accounted to nobody', zh: '大量内存没有归属' },
      sentence: {
        en: `${size} of the memory is free nowhere and in no counter: a driver took it from the page allocator, or a balloon gave it to the host.`,
        zh: `${size} 的内存既不空闲，也不在任何统计中：由驱动直接向页分配器申请，或由气球驱动交还给宿主机。`,
      },
      evidence: [
        { what: { en: 'unaccounted pages', zh: '未统计的页数' }, value: String(unaccounted), command: 'memory' },
      ],
      ...(balloon > 0 && {
        against: [
          {
            what: { en: 'pages that a balloon gave to the host', zh: '气球驱动交还宿主机的页数' },
            value: String(balloon),
          },
        ],
      }),
      settle: [
        {
          en: 'Boot with page_owner=on and read /sys/kernel/debug/page_owner: it names who allocated each page.',
          zh: '以 page_owner=on 启动并读取 /sys/kernel/debug/page_owner：它会给出每一页的申请者。',
        },
      ],
    };
  },
};

/** No counter names it, but the open files of processes do. */
function known(memory: MemoryJudgement, { words, ends, subject, evidence, settle }: HeldBy, size: string): Finding {
  const begin = { en: words.en.replace(/^./, (c) => c.toUpperCase()), zh: words.zh };
  return {
    severity: pressure(memory) === 'nothing' ? 'context' : 'suspect',
    confidence: 'likely',
    title: { en: 'Data that nobody reads hold much memory', zh: '无人读取的数据占用大量内存' },
    sentence: {
      en: `${begin.en} hold ${size} of the memory, ${ends.en}.`,
      zh: `${begin.zh}占用 ${size} 的内存，${ends.zh}。`,
    },
    subject,
    evidence,
    settle: [settle],
  };
}
