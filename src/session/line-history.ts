import { NotFoundError } from '../base/errors.ts';

/** More lines than this are forgotten. */
const MAX = 2000;

/** The lines of a session, numbered from 1 as `h` shows them. */
export class LineHistory {
  readonly #lines: string[] = [];
  #forgotten = 0;

  add(line: string): void {
    const text = line.trim();
    if (text === '') return;
    this.#lines.push(text);
    if (this.#lines.length > MAX) {
      this.#lines.shift();
      this.#forgotten++;
    }
  }

  get lines(): readonly string[] {
    return this.#lines;
  }

  /** `[1] bt` and so on. */
  listing(): string[] {
    return this.#lines.map((line, i) => `[${this.#forgotten + i + 1}] ${line}`);
  }

  /**
   * The line that `r`, `r 5` and `r ps` run again: the last one, that of a number, the last that begins so; undefined when
   * the line is none of these.
   * @throws NotFoundError when there was no such line
   */
  recalled(line: string): string | undefined {
    const m = /^\s*r(?:\s+(\S.*?))?\s*$/.exec(line);
    if (!m) return undefined;
    const what = m[1];
    const found =
      what === undefined
        ? this.#lines.at(-1)
        : /^\d+$/.test(what)
          ? this.#lines[Number(what) - 1 - this.#forgotten]
          : this.#lines.findLast((l) => l.startsWith(what));
    if (found === undefined) throw new NotFoundError('line in the history', what ?? 'yet');
    return found;
  }
}
