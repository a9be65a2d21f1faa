import type { Command } from '../report/command.ts';

/**
 * The words of a command that takes its operands as they are typed: its options, then all the rest as one operand, quotes
 * and blanks included. A minus sign that begins no option of its own is part of the operand: `p -1`. A format may follow
 * the name: `p/x 255`.
 * @param line the whole line, the command's name first
 */
export function verbatimWords(command: Command, line: string): string[] {
  let rest = line.trim().replace(/^[^\s/]+\s*/, '');
  const words: string[] = [];
  const letters = (command.args.options ?? []).filter((o) => o.flag.length === 1 && o.value === undefined);
  const known = new Set(letters.map((o) => o.flag));
  for (;;) {
    const m = /^-([A-Za-z]+)(?:\s+|$)/.exec(rest);
    if (!m || ![...(m[1] as string)].every((c) => known.has(c))) break;
    words.push(`-${m[1]}`);
    rest = rest.slice(m[0].length);
  }
  const text = withoutComment(rest).trim();
  return text === '' ? words : [...words, '--', text];
}

/** The text before a `#` that stands after a blank, outside quotes. */
function withoutComment(text: string): string {
  let quote = '';
  for (let i = 0; i < text.length; i++) {
    const c = text[i] as string;
    if (quote !== '') {
      if (c === '\\') i++;
      else if (c === quote) quote = '';
    } else if (c === "'" || c === '"') quote = c;
    else if (c === '#' && /^$|\s$/.test(text.slice(0, i))) return text.slice(0, i);
  }
  return text;
}
