/** One line of input, divided into the command and what is to happen with its answer. */
export interface InputLine {
  /** The command and its arguments. */
  readonly command: string;
  /** A shell command that the answer goes through. */
  readonly pipe?: string;
  /** The answer as JSON: `cmd | json`. */
  readonly json?: true;
  readonly redirect?: { readonly file: string; readonly append: boolean };
}

/** What a line asks for that is no command of the session. */
export type Input =
  | ({ readonly kind: 'command' } & InputLine)
  /** `!cmd`: a command for the shell. */
  | { readonly kind: 'shell'; readonly command: string }
  /** `< file`: the lines of a file. */
  | { readonly kind: 'file'; readonly file: string };

/**
 * Divides a line as crash does: a `|` and, behind a blank, `>` and `>>` that stand neither in quotes nor in parentheses end
 * the command. Nothing is looked up and nothing runs.
 */
export function parseInput(line: string): Input {
  const text = line.trim();
  if (text.startsWith('!')) return { kind: 'shell', command: text.slice(1).trim() };
  const file = /^<\s*(\S+)\s*$/.exec(text)?.[1];
  if (file !== undefined) return { kind: 'file', file };
  const cut = commandEnd(text);
  const command = text.slice(0, cut).trim();
  const rest = text.slice(cut);
  if (rest === '' || command === '') return { kind: 'command', command: text };
  if (rest.startsWith('|')) return { kind: 'command', command, ...pipeOf(rest.slice(1).trim()) };
  const append = rest.startsWith('>>');
  const name = rest.slice(append ? 2 : 1).trim();
  return { kind: 'command', command, redirect: { file: name.replace(/^(['"])(.*)\1$/, '$2'), append } };
}

/** `json` is ours, also in front of further pipes or a redirection: `bt | json | jq .frames`. */
function pipeOf(pipe: string): Omit<InputLine, 'command'> {
  const json = /^json(?:\s*(\||>>?)\s*(.*))?$/.exec(pipe);
  if (!json) return { pipe };
  const [, sign, rest = ''] = json;
  if (sign === undefined) return { json: true };
  if (sign === '|') return { json: true, pipe: rest };
  return { json: true, redirect: { file: rest, append: sign === '>>' } };
}

/** Where the command ends: at the first sign that is meant for us, or at the end of the text. */
function commandEnd(text: string): number {
  let quote = '';
  let depth = 0;
  for (let i = 0; i < text.length; i++) {
    const c = text[i] as string;
    if (quote !== '') {
      if (c === '\\' && quote === '"') i++;
      else if (c === quote) quote = '';
    } else if (c === '\\') i++;
    else if (opensQuote(text, i)) quote = c;
    else if (c === '(') depth++;
    else if (c === ')') depth = Math.max(0, depth - 1);
    else if (depth === 0 && c === '|') return i;
    else if (depth === 0 && c === '>' && /\s/.test(text[i - 1] ?? '')) return i;
  }
  return text.length;
}

/** An apostrophe inside a word (`can't`) opens nothing. */
function opensQuote(text: string, at: number): boolean {
  const c = text[at];
  return c === '"' || (c === "'" && !/\w/.test(text[at - 1] ?? ''));
}
