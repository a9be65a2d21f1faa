import type { Accepted } from './accepted.ts';

const SHOWN = 6;

interface Use {
  crash: number;
  ours: number;
  readonly samples: string[];
}

/** What each entry of the accepted differences explained: an entry that explains more than its reason says is too broad. */
export class ExplainedLines {
  readonly #uses = new Map<Accepted, Use>();

  add(line: string, entry: Accepted, crash: readonly string[], ours: readonly string[]): void {
    const use = this.#uses.get(entry) ?? { crash: 0, ours: 0, samples: [] };
    this.#uses.set(entry, use);
    use.crash += crash.length;
    use.ours += ours.length;
    if (use.samples.length >= SHOWN) return;
    const text = (sign: string, lines: readonly string[]): string[] =>
      lines.slice(0, SHOWN).map((l) => `    ${sign} ${l}`);
    use.samples.push([`  ${line}`, ...text('-', crash), ...text('+', ours)].join('\n'));
  }

  text(): string {
    const head = ({ command, line, ours, apart }: Accepted): string =>
      [command, line && `line ${line}`, ours && `ours ${ours}`, apart && `apart ${apart}`].filter(Boolean).join('  ');
    return [...this.#uses]
      .map(([entry, use]) =>
        [`## ${head(entry)}: ${use.crash} of crash's, ${use.ours} of ours`, ...use.samples].join('\n'),
      )
      .join('\n');
  }
}
