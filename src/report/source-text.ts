import { arrayOf, integer, object, optional, type Schema, secret, string } from './schema.ts';

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

/** What the text is shown of. */
export interface SourcePlace {
  readonly line: number;
  /** The function that the line belongs to; absent: it is not looked for. */
  readonly function?: string | null;
  /** The line is where the function begins. */
  readonly start?: boolean;
}

/**
 * The lines around a place, fewer at the ends of the file. A line that the file does not have, or a function that it does
 * not name where it should, is told as a doubt: line table and text are then of different versions.
 */
export function sourceLines(text: SourceText, place: SourcePlace, before: number, after: number): SourceLines {
  const { line } = place;
  const first = Math.max(1, Math.min(line, text.lines.length) - before);
  const lines = text.lines.slice(first - 1, line + after).map((t, i) => ({ number: first + i, text: t }));
  const doubt = mismatch(text, place) ?? text.doubt;
  return { where: text.where, lines, ...(doubt !== undefined && { doubt }) };
}

/** Lines before the body in which a function's name stands, its parameters one a line. */
const HEAD = 24;
/** What compilers and macros add to the name that the source has. */
const DERIVED =
  /^(?:__(?:do|se|x64|ia32|arm64|riscv)_(?:compat_)?sys_|____?)|\.(?:isra|constprop|part|cold|llvm|lto_priv)\b.*$/g;
/** A definition by a macro may make the name up. */
const MACRO = /^\s*(?:(?:static|asmlinkage|noinline|inline|__\w+)\s+)*(?!EXPORT_|MODULE_)[A-Z][A-Z0-9_]{2,}\s*\(/;

/** What shows that a text is not what the line table was made from. */
function mismatch({ lines }: SourceText, { line, function: name, start }: SourcePlace): string | undefined {
  if (line > lines.length) {
    return `it has ${lines.length} lines, but the line table says ${line}: it is not what the kernel was built from`;
  }
  const word = (name ?? '').replace(DERIVED, '');
  if (!/^\w+$/.test(word)) return undefined;
  const near = lines.slice(start ? Math.max(0, line - HEAD) : 0, line + 2);
  if (near.some((text) => text.includes(word) || (start && MACRO.test(text)))) return undefined;
  // Far from its beginning only a file without the name at all tells something, and one with macros does not.
  if (!start && lines.some((text) => text.includes(word) || MACRO.test(text))) return undefined;
  const where = start ? `near line ${line}` : `up to line ${line}`;
  return `${name} is not there ${where}, where the line table has it: it is not what the kernel was built from`;
}

/**
 * Lines as crash lists the source of a function: five before the one that is meant, and then the rest of the function,
 * or `count` lines after it.
 */
export function functionSource(text: SourceText, place: SourcePlace, count: number | undefined): SourceLines {
  const last = count === undefined ? endOfFunction(text.lines, place.line) : place.line + count;
  return sourceLines(text, place, BEFORE, Math.max(0, Math.min(last, text.lines.length) - place.line));
}

const BEFORE = 5;
/** A longer function is cut. */
const LONGEST = 4000;
/** What ends a function: a brace in the first column, or the macros of assembly. */
const END = /^(?:\}|SYM_\w*END\b|END(?:PROC)?\b)/;

function endOfFunction(lines: readonly string[], line: number): number {
  for (let at = line; at <= Math.min(lines.length, line + LONGEST); at++)
    if (END.test(lines[at - 1] as string)) return at;
  return line + BEFORE;
}

export const sourceLinesSchema: Schema = object('Source text.', {
  where: secret('path', string('Where it was found.')),
  lines: arrayOf('Lines.', object('A line.', { number: integer('From 1.'), text: string('Text.') })),
  doubt: optional(string('Why it may not be what the kernel was built from.')),
});

/** As crash prints it: `*` marks `line`, a tab stands behind each number, and what is doubtful stands below. */
export function listedSource(source: SourceLines, line: number): string[] {
  const out = source.lines.map(({ number, text }) => `${number === line ? '*' : ' '} ${number}\t${text}`);
  if (source.doubt !== undefined) out.push(`(${source.where}: ${source.doubt})`);
  return out;
}

/** The same for people: `>` marks `line`, and what is doubtful stands below. */
export function sourceText(source: SourceLines, line: number): string[] {
  const width = String(source.lines.at(-1)?.number ?? 0).length;
  const out = source.lines.map(({ number, text }) =>
    `${number === line ? '>' : ' '} ${String(number).padStart(width)}  ${text}`.trimEnd(),
  );
  if (source.doubt !== undefined) out.push(`(${source.where}: ${source.doubt})`);
  return out;
}
