import { spelledFlag, synopsis } from './args.ts';
import type { Command } from './command.ts';

/** The help page of a command, made from its declaration. */
export function helpLines(command: Command): string[] {
  const out = ['NAME', `  ${command.name} - ${command.summary}`];
  if (command.aliases?.length) out.push(`  also: ${command.aliases.join(', ')}`);
  out.push('', 'SYNOPSIS', `  ${synopsis(command)}`, '', 'DESCRIPTION');
  for (const paragraph of command.description) out.push(...wrap(paragraph, 76).map((l) => `  ${l}`), '');
  const entries = [
    ...(command.args.options ?? []).map((o) => [
      o.value === undefined ? spelledFlag(o.flag) : `-${o.flag}${o.optional ? `[${o.value}]` : ` ${o.value}`}`,
      o.help,
    ]),
    ...(command.args.operands ?? []).map((o) => [o.name, o.help]),
  ] as [string, string][];
  const width = Math.min(16, Math.max(0, ...entries.map(([name]) => name.length)));
  for (const [name, text] of entries) {
    const parts = wrap(text, 72 - width);
    out.push(`  ${name.padStart(width)}  ${parts[0] ?? ''}`);
    for (const part of parts.slice(1)) out.push(`  ${' '.repeat(Math.max(width, name.length))}  ${part}`);
  }
  if (entries.length > 0) out.push('');
  out.push('EXAMPLES');
  for (const { line, shows, output } of command.examples) {
    out.push(...wrap(shows, 76).map((l) => `  ${l}`), '', `    inquest> ${line}`);
    if (output !== undefined) out.push(...output.split('\n').map((l) => `    ${l}`));
    out.push('');
  }
  out.pop();
  return out;
}

/** Lines of at most `width` characters, broken at spaces. */
function wrap(text: string, width: number): string[] {
  const out: string[] = [];
  let line = '';
  for (const word of text.split(/\s+/)) {
    if (line !== '' && line.length + 1 + word.length > width) {
      out.push(line);
      line = word;
    } else line = line === '' ? word : `${line} ${word}`;
  }
  if (line !== '') out.push(line);
  return out;
}
