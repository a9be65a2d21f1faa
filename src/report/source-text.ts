import { arrayOf, integer, object, optional, type Schema, string } from './schema.ts';

/** A file of source text. */
export interface SourceText {
  /** Where it was found: a path, or `tag:path` of a git repository. */
  readonly where: string;
  readonly lines: readonly string[];
  /** What makes it doubtful that the kernel was built from it, in one sentence. */
  readonly doubt?: string;
}

/** Source text by the path that a line table has; a host provides it. */
export interface SourceFinder {
  find(path: string): SourceText | undefined;
}

/** Lines around one, as data. */
export interface SourceLines {
  readonly where: string;
  readonly lines: readonly { readonly number: number; readonly text: string }[];
  readonly doubt?: string;
}

/**
 * The lines around `line`, fewer at the ends of the file. A line that the file does not have is told as a doubt: line
 * table and text are then of different versions.
 */
export function sourceLines(text: SourceText, line: number, before: number, after: number): SourceLines {
  const first = Math.max(1, Math.min(line, text.lines.length) - before);
  const lines = text.lines.slice(first - 1, line + after).map((t, i) => ({ number: first + i, text: t }));
  const doubt =
    line > text.lines.length
      ? `it has ${text.lines.length} lines, but the line table says ${line}: it is not what the kernel was built from`
      : text.doubt;
  return { where: text.where, lines, ...(doubt !== undefined && { doubt }) };
}

export const sourceLinesSchema: Schema = object('Source text.', {
  where: string('Where it was found.'),
  lines: arrayOf('Lines.', object('A line.', { number: integer('From 1.'), text: string('Text.') })),
  doubt: optional(string('Why it may not be what the kernel was built from.')),
});

/** The same for people: `>` marks `line`, and what is doubtful stands below. */
export function sourceText(source: SourceLines, line: number): string[] {
  const width = String(source.lines.at(-1)?.number ?? 0).length;
  const out = source.lines.map(({ number, text }) =>
    `${number === line ? '>' : ' '} ${String(number).padStart(width)}  ${text}`.trimEnd(),
  );
  if (source.doubt !== undefined) out.push(`(${source.where}: ${source.doubt})`);
  return out;
}
