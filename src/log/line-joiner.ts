import type { LogLine } from './log-line.ts';
import { type Standing, WrappedLines } from './wrapped-line.ts';

/** A line, how it stood in the input, and whether it is more than noise. */
export interface FoundLine {
  readonly line: LogLine;
  readonly width: number;
  readonly stamped: boolean;
  readonly quoted: boolean;
  readonly continues: boolean;
  readonly matters: boolean;
}

/** Who gets the lines. */
export interface JoinedConsumer {
  push(line: LogLine): void;
  readonly open?: boolean;
}

const MAX_TEXT = 0x10000;

/** Holds each line that matters until the next one is seen, which may be its rest. */
export class LineJoiner {
  readonly #consumer: JoinedConsumer;
  readonly #wrapped = new WrappedLines();
  #held: FoundLine | undefined;
  /** Line of the input that was added last to the one that is held. */
  #last = 0;

  constructor(consumer: JoinedConsumer) {
    this.#consumer = consumer;
  }

  /** The next line is needed to complete one. */
  get wanted(): boolean {
    return this.#held !== undefined;
  }

  push(found: FoundLine): void {
    const held = this.#held;
    if (held) {
      const text = this.#joined(held, found);
      if (text !== undefined && text.length <= MAX_TEXT) {
        // Of a wrapped line, the width of the last part tells where the next one was cut.
        this.#held = { ...held, line: { ...held.line, text }, width: found.continues ? held.width : found.width };
        this.#last = found.line.number;
        return;
      }
      this.flush();
    }
    this.#wrapped.note(standing(found));
    if (!found.matters && this.#consumer.open === false) return;
    this.#held = found;
    this.#last = found.line.number;
  }

  flush(): void {
    const held = this.#held;
    this.#held = undefined;
    if (held) this.#consumer.push(held.line);
  }

  #joined(held: FoundLine, found: FoundLine): string | undefined {
    if (found.line.number > this.#last + 1) return undefined;
    if (found.continues) {
      return held.line.caller === found.line.caller ? held.line.text + found.line.text : undefined;
    }
    return found.stamped ? undefined : this.#wrapped.join(standing(held), standing(found));
  }
}

function standing({ line, width, stamped, quoted }: FoundLine): Standing {
  return { text: line.text, width, stamped, quoted };
}
