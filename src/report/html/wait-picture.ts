import { lockNameText, resourceText, WAIT_KINDS } from '../wait-graph-blocks.ts';
import type { WaitGraphData } from '../wait-graph-data.ts';
import { type GraphEdge, type GraphLayout, layoutGraph, type PlacedNode } from './graph-layout.ts';
import { html, type Markup } from './markup.ts';
import type { View } from './view.ts';

interface Box {
  readonly id: string;
  readonly kind: 'task' | 'resource' | 'crowd';
  readonly first: string;
  readonly second: string;
  /** In full, where the box cuts it. */
  readonly whole: string;
}

const BOX = { width: 178, height: 46, across: 56, down: 16, margin: 20 } as const;
const CHARACTERS = 22;
/** More boxes make no picture; the table has all. */
const MOST_RESOURCES = 24;
/** Tasks that wait for one thing and hold nothing are one box from this many on. */
const CROWD = 3;

/** Tasks, what they wait for and who has that, from left to right; a cycle is drawn back in red. */
export function waitPicture(data: WaitGraphData, view: View): Markup | undefined {
  const { boxes, edges } = graphOf(data, view);
  if (edges.length === 0) return undefined;
  const layout = layoutGraph(boxes, edges);
  const width = layout.layers * (BOX.width + BOX.across) - BOX.across + 2 * BOX.margin;
  const height = layout.rows * (BOX.height + BOX.down) + 2 * BOX.margin + (layout.back.size > 0 ? 26 : 0);
  const at = new Map(layout.nodes.map((n) => [n.node.id, n]));
  const label = view.say({ en: 'Who waits for whom, as a graph', zh: '等待关系图' });
  const picture = html`<svg class="graph" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img" aria-label="${label}"><defs>${arrow('tip')}${arrow('tip-back')}</defs>${edges.map((e) => line(e, at, layout, height))}${layout.nodes.map(box)}</svg>`;
  return html`<figure class="picture"><figcaption>${label}</figcaption><div class="scroll" tabindex="0" role="region" aria-label="${label}">${picture}</div></figure>`;
}

function arrow(id: string): Markup {
  return html`<marker id="${id}" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="8" markerHeight="8" orient="auto"><path class="${id}" d="M0 0L8 4L0 8z"/></marker>`;
}

function graphOf(data: WaitGraphData, view: View): { boxes: Box[]; edges: GraphEdge[] } {
  const boxes = new Map<string, Box>();
  const edges: GraphEdge[] = [];
  const task = (t: { pid: number; comm: string; task: string }): string => {
    boxes.set(t.task, {
      id: t.task,
      kind: 'task',
      first: t.comm,
      second: `PID ${t.pid}`,
      whole: `PID ${t.pid} ${t.comm}`,
    });
    return t.task;
  };
  for (const [index, resource] of data.resources.slice(0, MOST_RESOURCES).entries()) {
    const id = `r${index}`;
    const whole = resourceText(resource, view.language);
    const kind = view.say(WAIT_KINDS[resource.kind]);
    boxes.set(id, {
      id,
      kind: 'resource',
      first: resource.name === null ? kind : lockNameText(resource.name, view.language),
      second: resource.name === null ? resource.address : kind,
      whole,
    });
    for (const holder of resource.holders) edges.push({ from: id, to: task(holder) });
    const waiting = data.waits.filter((w) => w.resource === index);
    const holds = (pid: number): boolean => data.resources.some((r) => r.holders.some((h) => h.pid === pid));
    const alone = waiting.filter((w) => !holds(w.pid));
    const crowd = alone.length >= CROWD ? alone : [];
    for (const w of waiting) if (!crowd.includes(w)) edges.push({ from: task(w), to: id });
    if (crowd.length > 0) {
      const names = [...new Set(crowd.map((w) => w.comm))].join(', ');
      const first = view.say({ en: `${crowd.length} tasks`, zh: `${crowd.length} 个任务` });
      boxes.set(`c${index}`, { id: `c${index}`, kind: 'crowd', first, second: names, whole: names });
      edges.push({ from: `c${index}`, to: id });
    }
  }
  const used = new Set(edges.flatMap((e) => [e.from, e.to]));
  return { boxes: [...boxes.values()].filter((b) => used.has(b.id)), edges };
}

function corner(n: PlacedNode<Box>): { x: number; y: number } {
  return { x: BOX.margin + n.layer * (BOX.width + BOX.across), y: BOX.margin + n.row * (BOX.height + BOX.down) };
}

function box(n: PlacedNode<Box>): Markup {
  const { x, y } = corner(n);
  const { kind, first, second, whole } = n.node;
  const round = kind === 'resource' ? 4 : BOX.height / 2;
  const middle = x + BOX.width / 2;
  return html`<g class="box-${kind}"><title>${whole}</title><rect x="${x}" y="${y}" width="${BOX.width}" height="${BOX.height}" rx="${round}"/><text class="strong" x="${middle}" y="${y + 20}" text-anchor="middle">${cut(first)}</text><text x="${middle}" y="${y + 36}" text-anchor="middle">${cut(second)}</text></g>`;
}

function line(
  edge: GraphEdge,
  at: ReadonlyMap<string, PlacedNode<Box>>,
  layout: GraphLayout<Box>,
  height: number,
): Markup {
  const [from, to] = [at.get(edge.from), at.get(edge.to)];
  if (!from || !to) return html``;
  const [a, b] = [corner(from), corner(to)];
  if (layout.back.has(edge)) {
    // Around all boxes, from the right side of the one to the left side of the other.
    const [right, left, low] = [a.x + BOX.width, b.x - 2, height - 8];
    const [y1, y2] = [a.y + BOX.height / 2, b.y + BOX.height / 2];
    return html`<path class="edge-back" d="M${right} ${y1}h8q6 0 6 6V${low - 6}q0 6 -6 6H${left - 8}q-6 0 -6 -6V${y2 + 6}q0 -6 6 -6H${left}" marker-end="url(#tip-back)"/>`;
  }
  const [x1, y1, x2, y2] = [a.x + BOX.width, a.y + BOX.height / 2, b.x - 2, b.y + BOX.height / 2];
  const bend = BOX.across / 2;
  return html`<path class="edge" d="M${x1} ${y1}C${x1 + bend} ${y1} ${x2 - bend} ${y2} ${x2} ${y2}" marker-end="url(#tip)"/>`;
}

function cut(text: string): string {
  return text.length > CHARACTERS ? `${text.slice(0, CHARACTERS - 1)}\u2026` : text;
}
