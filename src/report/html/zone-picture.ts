import { formatSize } from '../format-size.ts';
import type { MemoryJudgement } from '../memory-judgement-schema.ts';
import type { ZoneMarkData } from '../zone-mark-data.ts';
import { html, type Markup } from './markup.ts';
import { dataTable, folded, type View } from './view.ts';

const WIDTH = 1000;
/** The high watermark stands here, so that zones of all sizes can be compared by eye. */
const HIGH_AT = 600;

/** Each zone's free pages against min, low and high: left of a mark is trouble. */
export function zonePicture({ watermarks: { zones }, pageBytes }: MemoryJudgement, view: View): Markup | undefined {
  const real = zones.filter((z) => z.managed > 0 && z.high > 0);
  if (real.length === 0) return undefined;
  const { say } = view;
  const title = say({ en: 'Zones against their watermarks', zh: '各内存区域与水位' });
  const nodes = new Set(real.map((z) => z.node)).size;
  const rows = real.map((z) => {
    const free = formatSize(z.free * pageBytes);
    const [min, low, high] = [z.min, z.low, z.high].map((m) => formatSize((m + z.boost) * pageBytes));
    const name = nodes > 1 ? `${z.zone} (node ${z.node})` : z.zone;
    return html`<li><span class="bar-name"><b>${name}</b> <span class="pill ${STANDING[standing(z)].style}">${say(STANDING[standing(z)].words)}</span></span><span class="bar-text">${say({ en: `${free} free; min ${min}, low ${low}, high ${high}`, zh: `空闲 ${free}；min ${min}，low ${low}，high ${high}` })}</span>${gauge(z)}</li>`;
  });
  return html`<figure class="bars zones"><figcaption>${title}</figcaption><ul>${rows}</ul>${folded(say({ en: 'In pages', zh: '以页计' }), table(real, view, title))}</figure>`;
}

const STANDING = {
  high: { style: 'good', words: { en: 'above high', zh: '高于 high' } },
  low: { style: 'context', words: { en: 'between low and high', zh: '在 low 与 high 之间' } },
  min: { style: 'suspect', words: { en: 'below low: kswapd works', zh: '低于 low：kswapd 工作' } },
  none: { style: 'cause', words: { en: 'below min: tasks must reclaim', zh: '低于 min：任务须自行回收' } },
} as const;

function standing({ free, min, low, high, boost }: ZoneMarkData): keyof typeof STANDING {
  if (free > high + boost) return 'high';
  if (free > low + boost) return 'low';
  return free > min + boost ? 'min' : 'none';
}

function gauge(zone: ZoneMarkData): Markup {
  const { free, min, low, high, boost } = zone;
  const place = (pages: number): string => Math.min(WIDTH, (pages / (high + boost)) * HIGH_AT).toFixed(1);
  const marks = [min, low, high].map((m) => html`<path class="water" d="M${place(m + boost)} 0V14"/>`);
  return html`<svg class="gauge" viewBox="0 0 ${WIDTH} 14" preserveAspectRatio="none" aria-hidden="true"><rect class="track" width="${WIDTH}" height="14"/><rect class="fill-${standing(zone)}" width="${place(free)}" height="14"/>${marks}</svg>`;
}

function table(zones: readonly ZoneMarkData[], { say }: View, label: string): Markup {
  const names = ['managed', 'free', 'min', 'low', 'high', 'boost'] as const;
  const columns = [{ title: say({ en: 'Zone', zh: '区域' }) }, ...names.map((title) => ({ title, numeric: true }))];
  return dataTable(
    label,
    columns,
    zones.map((z) => [`${z.zone} ${z.node}`, ...names.map((n) => z[n])]),
  );
}
