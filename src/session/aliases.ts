import type { Alias } from '../report/session-port.ts';

/** The aliases that crash has from the start. */
const BUILTIN: readonly (readonly [name: string, line: string])[] = [
  ['man', 'help'],
  ['?', 'help'],
  ['quit', 'q'],
  ['sf', 'set scroll off'],
  ['sn', 'set scroll on'],
  ['hex', 'set radix 16'],
  ['dec', 'set radix 10'],
  ['g', 'gdb'],
  ['px', 'p -x'],
  ['pd', 'p -d'],
  ['for', 'foreach'],
  ['size', '*'],
  ['dmesg', 'log'],
  ['lsmod', 'mod'],
  ['last', 'ps -l'],
];

/** Words that stand for others at the beginning of a line. */
export class Aliases {
  #list: Alias[] = BUILTIN.map(([name, line]) => ({ origin: 'builtin', name, line }));

  get list(): readonly Alias[] {
    return this.#list;
  }

  /** An empty line removes it. */
  set(name: string, line: string, origin: Alias['origin']): void {
    this.#list = this.#list.filter((a) => a.name !== name);
    if (line !== '') this.#list.push({ origin, name, line });
  }

  /** The line with its first word replaced, once: an alias never leads to another. */
  expand(line: string): string {
    const word = /^\s*(\S+)/.exec(line)?.[1];
    const alias = word === undefined ? undefined : this.#list.find((a) => a.name === word);
    return alias ? line.replace(word as string, () => alias.line) : line;
  }
}
