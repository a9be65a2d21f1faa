import { AnalysisError, UsageError } from '../base/errors.ts';
import { hex } from '../base/hex.ts';
import { printableLine } from '../base/text.ts';
import { DebugSearch } from '../node/debug-search.ts';
import { LineFiles } from '../node/line-files.ts';
import { type CodePlace, parseCodePlace } from '../symbolize/code-place.ts';
import type { LineObject } from '../symbolize/line-object.ts';
import { type Located, locate } from '../symbolize/locate.ts';
import { treePath, treePrefixes } from '../symbolize/source-path.ts';
import type { DebugRequest, Request } from './arguments.ts';
import { errorMessage } from './message.ts';
import { Output, writeAll } from './output.ts';

/** Prints file, line and inlined callers of places in one file; returns the exit status. */
export async function runLine(request: Extract<Request, { kind: 'line' }>): Promise<number> {
  const places = request.places.map((word): [string, CodePlace] => {
    const place = parseCodePlace(word);
    if (!place) throw new UsageError(`'${word}' is no place such as panic+0x10/0x370`);
    return [word, place];
  });
  const files = new LineFiles();
  const out = new Output(1);
  let failed = 0;
  try {
    await files.prepare();
    const search = searchOf(request.debug, files);
    const object = files.object(request.file, search);
    for (const [word, place] of places) {
      const { found, note } = locate(object, place, 0);
      if (found.length === 0) {
        failed++;
        writeAll(2, errorMessage(new AnalysisError('not-found', note ?? `nothing at ${word}`)));
        continue;
      }
      if (note !== undefined) writeAll(2, `inquest: ${printableLine(note)}\n`);
      for (const one of found) out.write(placeText(object, place, one));
    }
    out.flush();
    return failed === places.length ? 2 : 0;
  } finally {
    files.close();
  }
}

/** Only what belongs to the file is looked for: it was named itself. */
function searchOf(debug: DebugRequest, files: LineFiles): DebugSearch {
  return new DebugSearch({ given: debug.given ?? [], usual: debug.noSearch !== true, codecs: files.codecs });
}

/** In the layout of the kernel's scripts/faddr2line. */
function placeText(object: LineObject, place: CodePlace, { size, frames }: Located): string {
  const prefixes = treePrefixes(object);
  const lines = [`${place.function}+${hex(place.offset)}/${hex(size)}:`];
  frames.forEach((f, i) => {
    const where = f.file === '' ? '??:?' : `${treePath(f.file, prefixes)}:${f.line === 0 ? '?' : f.line}`;
    lines.push(`${i > 0 ? ' (inlined by) ' : ''}${f.name === '' ? place.function : f.name} at ${where}`);
  });
  if (frames.length === 0) lines.push('(no line information)');
  return `${lines.map(printableLine).join('\n')}\n\n`;
}
