import { attempt } from '../base/attempt.ts';
import { hexPad } from '../base/hex.ts';
import type { Phrase } from '../base/phrase.ts';
import type { Addr } from '../base/units.ts';
import { vmapAreas } from '../kernel/vmalloc.ts';
import type { Program } from '../program/program.ts';
import type { Evidence, FindingSubject } from '../report/finding.ts';
import type { MemoryJudgement } from '../report/memory-judgement-schema.ts';
import { reportPageCache } from '../report/page-cache-data.ts';
import { percent, share, sizeOf } from './memory-pressure.ts';

/** From this part of all memory on it is worth a name; no process's end gives such memory back. */
const MUCH = 0.3;

/** What holds most of the memory where no process does. */
export interface MainHolder {
  /** As in `<words> hold 400 MB (80%)`. */
  readonly words: Phrase;
  /** `400 MB (80%)` */
  readonly size: string;
  /** Part of all memory, 0 to 1. */
  readonly share: number;
  readonly subject: FindingSubject;
  readonly evidence: readonly Evidence[];
  readonly settle: Phrase;
}

/**
 * Slab objects that cannot be reclaimed, memory of vmalloc, of tmpfs or of nobody that hold more than the largest process
 * and a large part of the memory. @param process pages of that process that are in memory
 */
export function mainHolder(prog: Program, memory: MemoryJudgement, process: number): MainHolder | undefined {
  const { held, unaccounted } = memory.balance;
  const candidates = [
    { pages: held.slabUnreclaimable ?? 0, describe: slabHolder },
    { pages: held.vmalloc ?? 0, describe: vmallocHolder },
    { pages: held.sharedMemory ?? 0, describe: sharedHolder },
    { pages: unaccounted ?? 0, describe: unknownHolder },
  ].sort((a, b) => b.pages - a.pages);
  const [first] = candidates;
  if (!first || first.pages <= process || share(memory, first.pages) < MUCH) return undefined;
  const part = share(memory, first.pages);
  const size = `${sizeOf(memory, first.pages)} (${percent(part)})`;
  return { size, share: part, ...first.describe(prog, memory, first.pages) };
}

type Described = Omit<MainHolder, 'size' | 'share'>;

function slabHolder(_: Program, memory: MemoryJudgement, pages: number): Described {
  const cache = memory.slab.find((c) => !c.reclaimable);
  const name = cache?.cache ?? '?';
  return {
    words: {
      en: `slab objects that cannot be reclaimed, most of them ${name},`,
      zh: `不可回收的 slab 对象（其中最多的是 ${name}）`,
    },
    subject: { ...(cache && { cache: name }) },
    evidence: [
      pagesOf({ en: 'unreclaimable slabs', zh: '不可回收的 slab' }, pages),
      ...(cache ? [pagesOf({ en: name, zh: name }, cache.pages)] : []),
    ],
    settle: {
      en: `Boot with slub_debug=U,${name} and compare alloc_traces of the cache in /sys/kernel/debug/slab over time.`,
      zh: `以 slub_debug=U,${name} 启动，并持续比较 /sys/kernel/debug/slab 中该缓存的 alloc_traces。`,
    },
  };
}

function vmallocHolder(prog: Program, _: MemoryJudgement, pages: number): Described {
  const top = attempt(() => topVmallocCaller(prog));
  const by = top ? `, most of it (${top.areas} areas) asked for by ${top.name},` : '';
  const byZh = top ? `（其中最多的由 ${top.name} 申请，共 ${top.areas} 块）` : '';
  return {
    words: { en: `areas of vmalloc${by}`, zh: `vmalloc 区域${byZh}` },
    subject: { ...(top && { function: top.function }), ...(top?.module && { module: top.module }) },
    evidence: [
      pagesOf({ en: 'vmalloc', zh: 'vmalloc' }, pages),
      ...(top
        ? [
            {
              what: { en: `one of the areas that ${top.name} asked for`, zh: `${top.name} 申请的区域之一` },
              value: hexPad(top.caller),
              command: `struct vm_struct.caller ${hexPad(top.vm)}`,
            },
          ]
        : []),
    ],
    settle: {
      en: 'Read /proc/vmallocinfo over time: it names who asked for each area.',
      zh: '持续查看 /proc/vmallocinfo：它给出每块区域的申请者。',
    },
  };
}

interface VmallocCaller {
  readonly function: string;
  readonly module?: string;
  readonly name: string;
  readonly areas: number;
  readonly caller: Addr;
  /** `struct vm_struct` of one of the areas. */
  readonly vm: Addr;
}

function topVmallocCaller(prog: Program): VmallocCaller | undefined {
  const callers = new Map<Addr, { pages: number; areas: number; vm: Addr }>();
  for (const { caller, pages, vm } of vmapAreas(prog).areas) {
    const known = callers.get(caller);
    callers.set(caller, { pages: (known?.pages ?? 0) + pages, areas: (known?.areas ?? 0) + 1, vm });
  }
  const [top] = [...callers].sort((a, b) => b[1].pages - a[1].pages);
  const symbol = top && prog.symbolAt(top[0]);
  if (!symbol) return undefined;
  const { name, module } = symbol;
  const { areas, vm } = top[1];
  const words = module ? `${name} [${module}]` : name;
  return { function: name, ...(module && { module }), name: words, areas, caller: top[0], vm };
}

function sharedHolder(prog: Program, _: MemoryJudgement, pages: number): Described {
  const file = attempt(() => reportPageCache(prog).data.files[0]);
  const name = file && ['tmpfs', 'rootfs', 'ramfs', 'devtmpfs'].includes(file.filesystem) ? file.path : undefined;
  const largest = name ? `, the largest file ${name},` : '';
  return {
    words: {
      en: `shared memory and files in tmpfs${largest}`,
      zh: `共享内存和 tmpfs 文件${name ? `（最大的是 ${name}）` : ''}`,
    },
    subject: { ...(name && file && { address: file.inode, type: 'struct inode' }) },
    evidence: [
      pagesOf({ en: 'shared memory and tmpfs', zh: '共享内存和 tmpfs' }, pages),
      ...(name && file
        ? [{ what: { en: `pages of ${name}`, zh: `${name} 的页数` }, value: String(file.pages), command: 'memory -f' }]
        : []),
    ],
    settle: {
      en: 'Limit tmpfs by its mount option size=, and see which files in it are needed.',
      zh: '用挂载选项 size= 限制 tmpfs，并检查其中哪些文件是必要的。',
    },
  };
}

function unknownHolder(_: Program, __: MemoryJudgement, pages: number): Described {
  return {
    words: {
      en: 'pages that are in no counter, as those that a driver takes from the page allocator,',
      zh: '不在任何统计中的页（例如驱动直接向页分配器申请的页）',
    },
    subject: {},
    evidence: [pagesOf({ en: 'nobody', zh: '未统计' }, pages)],
    settle: {
      en: 'Boot with page_owner=on and read /sys/kernel/debug/page_owner: it names who allocated each page.',
      zh: '以 page_owner=on 启动并读取 /sys/kernel/debug/page_owner：它会给出每一页的申请者。',
    },
  };
}

function pagesOf(of: Phrase, pages: number): Evidence {
  return { what: { en: `pages of ${of.en}`, zh: `${of.zh} 的页数` }, value: String(pages), command: 'memory' };
}
