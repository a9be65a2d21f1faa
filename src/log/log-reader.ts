import { decodeAscii, decodeUtf8 } from '../base/text.ts';
import { cleanLine } from './clean-line.ts';
import { embeddedStamp } from './embedded-stamp.ts';
import { FormFinder } from './form-finder.ts';
import { LineFields } from './line-fields.ts';
import { LineJoiner } from './line-joiner.ts';
import { LineSplitter } from './line-splitter.ts';
import type { LogLine } from './log-line.ts';
import { LogStatistics } from './log-statistics.ts';
import { printkPrefix } from './printk-prefix.ts';
import { MAX_SAMPLE } from './template-hash.ts';
import { KNOWN, MATTERS, SEVERAL } from './template-table.ts';
import { TextStart } from './text-start.ts';
import { unescapeBytes } from './unescape.ts';

/** Who takes the lines, and which. */
export interface LogConsumer {
  push(line: LogLine): void;
  /** A line that cannot matter need not be given; absent: all lines are. Asked once for each template of messages. */
  mayMatter?(text: string): boolean;
  /** Every line matters for now. */
  readonly open?: boolean;
}

const GREATER = 0x3e;
/** Messages that one line may hold after lost newlines. */
const MAX_MESSAGES = 64;

/**
 * A kernel log of any form and length to lines, in constant memory. Most lines of a log are seen as bytes only: their
 * template is counted, and a template is decoded and shown to the consumer's `mayMatter` once.
 */
export class LogReader {
  readonly statistics = new LogStatistics();
  readonly #consumer: LogConsumer;
  readonly #joiner: LineJoiner;
  readonly #start = new TextStart();
  readonly #splitter = new LineSplitter((bytes, from, to, number) => this.#line(bytes, from, to, number));
  readonly #forms = new FormFinder();
  readonly #fields = new LineFields();
  #quoted = false;

  constructor(consumer: LogConsumer) {
    this.#consumer = consumer;
    this.#joiner = new LineJoiner(consumer);
  }

  push(chunk: Uint8Array): void {
    this.#splitter.push(this.#start.push(chunk));
  }

  /** No more chunks. */
  end(): void {
    this.#splitter.push(this.#start.end());
    this.#splitter.end();
    this.#joiner.flush();
  }

  /** Names of the forms that the lines had, most frequent first; the kernel's own prefix is none. */
  get forms(): readonly string[] {
    return this.#forms.names();
  }

  #line(bytes: Uint8Array, from: number, to: number, number: number): void {
    this.#fields.reset();
    this.#quoted = bytes[from] === GREATER;
    this.#prefixed(bytes, from, to, number);
  }

  #prefixed(bytes: Uint8Array, from: number, to: number, number: number): void {
    const fields = this.#fields;
    const form = this.#forms.strip(bytes, from, to, fields);
    if (form < 0) return;
    if (fields.text !== undefined) {
      for (const text of fields.text.split('\n')) this.#whole(text, bytes, to - from, number);
      return;
    }
    const at = !Number.isNaN(fields.seconds) ? form : printkPrefix(bytes, form, to, fields);
    this.#message(bytes, at, to, at - from, number, MAX_MESSAGES);
  }

  /** @param prefix bytes before the message in its line @param more messages that it may still be split into */
  #message(bytes: Uint8Array, from: number, to: number, prefix: number, number: number, more: number): void {
    const fields = this.#fields;
    const wanted = this.#joiner.wanted || this.#consumer.open === true || this.#consumer.mayMatter === undefined;
    if (from === to) {
      if (wanted) this.#whole('', bytes, prefix, number);
      return;
    }
    const at = this.statistics.note(bytes, from, to, fields, number, this.#consumer.open === true);
    if (at < 0) {
      this.#clean(bytes, from - prefix, to, number);
      return;
    }
    const { templates } = this.statistics;
    let known = templates.flags[at] as number;
    if (!wanted && known === KNOWN) return;
    const text = fields.escaped ? unescapeBytes(bytes.subarray(from, to)) : decodeUtf8(bytes.subarray(from, to));
    if (known === 0) {
      known = KNOWN | (this.#consumer.mayMatter?.(text) === false ? 0 : MATTERS);
      if (more > 0 && embeddedStamp(bytes, from + 1, to) >= 0) known |= SEVERAL;
      templates.flags[at] = known;
      templates.setSample(at, text.length > MAX_SAMPLE ? text.slice(0, MAX_SAMPLE) : text);
      if (!wanted && known === KNOWN) return;
    }
    if (known & SEVERAL && more > 0) this.#several(bytes, from, to, prefix, number, more);
    else this.#texts(text, bytes, to - from + prefix, number, (known & MATTERS) !== 0);
  }

  /** Colours and the like may also stand before or in a prefix: the whole line is read again without them. */
  #clean(bytes: Uint8Array, from: number, to: number, number: number): void {
    const clean = cleanLine(bytes, from, to);
    this.#line(clean, 0, clean.length, number);
  }

  /** A line that holds several messages. */
  #several(bytes: Uint8Array, from: number, to: number, prefix: number, number: number, more: number): void {
    const at = embeddedStamp(bytes, from + 1, to);
    if (at < 0) {
      this.#message(bytes, from, to, prefix, number, 0);
      return;
    }
    let end = at;
    while (end > from && bytes[end - 1] === 0x20) end--;
    if (end > from) this.#message(bytes, from, end, prefix, number, 0);
    this.#fields.reset();
    const next = printkPrefix(bytes, at, to, this.#fields);
    this.#message(bytes, next, to, next - at, number, more - 1);
  }

  /** A record of /dev/kmsg may hold newlines. */
  #texts(text: string, bytes: Uint8Array, width: number, number: number, matters: boolean): void {
    if (!this.#fields.escaped || !text.includes('\n')) {
      this.#give(text, bytes, width, number, matters);
      return;
    }
    for (const part of text.split('\n')) this.#whole(part, bytes, part.length, number);
  }

  #whole(text: string, bytes: Uint8Array, width: number, number: number): void {
    this.#give(text, bytes, width, number, this.#consumer.mayMatter?.(text) !== false);
  }

  #give(text: string, bytes: Uint8Array, width: number, number: number, matters: boolean): void {
    const { seconds, level, callerFrom, callerTo, wallFrom, wallTo, continues } = this.#fields;
    const told = !Number.isNaN(seconds) || level >= 0 || wallTo > wallFrom || callerTo > callerFrom;
    const line: LogLine = {
      number,
      text,
      ...(!Number.isNaN(seconds) && { seconds }),
      ...(callerTo > callerFrom && { caller: decodeAscii(bytes, callerFrom, callerTo) }),
      ...(level >= 0 && { level }),
      ...(wallTo > wallFrom && { wall: decodeAscii(bytes, wallFrom, wallTo) }),
    };
    this.#joiner.push({ line, width, stamped: told, quoted: this.#quoted, continues, matters });
  }
}
