import { html, type Markup } from './markup.ts';

/** A part of a whole, or a bar of a list. */
export interface Bar {
  readonly name: Markup | string;
  /** What is written beside it. */
  readonly text: string;
  readonly value: number;
  /** What is left over: drawn as the ground. */
  readonly rest?: true;
}

const WIDTH = 1000;
/** Colours of the style sheet. */
const COLOURS = 9;

/**
 * A bar cut in parts, and a list that names them with their values: the picture is not needed to know them.
 * @param label what the whole is
 */
export function partsBar(label: string, parts: readonly Bar[]): Markup {
  const total = parts.reduce((sum, p) => sum + p.value, 0);
  if (total <= 0) return html``;
  let at = 0;
  const pieces = parts.map((p, i) => {
    const width = (p.value / total) * WIDTH;
    const piece = html`<rect class="${colour(p, i)}" x="${at.toFixed(2)}" y="0" width="${width.toFixed(2)}" height="40"/>`;
    at += width;
    return piece;
  });
  const names = parts.map(
    (p, i) =>
      html`<li><svg class="key" viewBox="0 0 10 10" aria-hidden="true"><rect class="${colour(p, i)}" width="10" height="10" rx="2"/></svg> <span>${p.name}</span> <b>${p.text}</b> <span class="share">${percent(p.value, total)}</span></li>`,
  );
  return html`<figure class="parts"><figcaption>${label}</figcaption><svg viewBox="0 0 ${WIDTH} 40" preserveAspectRatio="none" aria-hidden="true">${pieces}</svg><ul class="legend">${names}</ul></figure>`;
}

function colour(bar: Bar, index: number): string {
  return bar.rest ? 'rest' : `c${index % COLOURS}`;
}

/** Bars under each other, the longest as wide as the page; each with its name and value. */
export function barList(label: string, bars: readonly Bar[], most = Math.max(...bars.map((b) => b.value))): Markup {
  const rows = bars.map(
    (b) =>
      html`<li><span class="bar-name">${b.name}</span><span class="bar-text">${b.text}</span><svg viewBox="0 0 ${WIDTH} 10" preserveAspectRatio="none" aria-hidden="true"><rect class="track" width="${WIDTH}" height="10"/><rect class="c0" width="${most > 0 ? ((b.value / most) * WIDTH).toFixed(2) : 0}" height="10"/></svg></li>`,
  );
  return html`<figure class="bars"><figcaption>${label}</figcaption><ul>${rows}</ul></figure>`;
}

export function percent(value: number, total: number): string {
  return `${((value / total) * 100).toFixed(1)} %`;
}
