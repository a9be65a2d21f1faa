import { printable, printableLine } from '../base/text.ts';
import type { Block, Cell, Column } from './block.ts';
import { align } from './pad.ts';
import { stackLines } from './stack-lines.ts';

export interface TextOptions {
  /** ANSI bold for headings; for terminals only. */
  readonly colour?: boolean;
}

/** Blocks as plain text, one complete line (with its newline) at a time. */
export function* renderText(blocks: Iterable<Block>, options: TextOptions = {}): Iterable<string> {
  let first = true;
  for (const block of blocks) {
    if (block.kind === 'heading' && !first) yield '\n';
    first = false;
    yield* renderBlock(block, options);
  }
}

function* renderBlock(block: Block, options: TextOptions): Iterable<string> {
  switch (block.kind) {
    case 'heading': {
      const text = printableLine(block.text);
      yield options.colour ? `\u001b[1m${text}\u001b[0m\n` : `${text}\n`;
      break;
    }
    case 'text':
      yield `${printable(block.text)}\n`;
      break;
    case 'lines':
      for (const line of block.lines) yield `${safeLine(line)}\n`;
      break;
    case 'list':
      for (const [i, item] of block.items.entries()) {
        const command = block.commands?.[i];
        yield `  - ${printableLine(item)}${command === undefined ? '' : `  [${printableLine(command)}]`}\n`;
      }
      break;
    case 'facts':
      for (const [name, value] of block.facts) {
        yield `${printableLine(name).padStart(block.width ?? 0)}: ${printableLine(value)}\n`;
      }
      break;
    case 'table':
      yield* renderTable(block);
      break;
    case 'stack':
      for (const line of stackLines(block.stack, block.style)) yield `${safeLine(line)}\n`;
      break;
  }
}

/** A line that stays one line; its tabs are left alone. */
export function safeLine(line: string): string {
  return printable(line).replaceAll('\n', '\\n');
}

export function cellText(cell: Cell): string {
  return typeof cell === 'number' ? String(cell) : printableLine(cell);
}

function* renderTable(table: Extract<Block, { kind: 'table' }>): Iterable<string> {
  const columns = table.columns.map((c) => ({ ...c, title: cellText(c.title) }));
  const rows: string[][] = [];
  const widths = columns.map((c) => Math.max(c.width ?? 0, table.header === undefined ? c.title.length : 0));
  for (const row of table.rows) {
    const cells = row.map(cellText);
    rows.push(cells);
    cells.forEach((cell, i) => {
      if (!columns[i]?.fixed && cell.length > (widths[i] ?? 0)) widths[i] = cell.length;
    });
  }
  if (table.header === undefined) {
    yield line(
      columns,
      widths,
      columns.map((c) => c.title),
      (c) => c.titleAlign ?? c.align,
    );
  } else if (table.header !== false) yield `${safeLine(table.header)}\n`;
  for (const row of rows) yield line(columns, widths, row, (c) => c.align);
}

function line(
  columns: readonly Column[],
  widths: readonly number[],
  cells: readonly string[],
  where: (c: Column) => 'left' | 'right' | 'center',
): string {
  let text = '';
  let end = 0;
  columns.forEach((column, i) => {
    const gap = column.gap ?? (i === 0 ? 0 : 2);
    end += gap + (widths[i] ?? 0);
    text += ' '.repeat(gap);
    // What an earlier value took too much is taken from the padding of the next left-aligned one.
    const width = where(column) === 'left' ? end - text.length : (widths[i] ?? 0);
    text += align(cells[i] ?? '', width, where(column));
  });
  return `${text.trimEnd()}\n`;
}
