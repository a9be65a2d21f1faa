import type { Language } from '../../base/phrase.ts';
import type { Block } from '../block.ts';
import { renderText } from '../render-text.ts';
import { html, type Markup } from './markup.ts';
import { page } from './page.ts';
import { codeBox, dataTable, factList } from './view.ts';

/**
 * Blocks as HTML, for what has no section of its own making.
 * @param label what boxes that scroll are called @param level of headings: one below what stands over the blocks
 */
export function blocksHtml(blocks: Iterable<Block>, label: string, level: 2 | 3 = 3): Markup {
  return html`${[...blocks].map((block) => blockHtml(block, label, level))}`;
}

function blockHtml(block: Block, label: string, level: 2 | 3): Markup {
  switch (block.kind) {
    case 'heading':
      return level === 2 ? html`<h2>${block.text}</h2>` : html`<h3>${block.text}</h3>`;
    case 'text':
      return html`<p>${block.text}</p>`;
    case 'list':
      return html`<ul>${block.items.map((item, i) => {
        const command = block.commands?.[i];
        return html`<li>${item}${command !== undefined && html` <code>${command}</code>`}</li>`;
      })}</ul>`;
    case 'facts':
      return factList(block.facts);
    case 'table': {
      const columns = block.columns.map((c) => ({ title: c.title, numeric: c.align === 'right' }));
      return dataTable(label, columns, [...block.rows]);
    }
    case 'lines':
      return codeBox(label, [...block.lines].join('\n'));
    case 'stack':
      return codeBox(label, [...renderText([block])].join(''));
  }
}

interface Part {
  readonly title: string;
  readonly blocks: Block[];
}

/** A whole page of blocks: each heading of the first level begins a section, the first one is the title. */
export function blocksPage(blocks: readonly Block[], language: Language): string {
  const parts: Part[] = [];
  for (const block of blocks) {
    const last = parts.at(-1);
    if ((block.kind === 'heading' && block.level === undefined) || !last) {
      parts.push({
        title: block.kind === 'heading' ? block.text : 'inquest',
        blocks: block.kind === 'heading' ? [] : [block],
      });
    } else last.blocks.push(block);
  }
  const [first, ...rest] = parts;
  const title = first?.title ?? 'inquest';
  const contents = rest.map((part, i) => ({ id: `part-${i + 1}`, title: part.title }));
  const body = html`<section class="hero" id="summary" aria-labelledby="summary-title"><h1 id="summary-title">${title}</h1>${blocksHtml(first?.blocks ?? [], title, 2)}</section>${rest.map(
    (part, i) =>
      html`<section id="part-${i + 1}" aria-labelledby="part-${i + 1}-title"><h2 id="part-${i + 1}-title">${part.title}</h2>${blocksHtml(part.blocks, part.title)}</section>`,
  )}`;
  return page({ title, language, contents, body });
}
