import { closeSync, openSync } from 'node:fs';
import { jsonText } from '../base/json-text.ts';
import type { Language } from '../base/phrase.ts';
import { isTerminal } from '../node/is-terminal.ts';
import type { Block } from '../report/block.ts';
import { renderMarkdown } from '../report/render-markdown.ts';
import { renderText } from '../report/render-text.ts';
import { SCHEMA } from '../session/json.ts';
import type { OutputRequest } from './arguments.ts';
import { Output } from './output.ts';

/** Writes an answer to the file that was asked for, or to standard output. @param make with colour where a terminal shows it */
export function writeReport(request: OutputRequest, make: (colour: boolean) => Iterable<string>): void {
  const toStdout = request.out === undefined || request.out === '-';
  const colour = toStdout && isTerminal(1) && process.env.NO_COLOR === undefined;
  const texts = make(colour);
  const fd = toStdout ? 1 : openSync(request.out as string, 'w');
  try {
    const out = new Output(fd);
    for (const text of texts) out.write(text);
    out.flush();
  } finally {
    if (!toStdout) closeSync(fd);
  }
}

/** Writes an answer in the form that was asked for. @param data what the JSON form holds */
export async function writeBlocks(
  request: OutputRequest,
  data: object,
  blocks: (language: Language) => Iterable<Block>,
): Promise<void> {
  const { format, language = 'en' } = request;
  const html = format === 'html' ? await import('../report/html/blocks-html.ts') : undefined;
  writeReport(request, (colour) => {
    if (html) return [html.blocksPage([...blocks(language)], language)];
    if (format === 'json') return [`${jsonText({ schema: SCHEMA, ...data }, 2)}\n`];
    return format === 'md' ? renderMarkdown(blocks(language)) : renderText(blocks(language), { colour });
  });
}
