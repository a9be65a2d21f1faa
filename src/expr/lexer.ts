import { UsageError } from '../base/errors.ts';

/** A token of a C expression. */
export interface Token {
  readonly kind: 'name' | 'number' | 'char' | 'string' | 'register' | 'op' | 'end';
  /** As written; of characters and strings the decoded bytes as Latin-1. */
  readonly text: string;
  /** Where it begins. */
  readonly at: number;
  /** Blanks stand before it. */
  readonly spaced: boolean;
}

/** Longest expression that is read. */
const MAX_LENGTH = 65536;

const OPS = [
  ...['<<=', '>>=', '##', '->', '<<', '>>', '<=', '>=', '==', '!=', '&&', '||', '::'],
  ...[
    '+',
    '-',
    '*',
    '/',
    '%',
    '&',
    '|',
    '^',
    '~',
    '!',
    '<',
    '>',
    '=',
    '?',
    ':',
    ',',
    '.',
    '(',
    ')',
    '[',
    ']',
    '{',
    '}',
    '#',
  ],
  '@',
];
const BLANK = /\s*/y;
const NAME = /[A-Za-z_][A-Za-z0-9_]*/y;
const REGISTER = /\$[A-Za-z0-9_$]*/y;
const NUMBER =
  /(?:0[xX][0-9a-fA-F]+|0[bB][01]+|\d+\.\d*(?:[eE][+-]?\d+)?|\.\d+(?:[eE][+-]?\d+)?|\d+(?:[eE][+-]?\d+)?)[A-Za-z]*/y;
const ESCAPES: Readonly<Record<string, number>> = { n: 10, t: 9, r: 13, a: 7, b: 8, f: 12, v: 11, e: 27 };

/** The tokens of an expression, an `end` last. @throws UsageError for what is no token of C */
export function tokenize(text: string): readonly Token[] {
  if (text.length > MAX_LENGTH) throw new UsageError(`expression of ${text.length} characters, ${MAX_LENGTH} at most`);
  const tokens: Token[] = [];
  let at = 0;
  for (;;) {
    BLANK.lastIndex = at;
    const blanks = BLANK.exec(text)?.[0].length ?? 0;
    at += blanks;
    if (at >= text.length) break;
    const token = tokenAt(text, at, blanks > 0);
    tokens.push(token.token);
    at = token.end;
  }
  tokens.push({ kind: 'end', text: '', at: text.length, spaced: false });
  return tokens;
}

function tokenAt(text: string, at: number, spaced: boolean): { token: Token; end: number } {
  const c = text[at] as string;
  if (c === "'" || c === '"') {
    const { bytes, end } = quoted(text, at);
    return { token: { kind: c === '"' ? 'string' : 'char', text: bytes, at, spaced }, end };
  }
  for (const [kind, pattern] of [
    ['number', NUMBER],
    ['name', NAME],
    ['register', REGISTER],
  ] as const) {
    pattern.lastIndex = at;
    const m = pattern.exec(text);
    if (m) return { token: { kind, text: m[0], at, spaced }, end: at + m[0].length };
  }
  const op = OPS.find((o) => text.startsWith(o, at));
  if (op === undefined) throw new UsageError(`'${c}' at column ${at + 1} is no part of a C expression`);
  return { token: { kind: 'op', text: op, at, spaced }, end: at + op.length };
}

/** The bytes of a character or string literal. */
function quoted(text: string, at: number): { bytes: string; end: number } {
  const quote = text[at];
  let bytes = '';
  let i = at + 1;
  for (;;) {
    const c = text[i];
    if (c === undefined) throw new UsageError(`a quote (${quote}) at column ${at + 1} is not closed`);
    if (c === quote) return { bytes, end: i + 1 };
    if (c !== '\\') {
      bytes += c;
      i++;
      continue;
    }
    const octal = /^[0-7]{1,3}/.exec(text.slice(i + 1, i + 4))?.[0];
    const hex = /^x([0-9a-fA-F]{1,2})/.exec(text.slice(i + 1, i + 4));
    if (octal !== undefined) {
      bytes += String.fromCharCode(Number.parseInt(octal, 8) & 0xff);
      i += 1 + octal.length;
    } else if (hex) {
      bytes += String.fromCharCode(Number.parseInt(hex[1] as string, 16));
      i += 1 + hex[0].length;
    } else {
      const next = text[i + 1] ?? '';
      bytes += next in ESCAPES ? String.fromCharCode(ESCAPES[next] as number) : next;
      i += 2;
    }
  }
}
