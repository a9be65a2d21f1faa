import { formatLogTime } from '../format-time.ts';
import type { LogMark, LogTimeline } from '../log-timeline.ts';
import { html, type Markup } from './markup.ts';
import { dataTable, folded, type View } from './view.ts';

const WIDTH = 960;
const HEIGHT = 150;
const BASE = 110;
const TALLEST = 80;
const LEFT = 10;

/** The log over the life of the kernel: how much in each part of it, and the records that matter as marks. */
export function timelinePicture(timeline: LogTimeline, view: View): Markup {
  const { say } = view;
  const start = BigInt(timeline.startNs);
  const end = BigInt(timeline.endNs);
  const span = Math.max(1, Number(end - start));
  const place = (ns: bigint): number => LEFT + (Number(ns - start) / span) * (WIDTH - 2 * LEFT);
  const label = say({ en: 'Records of the log over time', zh: '日志记录随时间的分布' });
  const picture = html`<svg class="timeline" viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-label="${label}">${columns(timeline.counts)}<path class="axis" d="M${LEFT} ${BASE}H${WIDTH - LEFT}"/>${ticks(start, end, place)}${timeline.marks.map((m) => mark(m, place))}</svg>`;
  const key = html`<ul class="legend">${(['fatal', 'warning', 'error'] as const).map(
    (kind) =>
      html`<li><svg class="key" viewBox="0 0 10 10" aria-hidden="true"><circle class="mark-${kind}" cx="5" cy="5" r="5"/></svg> ${say(MARKS[kind])}</li>`,
  )}</ul>`;
  return html`<figure class="picture"><figcaption>${label}</figcaption><div class="scroll" tabindex="0" role="group" aria-label="${label}">${picture}</div>${key}${markTable(timeline.marks, view)}</figure>`;
}

const MARKS = {
  fatal: { en: 'the death', zh: '死亡' },
  warning: { en: 'a report of the kernel', zh: '内核报告' },
  error: { en: 'an error', zh: '错误' },
};

function columns(counts: readonly number[]): Markup[] {
  const most = Math.max(1, ...counts);
  const step = (WIDTH - 2 * LEFT) / counts.length;
  return counts.flatMap((count, i) => {
    if (count === 0) return [];
    // The root keeps a lone record visible beside the hundreds of the boot.
    const height = Math.max(3, Math.sqrt(count / most) * TALLEST);
    const x = (LEFT + i * step).toFixed(1);
    return [
      html`<rect class="column" x="${x}" y="${(BASE - height).toFixed(1)}" width="${(step * 0.8).toFixed(1)}" height="${height.toFixed(1)}"/>`,
    ];
  });
}

function ticks(start: bigint, end: bigint, place: (ns: bigint) => number): Markup[] {
  return [0n, 1n, 2n, 3n, 4n].map((i) => {
    const ns = start + ((end - start) * i) / 4n;
    const anchor = i === 0n ? 'start' : i === 4n ? 'end' : 'middle';
    return html`<text x="${place(ns).toFixed(1)}" y="${BASE + 32}" text-anchor="${anchor}">${formatLogTime(ns).trim()} s</text>`;
  });
}

function mark(of: LogMark, place: (ns: bigint) => number): Markup {
  const x = place(BigInt(of.timestampNs)).toFixed(1);
  const radius = of.kind === 'fatal' ? 7 : 4;
  return html`<path class="stem-${of.kind}" d="M${x} ${BASE}V${of.kind === 'fatal' ? 12 : BASE - 6}"/><circle class="mark-${of.kind}" cx="${x}" cy="${of.kind === 'fatal' ? 12 : BASE}" r="${radius}"/>`;
}

function markTable(marks: readonly LogMark[], { say }: View): Markup | false {
  if (marks.length === 0) return false;
  const title = say({ en: 'Records that matter', zh: '要紧的记录' });
  const rows = marks.map((m) => [
    formatLogTime(BigInt(m.timestampNs)).trim(),
    say(MARKS[m.kind]),
    html`<code>${m.text}</code>`,
  ]);
  const head = [
    { title: say({ en: 'Seconds', zh: '秒' }), numeric: true },
    { title: say({ en: 'Kind', zh: '种类' }) },
    { title: say({ en: 'Text', zh: '内容' }) },
  ];
  return folded(`${title} (${marks.length})`, dataTable(title, head, rows));
}
