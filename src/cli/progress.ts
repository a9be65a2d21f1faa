import { isatty } from 'node:tty';
import { printableLine } from '../base/text.ts';
import { formatSize } from '../report/format-size.ts';
import { writeAll } from './output.ts';

/** Nothing is shown before this many milliseconds. */
const PATIENCE = 1000;
const EVERY = 250;

/**
 * Tells on standard error that long work is going on: a line that is rewritten on a terminal, one line for each piece of
 * work elsewhere. Reads of the dump drive it, since the work itself is synchronous.
 */
export class Progress {
  readonly #terminal = isatty(2);
  #what = '';
  #started = 0;
  #shown = 0;
  #reads = 0;
  #bytes = 0;

  /** A piece of work begins. */
  start(what: string): void {
    this.stop();
    this.#what = printableLine(what);
    this.#started = Date.now();
    this.#bytes = 0;
  }

  /** Bytes were read for it. */
  readonly onRead = (bytes: number): void => {
    this.#bytes += bytes;
    if ((++this.#reads & 15) !== 0 || this.#what === '') return;
    const now = Date.now();
    if (now - this.#started < PATIENCE || now - this.#shown < EVERY) return;
    if (!this.#terminal && this.#shown > 0) return;
    this.#shown = now;
    const text = `inquest: ${this.#what} ... ${formatSize(this.#bytes)} read`;
    writeAll(2, this.#terminal ? `\r${text}\u001b[K` : `inquest: ${this.#what} ...\n`);
  };

  /** The work is done: the line goes away. */
  stop(): void {
    if (this.#shown > 0 && this.#terminal) writeAll(2, '\r\u001b[K');
    this.#shown = 0;
    this.#what = '';
  }
}
