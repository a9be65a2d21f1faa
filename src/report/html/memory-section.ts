import type { Phrase } from '../../base/phrase.ts';
import { MEMORY_HOLDERS, type MemoryHolder } from '../../kernel/memory-balance.ts';
import { formatSize } from '../format-size.ts';
import type { MemoryJudgement } from '../memory-judgement-schema.ts';
import { HOLDER_NAMES, overcommitSentence, RECLAIM_NAMES, swapSentence, thumbSentence } from '../memory-sentences.ts';
import type { PageCacheData } from '../page-cache-data.ts';
import { WORDS } from '../words.ts';
import { OUTCOMES } from '../zone-mark-data.ts';
import { type Bar, barList, partsBar, percent } from './bars.ts';
import { html, type Markup } from './markup.ts';
import { dataTable, folded, type Section, type View } from './view.ts';
import { zonePicture } from './zone-picture.ts';

/** Parts of the bar; what is smaller is one part together. */
const PARTS = 7;
const FILES = 15;
const CACHES = 10;

/** Where the RAM went, zones against their watermarks, slab and page cache as bars, and what the kernel would do next. */
export const memorySection: Section = {
  id: 'memory',
  title: WORDS.memory,
  part: 'memoryJudgement',
  draw(view) {
    const { memoryJudgement: memory, pageCache } = view.report;
    const { say } = view;
    return html`${balance(memory, view)}<ul class="says">${sentences(memory).map((s) => html`<li>${say(s)}</li>`)}</ul>
${zonePicture(memory, view)}${slab(memory, view)}${files(pageCache, view)}${processes(memory, view)}${reclaim(memory, view)}`;
  },
};

function sentences(memory: MemoryJudgement): Phrase[] {
  const thumb = thumbSentence(memory.watermarks);
  const next = memory.watermarks.allocations.map((a) => ({
    en: `An allocation of ${a.kind}: ${OUTCOMES[a.outcome].en}.`,
    zh: `${a.kind} 申请内存时：${OUTCOMES[a.outcome].zh}。`,
  }));
  return [...next, swapSentence(memory), overcommitSentence(memory.overcommit), ...(thumb ? [thumb] : [])];
}

function balance(
  { balance: { total, held, unaccounted }, pageBytes }: MemoryJudgement,
  { say }: View,
): Markup | undefined {
  if (total === null) return undefined;
  const bar = (name: Phrase, pages: number): Bar => ({
    name: say(name),
    text: formatSize(pages * pageBytes),
    value: pages,
  });
  const free: readonly MemoryHolder[] = ['free', 'cpuLists'];
  const used = MEMORY_HOLDERS.filter((h) => !free.includes(h) && (held[h] ?? 0) > 0)
    .map((h) => bar(HOLDER_NAMES[h], held[h] ?? 0))
    .sort((a, b) => b.value - a.value);
  const small = used.slice(PARTS).reduce((sum, b) => sum + b.value, 0);
  const bars = used.slice(0, PARTS);
  if (small > 0) bars.push(bar({ en: 'smaller parts', zh: '其他较小部分' }, small));
  if (unaccounted !== null && unaccounted > 0) bars.push(bar({ en: 'unaccounted', zh: '未统计' }, unaccounted));
  bars.push({ ...bar(HOLDER_NAMES.free, (held.free ?? 0) + (held.cpuLists ?? 0)), rest: true });
  const size = formatSize(total * pageBytes);
  return partsBar(say({ en: `Where the ${size} of RAM are`, zh: `${size} 内存的去向` }), bars);
}

function slab({ slab: caches, pageBytes }: MemoryJudgement, { say }: View): Markup | undefined {
  if (caches.length === 0) return undefined;
  const yes = say({ en: 'reclaimable', zh: '可回收' });
  const bars = caches.slice(0, CACHES).map((c) => ({
    name: html`<code>${c.cache}</code>${c.reclaimable && html` <span class="tag">${yes}</span>`}`,
    text: formatSize(c.pages * pageBytes),
    value: c.pages,
  }));
  return barList(say({ en: 'Largest slab caches', zh: '最大的 slab 缓存' }), bars);
}

function files({ files: all, pages, pageBytes }: PageCacheData, { say }: View): Markup | undefined {
  if (all.length === 0) return undefined;
  const bars = all.slice(0, FILES).map((f) => {
    const users = (f.mappedBy ?? []).slice(0, 3).map((p) => p.comm);
    return {
      name: html`<code>${f.path ?? `inode ${f.number}`}</code> <span class="tag">${f.filesystem}</span>${users.length > 0 && html` <span class="at">${users.join(', ')}</span>`}`,
      text: `${formatSize(f.pages * pageBytes)}, ${percent(f.pages, Math.max(1, pages))}`,
      value: f.pages,
    };
  });
  return barList(say({ en: 'Files with the most pages in the page cache', zh: '页缓存占用最多的文件' }), bars);
}

function processes({ processes: { processes: all }, pageBytes }: MemoryJudgement, { say }: View): Markup | undefined {
  if (all.length === 0) return undefined;
  const title = say({ en: 'Processes as the OOM killer weighs them', zh: 'OOM killer 眼中的进程' });
  const columns = [
    { title: 'PID', numeric: true },
    { title: say({ en: 'Command', zh: '命令' }) },
    { title: say({ en: 'Resident', zh: '驻留' }), numeric: true },
    { title: say({ en: 'Swap', zh: '交换' }), numeric: true },
    { title: 'oom_score_adj', numeric: true },
    { title: say({ en: 'Points', zh: '分数' }), numeric: true },
  ];
  const rows = all.map((p) => [
    p.pid,
    html`<code>${p.comm}</code>${p.exempt !== undefined && html` <span class="tag">${p.exempt}</span>`}`,
    formatSize(p.rss * pageBytes),
    formatSize(p.swap * pageBytes),
    p.adjust,
    p.points,
  ]);
  return folded(title, dataTable(title, columns, rows));
}

function reclaim({ reclaim: tasks }: MemoryJudgement, { say }: View): Markup | undefined {
  if (tasks.length === 0) return undefined;
  const title = say({ en: 'Tasks that reclaim memory', zh: '正在回收内存的任务' });
  const columns = [
    { title: 'PID', numeric: true },
    { title: say({ en: 'Command', zh: '命令' }) },
    { title: say({ en: 'What it does', zh: '在做什么' }) },
    { title: say({ en: 'In', zh: '位于' }) },
  ];
  const rows = tasks.map((t) => [
    t.pid,
    html`<code>${t.comm}</code>`,
    say(RECLAIM_NAMES[t.kind]),
    html`<code>${t.function}${t.shrinker !== undefined && ` < ${t.shrinker}`}</code>`,
  ]);
  return html`<h3>${title}</h3>${dataTable(title, columns, rows)}`;
}
