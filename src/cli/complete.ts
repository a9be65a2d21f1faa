import type { Session } from '../session/session.ts';

/** More candidates than this help nobody. */
const MAX = 200;

/** Completes command names in the first word and after `help`, symbols everywhere else. */
export function completer(session: Session): (line: string) => [string[], string] {
  let names: string[] | undefined;
  return (line) => {
    const word = /\S*$/.exec(line)?.[0] ?? '';
    const before = line.slice(0, line.length - word.length).trim();
    if (before === '' || /^(?:help|man|\?)$/.test(before)) {
      const all = session.commands.flatMap((c) => [c.name, ...(c.aliases ?? [])]).sort();
      return [all.filter((n) => n.startsWith(word)).map((n) => `${n} `), word];
    }
    if (word === '' || word.startsWith('-')) return [[], word];
    names ??= symbolNames(session);
    return [startingWith(names, word), word];
  };
}

function symbolNames(session: Session): string[] {
  const names = new Set<string>();
  for (const s of session.program.symbols()) names.add(s.name);
  return [...names].sort();
}

function startingWith(sorted: readonly string[], prefix: string): string[] {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((sorted[middle] as string) < prefix) low = middle + 1;
    else high = middle;
  }
  const found: string[] = [];
  for (let i = low; i < sorted.length && found.length < MAX && sorted[i]?.startsWith(prefix); i++)
    found.push(sorted[i] as string);
  return found;
}
