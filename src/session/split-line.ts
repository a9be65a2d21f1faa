import { UsageError } from '../base/errors.ts';

/**
 * The words of a command line. Single quotes keep everything, double quotes too but for `\"` and `\\`, a backslash
 * outside quotes keeps the next character; `#` at the start of a word begins a comment. A word that begins with a
 * parenthesis goes to the one that closes it, as it is written: `(a + 'x')`.
 */
export function splitLine(line: string): string[] {
  const words: string[] = [];
  let word: string | undefined;
  let quote = '';
  for (let i = 0; i < line.length; i++) {
    const c = line[i] as string;
    if (quote !== '') {
      if (c === quote) quote = '';
      else if (c === '\\' && quote === '"' && /["\\]/.test(line[i + 1] ?? '')) word += line[++i] as string;
      else word += c;
    } else if (c === "'" || c === '"') {
      quote = c;
      word ??= '';
    } else if (c === '\\' && i + 1 < line.length) word = (word ?? '') + (line[++i] as string);
    else if (/\s/.test(c)) {
      if (word !== undefined) words.push(word);
      word = undefined;
    } else if (c === '#' && word === undefined) break;
    else {
      const end = c === '(' && word === undefined ? closing(line, i) : i;
      word = (word ?? '') + line.slice(i, end + 1);
      i = end;
    }
  }
  if (quote !== '') throw new UsageError(`a quote (${quote}) is not closed in: ${line}`);
  if (word !== undefined) words.push(word);
  return words;
}

/** Where the parenthesis at `start` is closed; `start` when it is not. */
function closing(line: string, start: number): number {
  let depth = 0;
  let quote = '';
  for (let i = start; i < line.length; i++) {
    const c = line[i] as string;
    if (quote !== '') {
      if (c === '\\') i++;
      else if (c === quote) quote = '';
    } else if (c === "'" || c === '"') quote = c;
    else if (c === '(') depth++;
    else if (c === ')' && --depth === 0) return i;
  }
  return start;
}
