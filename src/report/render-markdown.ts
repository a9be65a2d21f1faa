import { printable, printableLine } from '../base/text.ts';
import type { Block } from './block.ts';
import { cellText, renderText, safeLine } from './render-text.ts';

/** Blocks as Markdown (CommonMark with tables). Nothing from the dump can open a tag, a link or a code span. */
export function* renderMarkdown(blocks: Iterable<Block>): Iterable<string> {
  let first = true;
  for (const block of blocks) {
    yield* renderBlock(block, first ? '#' : '##');
    first = false;
  }
}

function* renderBlock(block: Block, level: string): Iterable<string> {
  switch (block.kind) {
    case 'heading':
      yield `${block.level === 3 ? '###' : level} ${escapeMarkdown(printableLine(block.text))}\n\n`;
      break;
    case 'text':
      yield `${escapeMarkdown(printable(block.text))}\n\n`;
      break;
    case 'list':
      for (const [i, item] of block.items.entries()) {
        const command = block.commands?.[i];
        yield `- ${escapeMarkdown(printableLine(item))}${command === undefined ? '' : ` — ${codeSpan(command)}`}\n`;
      }
      yield '\n';
      break;
    case 'facts':
      for (const [name, value] of block.facts) {
        yield `- **${escapeMarkdown(printableLine(name))}**: ${escapeMarkdown(printableLine(value))}\n`;
      }
      yield '\n';
      break;
    case 'table':
      yield* renderTable(block);
      break;
    case 'lines':
      yield* fenced([...block.lines].map(safeLine));
      break;
    case 'stack':
      yield* fenced([...renderText([block])].map((line) => line.slice(0, -1)));
      break;
  }
}

/** A command as code within a line; with anything in it that could end the code or be taken for a tag it stays text. */
function codeSpan(command: string): string {
  const text = printableLine(command);
  return /^[^`<>&]+$/.test(text) ? `\`${text}\`` : escapeMarkdown(text);
}

/** A code block whose fence is longer than any run of backticks inside. */
function* fenced(lines: readonly string[]): Iterable<string> {
  let fence = '```';
  for (const line of lines) for (const run of line.match(/`+/g) ?? []) while (fence.length <= run.length) fence += '`';
  yield `${fence}text\n`;
  for (const line of lines) yield `${line}\n`;
  yield `${fence}\n\n`;
}

function* renderTable(table: Extract<Block, { kind: 'table' }>): Iterable<string> {
  const shown = table.columns.map((c) => ({
    title: escapeCell(cellText(c.title)),
    rule: c.align === 'right' ? '---:' : '---',
  }));
  yield `| ${shown.map((c) => c.title).join(' | ')} |\n`;
  yield `| ${shown.map((c) => c.rule).join(' | ')} |\n`;
  for (const row of table.rows) yield `| ${row.map((cell) => escapeCell(cellText(cell))).join(' | ')} |\n`;
  yield '\n';
}

function escapeCell(text: string): string {
  return escapeMarkdown(text).replaceAll('\n', ' ');
}

/** Text that Markdown shows as it is: every ASCII punctuation character that could mean something is escaped. */
export function escapeMarkdown(text: string): string {
  return text
    .replace(/[\\`*_{}[\]<>|~&]/g, (c) => (c === '<' ? '&lt;' : c === '>' ? '&gt;' : c === '&' ? '&amp;' : `\\${c}`))
    .replace(/^([ \t]*)([-+]|\d+[.)])(?=\s|$)/gm, (_, space: string, mark: string) =>
      /^\d/.test(mark) ? `${space}${mark.slice(0, -1)}\\${mark.slice(-1)}` : `${space}\\${mark}`,
    )
    .replace(/^([ \t]*)(#|(?:=+|:?-+:?)[ \t]*$)/gm, '$1\\$2')
    .replace(/:\/\//g, ':&#47;&#47;')
    .replace(/(www)\./gi, '$1&#46;');
}
