import type { LineFields } from './line-fields.ts';
import { QuietGaps } from './quiet-gaps.ts';
import { TemplateHash } from './template-hash.ts';
import { TemplateTable } from './template-table.ts';

/** What is counted of all messages, also of those that nobody reads. */
export class LogStatistics {
  readonly templates = new TemplateTable();
  readonly gaps = new QuietGaps();
  /** Messages with text. */
  messages = 0;
  firstSeconds: number | undefined;
  lastSeconds: number | undefined;
  /** Times are those of a clock, not since boot. */
  byClock = false;
  readonly #hash = new TemplateHash();

  /** Counts a message; returns its template's index, or -1 for one with control characters, which is not counted. */
  note(bytes: Uint8Array, from: number, to: number, fields: LineFields, line: number, inReport: boolean): number {
    this.#hash.of(bytes, from, to);
    if (this.#hash.control) return -1;
    this.messages++;
    const seconds = this.#time(fields);
    if (!Number.isNaN(seconds)) {
      this.firstSeconds ??= seconds;
      this.lastSeconds = seconds;
      this.gaps.note(seconds, line);
    }
    return this.templates.note(this.#hash.a, this.#hash.b, seconds, line, inReport);
  }

  /** Seconds since boot; of the clock in a log that has never told those. */
  #time({ seconds, clock }: LineFields): number {
    if (!Number.isNaN(seconds)) {
      if (this.byClock) this.firstSeconds = undefined;
      this.byClock = false;
      return seconds;
    }
    if (Number.isNaN(clock) || (this.firstSeconds !== undefined && !this.byClock)) return Number.NaN;
    this.byClock = true;
    return clock;
  }
}
