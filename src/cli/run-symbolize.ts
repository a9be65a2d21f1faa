import { createReadStream } from 'node:fs';
import { UsageError } from '../base/errors.ts';
import { printable, printableLine } from '../base/text.ts';
import { DebugSearch } from '../node/debug-search.ts';
import { isTerminal } from '../node/is-terminal.ts';
import { LineFiles } from '../node/line-files.ts';
import { TextSymbolizer } from '../symbolize/text-symbolizer.ts';
import type { Request } from './arguments.ts';
import { Output, writeAll } from './output.ts';

/** Longest line that is looked into; longer ones pass as they are. */
const MAX_LINE = 0x10000;

/** Writes a log with files and lines added; returns the exit status. */
export async function runSymbolize(request: Extract<Request, { kind: 'symbolize' }>): Promise<number> {
  const { debug } = request;
  if (!debug.given) throw new UsageError('inquest symbolize needs --vmlinux; see inquest --help');
  const files = new LineFiles();
  const out = new Output(1);
  const terminal = isTerminal(1); // a file or a pipe gets the log as it is
  try {
    await files.prepare();
    const search = new DebugSearch({
      given: debug.given,
      usual: debug.noSearch !== true,
      codecs: files.codecs,
      ...(debug.force && { force: true }),
    });
    const kernel = search.kernel({})?.path;
    const symbolizer = new TextSymbolizer(
      files.objects(search, {}),
      kernel === undefined ? undefined : files.codeReader(kernel, search),
    );
    for await (const line of linesOf(request.file)) {
      const end = line.endsWith('\n') ? '\n' : '';
      const text = end === '' ? line : line.slice(0, -1);
      const answer = text.length > MAX_LINE ? text : symbolizer.line(text);
      out.write((terminal ? printable(answer) : answer) + end);
    }
    out.flush();
    for (const { text, count } of symbolizer.notes())
      writeAll(2, `inquest: ${printableLine(text)}${count > 1 ? ` (${count} times)` : ''}\n`);
    return 0;
  } finally {
    files.close();
  }
}

/** Lines with their newlines as they come in; bytes that are no UTF-8 pass as Latin-1 would. */
async function* linesOf(path: string): AsyncIterable<string> {
  const input = path === '-' ? process.stdin : createReadStream(path, { highWaterMark: 1 << 18 });
  input.setEncoding('utf8');
  let rest = '';
  for await (const chunk of input) {
    const lines = (rest + (chunk as string)).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) yield `${line}\n`;
  }
  if (rest !== '') yield rest;
}
